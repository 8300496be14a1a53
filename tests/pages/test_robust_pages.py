"""Pages of a server whose files are missing, damaged, locked or old: a sentence instead of a traceback."""

import shutil
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest

from mnist_models import weights as cards
from mnist_models.runs import database, shared_networks
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from scripts import serving
from tests import finished_runs, protocol

PAGES = ("", "reconstruct", "digits", "faces", "train", "runs")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Links to the shipped weights, so that one can be damaged."""
    folder = tmp_path_factory.mktemp("weights")
    for path in cards.folder().iterdir():
        (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(tmp_path_factory.mktemp("runs") / "runs")


@contextmanager
def app(folder, settings, weights=None):
    environment = {DIRECTORY_VARIABLE: str(settings.directory), "MNIST_MODELS_WARM": "no"}
    environment |= {cards.WEIGHTS_VARIABLE: str(weights)} if weights else {}
    with serving.serving(serving.ROOT / "app.py", folder / "log", environment) as server:
        yield server.address


@pytest.fixture(scope="module")
def address(settings, weights, tmp_path_factory):
    with app(tmp_path_factory.mktemp("app"), settings, weights) as address:
        yield address


@pytest.fixture
def run(settings):
    """A finished run of an app with an empty database."""
    shutil.rmtree(settings.directory, ignore_errors=True)
    with database.connect(settings) as db:
        run_id = finished_runs.create(db, settings, "mlp", name="a run")
        return db.runs.get(run_id)


def look(address, page, query=""):
    with protocol.visiting(address) as visitor:
        visitor.open(page, query)
        assert visitor.exceptions() == [], page
        return visitor


def test_pages_opened_at_the_same_moment_on_a_fresh_server(tmp_path):
    settings = Settings(tmp_path / "runs")
    with database.connect(settings) as db:
        run_id = finished_runs.create(db, settings, "mlp")
    problems = []

    def open_page(page, query):
        with protocol.visiting(address) as visitor:
            problems.extend(visitor.open(page, query).exceptions())

    with app(tmp_path, settings) as address:
        pages = [("runs", ""), ("train", f"run={run_id}"), ("train", ""), ("", "")]
        threads = [threading.Thread(target=open_page, args=page) for page in pages]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []


def overwrite(path):
    path.write_bytes(b"this is no database " * 1000)


def damage_pages(path):
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [overwrite, damage_pages])
def test_a_damaged_database(address, settings, run, damage):
    for path in settings.directory.glob("runs.sqlite3-*"):
        path.unlink()
    damage(settings.database)
    (said,) = look(address, "runs").texts("alert")
    assert "is damaged" in said
    train = look(address, "train", f"run={run.id}")
    assert "is damaged" in train.texts("alert")[0]
    assert "Train" in train.labels("button")
    with protocol.visiting(address) as visitor:
        visitor.open("train").press("Train")
        assert not visitor.exceptions()
        assert any("is damaged" in text for text in visitor.texts("alert"))
    assert look(address, "").texts("alert") == []


def test_a_folder_where_the_database_should_be(address, settings, run):
    shutil.rmtree(settings.directory)
    settings.database.mkdir(parents=True)
    (said,) = look(address, "runs").texts("alert")
    assert "cannot be written" in said
    shutil.rmtree(settings.directory)
    settings.directory.write_text("a file instead of a folder")
    (said,) = look(address, "runs").texts("alert")
    assert "cannot be made" in said
    assert "Train" in look(address, "train").labels("button")
    settings.directory.unlink()


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_locked_database_is_not_waited_for(address, settings, run, mode):
    with closing(sqlite3.connect(settings.database, isolation_level=None)) as other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE runs SET phase = 'locked'")
        for page in ("runs", "train"):
            start = time.monotonic()
            shown = look(address, page)
            assert time.monotonic() - start < 8, page
            assert any("locked by another program" in text for text in shown.texts("alert"))
        assert look(address, "").texts("alert") == []
        other.execute("ROLLBACK")


BROKEN = {
    "figures": "{broken",
    "notes": "7",
    "figures ": '{"best_val_accuracy": "high"}',
    "epochs": 0,
    "epochs_done": "many",
    "created": 1e300,
    "state": "dancing",
    "data": "of another planet",
    "network": "of another version",
    "command": "jump",
    "seconds_left": "soon",
}


@pytest.mark.parametrize("column", BROKEN)
def test_one_broken_record_takes_no_page_down(address, settings, run, column):
    with database.connect(settings) as db:
        broken = finished_runs.create(db, settings, "mlp", name="broken")
        db.connection.execute(f"UPDATE runs SET {column.strip()} = ? WHERE id = ?", (BROKEN[column], broken))
        db.connection.execute(
            "UPDATE runs SET state = 'running' WHERE id = ? AND state = 'finished'", (broken,)
        )
    runs = look(address, "runs")
    assert "dataframe" in [one.WhichOneof("type") for one in runs.elements]
    look(address, "train", f"run={run.id}")
    look(address, "train", f"run={broken}")


def test_broken_metrics_are_passed_over(address, settings, run):
    with database.connect(settings) as db:
        db.runs.append(run.id, [(1, 1.0, 1.0, True, {"loss": 1.0})], {"loss": 1.0})
        db.runs.add_confusion(run.id, 1, 1.0, [[1, 0], [0, 1]])
        for figures in ("{", "[]", "7", '{"loss": "low"}'):
            db.connection.execute(
                "INSERT INTO metrics (run, step, epoch, seconds, whole, figures) VALUES (?, 2, 2, 2, 1, ?)",
                (run.id, figures),
            )
            db.connection.execute(
                "INSERT INTO confusions (run, step, epoch, matrix) VALUES (?, 2, 2, ?)", (run.id, figures)
            )
        assert [point.figures for point in db.runs.points(run.id)] == [{"loss": 1.0}, {}]
        assert len(db.runs.confusions(run.id)) == 1 + 1
    look(address, "runs")
    look(address, "train", f"run={run.id}")


def test_a_database_of_an_earlier_version_is_mended(address, settings, run):
    with closing(sqlite3.connect(settings.database)) as old:
        for column in ("notes", "figures", "seconds_left", "command"):
            old.execute(f"ALTER TABLE runs DROP COLUMN {column}")
        old.execute("ALTER TABLE runs ADD COLUMN of_a_later_version TEXT")
        old.execute("DROP TABLE used_networks")
        old.commit()
    assert look(address, "runs").texts("alert") == []
    with database.connect(settings) as db:
        assert db.runs.get(run.id) == run
        db.shared.ids()


CARDS = ["{}", "[]", "null", "7", "{", "", '{"files": {}}', '{"files": []}', '{"data": 3, "files": {}}']


@pytest.mark.parametrize("content", CARDS)
def test_a_runs_damaged_card_breaks_no_page(address, settings, run, content):
    with database.connect(settings) as db:
        shared_networks.adopt(db, settings, run.id)
        for network in ("autoencoder", "vae", "digit_gan"):
            shared_networks.adopt(db, settings, finished_runs.create(db, settings, network, name=network))
    for card in settings.directory.glob("runs/*/weights/*.json"):
        if "directions" not in card.name:
            card.write_text(content)
    for page in PAGES:
        look(address, page)
    look(address, "train", f"run={run.id}")


@pytest.fixture
def replace(weights):
    """A function that replaces a file of the shipped weights, or removes it; put back afterwards."""
    replaced = set()

    def replace(name, content=None):
        (weights / name).unlink(missing_ok=True)
        replaced.add(name)
        if content is not None:
            (weights / name).write_text(content)

    yield replace
    for name in replaced:
        replace(name)
        (weights / name).symlink_to(cards.folder() / name)


SHIPPED = {
    "mlp.onnx": "",
    "reader.onnx": "",
    "reader.json": "",
    "fashion_cnn.json": "",
    "autoencoder.encoder.onnx": "reconstruct",
    "autoencoder.json": "reconstruct",
    "denoiser.onnx": "reconstruct",
    "vae.decoder.onnx": "reconstruct",
    "vae.json": "reconstruct",
    "digit_gan.onnx": "digits",
    "digit_gan.discriminator.onnx": "digits",
    "digit_gan.training.webp": "digits",
    "digit_gan.directions.json": "digits",
    "digit_gan.json": "digits",
    "face_gan.json": "faces",
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_files_that_are_missing_or_damaged(address, replace, name):
    contents = [None, "damaged"] + (["{}", "[]"] if name.endswith(".json") else [])
    for content in contents:
        replace(name, content)
        shown = look(address, SHIPPED[name])
        assert "html" in [one.WhichOneof("type") for one in shown.elements]


def test_without_the_reader_the_start_page_still_compares_the_others(tmp_path, settings, weights, replace):
    replace("reader.onnx")
    with app(tmp_path, settings, weights) as address:  # one that has not loaded it before
        shown = look(address, "")
    assert "The files of Reader are missing" in shown.texts("heading")[-1]
    table = next(text for text in shown.texts("markdown") if text.startswith("| network | reads"))
    assert "| Reader | its files are damaged or missing |" in table
    assert table.count(" ms |") >= 2
