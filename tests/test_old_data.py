"""What people had before the package was rebuilt goes on working: runs, networks, uploads, trainings by hand.

`old_data/old_data.tar.xz` holds it as `scripts/make_old_data.py` made it with the code of that time. The
files in there never change; what reads them may.
"""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_models.runs import downloads
from mnist_models.runs.settings import Settings
from tests.runs.conftest import sleepers, wait_until  # noqa: F401

ARCHIVE = Path(__file__).parent / "old_data" / "old_data.tar.xz"
ROOT = Path(__file__).parents[1]
PAGES = ROOT / "pages"
ANN, BOB = "0a1b2c3d4e5f6071", "9f8e7d6c5b4a3928"  # who started runs, as the database knows them
STRANGER = "1111222233334444"
USED_ON = {  # what finished networks are used on, by the page that offers them
    "draw": ("mlp finished", "cnn finished", "strided_cnn finished", "shapes finished", "mlp stopped"),
    "reconstruct": ("autoencoder finished", "vae finished"),
    "digits": ("digit_gan finished", "taught finished"),
    "faces": ("face_gan finished",),
}
SHARED = {"draw": "mlp finished", "reconstruct": "vae finished", "digits": "digit_gan finished"}
# With fields that no recipe has (any more), and without some that it has.
ALTERED = ("mlp paused", "strided_cnn paused", "vae paused", "digit_gan paused", "vae waiting")
RESUMED = (
    "mlp interrupted",
    "cnn paused",
    "denoiser paused",
    "tutorial_gan paused",
    "face_gan paused",
    "shapes paused",
    "mlp waiting",
    "strided_cnn waiting",
    "digit_gan waiting",
    "denoiser waiting",
)
CONTINUED = (
    "mlp finished",
    "mlp stopped",
    "strided_cnn finished",
    "autoencoder finished",
    "digit_gan finished",
)
TAUGHT = ("taught finished", "taught paused")  # by classifiers, which are no more
PLACES = [(page, name) for page, names in USED_ON.items() for name in names]


@dataclass(frozen=True)
class Old:
    """An unpacked archive.

    Attributes:
        folder: with "runs" (a data directory), "images" (faces), "trained" (files of trainings by hand).
        ids: dict from a run's name to its id.
        predicted: dict from a run's name to what it read in "images/seven.png" then: (digit, percent).
    """

    folder: Path
    ids: dict
    predicted: dict

    def run(self, name):
        return self.folder / "runs" / "runs" / self.ids[name]

    def rows(self, query, *values):
        """Rows of the database."""
        with closing(sqlite3.connect(self.folder / "runs" / "runs.sqlite3", isolation_level=None)) as db:
            return db.execute(query, values).fetchall()

    def state(self, name):
        ((state,),) = self.rows("SELECT state FROM runs WHERE id = ?", self.ids[name])
        return state


def unpack(folder):
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    read = [json.loads((folder / name).read_text()) for name in ("names.json", "predicted.json")]
    return Old(folder, *read)


@pytest.fixture(scope="module")
def _unpacked(tmp_path_factory):
    return unpack(tmp_path_factory.mktemp("old"))


def _use(old, monkeypatch):
    monkeypatch.setenv("MNIST_MODELS_RUNS", str(old.folder / "runs"))
    monkeypatch.setenv("MNIST_MODELS_DATA", str(old.folder / "images"))
    monkeypatch.setenv("MNIST_MODELS_NICENESS", "0")
    return old


@pytest.fixture
def old(_unpacked, monkeypatch):
    """For looking at pages that start no runs."""
    return _use(_unpacked, monkeypatch)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """For changing things."""
    yield _use(unpack(tmp_path), monkeypatch)
    shutil.rmtree(tmp_path)


def opened(page, visitor=ANN, **query):
    shown = AppTest.from_file(PAGES / f"{page}.py", default_timeout=60)
    shown.session_state["visitor"] = visitor  # there is no browser to tell visitors by
    shown.query_params.update(query)
    return checked(shown.run())


def checked(page):
    assert not page.exception, page.exception[0].value
    return page


def plain(markdown):
    """Markdown without its escapes."""
    return markdown.replace("\\", "")


def text(page):
    """All that a page says."""
    kinds = (page.markdown, page.subheader, page.caption, page.info, page.warning, page.error, page.text)
    return plain("\n".join(one.value for kind in kinds for one in kind))


def press(page, label, number=0):
    [one for one in page.button if one.label == label][number].click()
    return checked(page.run())


def offered(page):
    """Labels of the networks that a page lets one choose from."""
    return plain("\n".join(option for one in page.pills for option in one.options))


def command_line(*arguments, folder=None):
    command = [sys.executable, "-m", "mnist_models", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def leaderboard(page):
    (found,) = [one for one in page.pills if one.label == "Leaderboard"]
    return found


def test_every_run_is_listed(own, sleepers):  # noqa: F811
    page = opened("runs")
    listed = []
    for board in leaderboard(page).options:
        leaderboard(page).set_value(plain(board))
        checked(page.run())
        listed += list(page.dataframe[0].value.iloc[:, 0])
    assert sorted(listed) == sorted(own.ids)


def test_every_run_can_be_looked_at(own, sleepers):  # noqa: F811
    for name, run_id in own.ids.items():
        page = opened("train", run=run_id)
        assert name in [plain(one.value) for one in page.subheader], name
        assert bool(page.error) == (name in ("mlp failed", "mlp interrupted")), name
        labels = [one.label for one in page.button]
        tried = any(name in names for names in USED_ON.values())
        # Ann's own only: Bob shares nothing.
        is_anns = own.rows("SELECT visitor FROM runs WHERE id = ?", run_id) == [(ANN,)]
        assert ("Try it" in labels) == (tried and is_anns), name


def test_settings_that_a_run_was_trained_with_are_shown(own, sleepers):  # noqa: F811
    page = opened("train", run=own.ids["taught finished"])
    assert any("differ from the preset" in one.label for one in page.expander)


@pytest.mark.parametrize(
    ("page", "name"), [(page, name) for page, names in USED_ON.items() for name in names]
)
def test_a_finished_network_is_used_on_its_page(old, page, name):
    visitor = BOB if name in ("mlp stopped", "face_gan finished") else ANN
    shown = opened(page, visitor, net=f"run-{old.ids[name]}")
    chosen = [one.value for one in shown.pills if f"run-{old.ids[name]}" == one.value]
    assert chosen, offered(shown)
    assert name in offered(shown)
    assert "damaged" not in text(shown)
    assert "takes its place" not in text(shown)


@pytest.mark.parametrize("name", ["mlp finished", "digit_gan finished", "denoiser paused"])
def test_the_history_that_is_made_on_download_is_the_one_that_was_written_then(old, name):
    written = (old.run(name) / "history.csv").read_bytes().splitlines()
    assert downloads.history(Settings.load(), old.ids[name]).splitlines() == written
    assert len(written) > 1


def test_networks_read_what_they_read_then(old):
    for name, (digit, percent) in old.predicted.items():
        network = name.split()[0]
        weights = old.run(name) / "weights"
        said = command_line("predict", network, "--weights", weights, old.folder / "images" / "seven.png")
        read, share = re.search(r": (\d) ([\d.]+)%", said).groups()
        assert int(read) == digit, name
        assert float(share) == pytest.approx(percent, abs=0.3), name


def test_others_see_what_is_shared_and_by_whom(old):
    for page, name in SHARED.items():
        assert f"Green otter: {name}" in offered(opened(page, STRANGER))
    assert "cnn finished" not in offered(opened("draw", STRANGER))


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """How runs ended that were resumed: (Old, dict from a name to (state, reason))."""
    old = unpack(tmp_path_factory.mktemp("resumed"))
    for name in ALTERED:
        alter_recipes(old, name)
    asked = [old.ids[name] for name in (*ALTERED, *RESUMED, *TAUGHT)]
    asked += [f"{old.ids[name]}+1" for name in CONTINUED]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "MNIST_MODELS_RUNS": str(old.folder / "runs"),
        "MNIST_MODELS_DATA": str(old.folder / "images"),
    }
    command = [sys.executable, "-m", "tests.train_many", *asked]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    names = {run_id: name for name, run_id in old.ids.items()}
    yield old, {names[run_id]: (state, reason) for run_id, state, reason in lines}, done.stderr
    shutil.rmtree(old.folder)


@pytest.mark.parametrize("name", [*ALTERED, *RESUMED, *CONTINUED])
def test_a_run_goes_on_to_its_end(ended, name):
    old, states, errors = ended
    assert states.get(name) == ("finished", ""), errors[-3_000:]
    ((epochs, done),) = old.rows("SELECT epochs, epochs_done FROM runs WHERE id = ?", old.ids[name])
    assert done == epochs
    network = old.rows("SELECT network FROM runs WHERE id = ?", old.ids[name])[0][0]
    card = json.loads((old.run(name) / "weights" / f"{network}.json").read_text())
    assert card["epochs_trained"] == epochs
    assert "an_old_field" not in card["recipe"]
    before = [point for (point,) in old.rows("SELECT epoch FROM metrics WHERE run = ?", old.ids[name])]
    assert before == sorted(before)  # nothing was measured twice


@pytest.mark.parametrize("name", TAUGHT)
def test_a_run_that_teachers_trained_says_why_it_does_not_go_on(ended, own, sleepers, name):  # noqa: F811
    _, states, _ = ended
    state, reason = states[name]
    assert state == "failed"
    assert "had a teacher, which Digit Lab no longer has" in reason
    page = opened("train", run=own.ids[name])
    assert reason in text(page)
    assert "Resume" not in [one.label for one in page.button]
    assert ("Try it" in [one.label for one in page.button]) == (name == "taught finished")


def alter_recipes(old, name):
    """Let everything that a run wrote of its recipe be of another version."""

    def altered(recipe):
        recipe.pop("mixed_precision")
        recipe.pop("weight_average" if "kl_weight" in recipe else "patience", None)
        return recipe | {"an_old_field": 3}

    folder = old.run(name)
    ((configuration,),) = old.rows("SELECT configuration FROM runs WHERE id = ?", old.ids[name])
    given = json.loads(configuration)
    written = json.dumps(given | {"recipe": altered(given["recipe"])})
    old.rows("UPDATE runs SET configuration = ? WHERE id = ?", written, old.ids[name])
    (folder / "configuration.json").write_text(written)
    for path in folder.glob("recipe.json"):
        path.write_text(json.dumps(altered(json.loads(path.read_text()))))
    for path in folder.glob("checkpoint-*.npz"):
        with np.load(path) as archive:
            arrays = dict(archive)
        note = json.loads(arrays["note"].tobytes())
        note["recipe"] = altered(note["recipe"])
        np.savez(path, **arrays | {"note": np.frombuffer(json.dumps(note).encode(), np.uint8)})


def test_a_run_of_another_version_is_looked_at(own, sleepers):  # noqa: F811
    alter_recipes(own, "digit_gan paused")
    page = opened("train", run=own.ids["digit_gan paused"])
    assert any("differ from the preset" in one.label for one in page.expander)


def test_a_run_is_resumed_on_the_page_and_trained_by_a_process_of_its_own(own):
    own.rows("UPDATE runs SET state = 'stopped' WHERE state = 'waiting'")
    press(opened("train", run=own.ids["mlp paused"]), "Resume")
    wait_until(lambda: own.state("mlp paused") not in ("waiting", "running"))
    assert own.state("mlp paused") == "finished"
    assert "Try it" in [one.label for one in opened("train", run=own.ids["mlp paused"]).button]


def test_an_upload_is_listed_used_and_deleted(own, sleepers):  # noqa: F811
    (data,) = [path.stem for path in (own.folder / "runs" / "data").glob("own-*.npz")]
    listed = "Shapes: 24 images of 2 classes"
    assert "Delete it" not in [one.label for one in opened("train", BOB, network="mlp").button]
    page = opened("train", network="mlp", data=data)
    assert listed in text(page)
    press(page, "Train")
    ((run_id, trained_on),) = own.rows("SELECT id, data FROM runs ORDER BY created DESC LIMIT 1")
    assert run_id not in own.ids.values()
    assert trained_on == data
    own.rows("UPDATE runs SET state = 'stopped' WHERE state IN ('waiting', 'running')")
    page = press(opened("train", network="mlp"), "Delete it")
    assert listed not in text(page)
    assert not (own.folder / "runs" / "data" / f"{data}.npz").exists()
    # What has learned from it stays.
    assert "shapes finished" in offered(opened("draw", net=f"run-{own.ids['shapes finished']}"))


def test_a_run_is_taken_back_and_deleted_with_its_files(own, sleepers):  # noqa: F811
    press(opened("train", run=own.ids["vae waiting"]), "Take back")
    assert own.state("vae waiting") == "stopped"
    gone = "mlp finished", "taught paused", "vae waiting"
    for name in gone:
        press(opened("train", run=own.ids[name]), "Delete with all its files")
        assert not own.run(name).exists()
    left = {name for (name,) in own.rows("SELECT name FROM runs")}
    assert left == own.ids.keys() - set(gone)
    assert "mlp finished" not in offered(opened("draw", STRANGER))


def test_trainings_by_hand_are_used_and_go_on(own):
    seven = own.folder / "images" / "seven.png"
    assert "seven.png: " in command_line("predict", "mlp", "--weights", own.folder / "trained", seven)
    command_line("train", "mlp", "--resume", "--epochs", 1, "--output", "trained", folder=own.folder)
    assert json.loads((own.folder / "trained" / "mlp.json").read_text())["epochs_trained"] == 3
