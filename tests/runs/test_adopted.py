import shutil
import sqlite3

import pytest

from mnist_models import cards, datasets, inference
from mnist_models.runs import adopted, store
from mnist_models.runs import settings as run_settings
from tests import finished_runs


def test_digits_that_somebody_brought_along_are_digits():
    assert adopted.page_of("cnn", "own-1a2b3c4d", list("0123456789")) == "Draw"
    assert adopted.page_of("autoencoder", "own-1a2b3c4d", list("0123456789")) == "Reconstruct"
    assert adopted.page_of("cnn", "own-1a2b3c4d", ["cat", "dog"]) is None
    assert adopted.page_of("digit_gan", "own-1a2b3c4d", ["cat", "dog"]) == "Digits"


def test_the_classes_of_such_data_are_those_of_the_card(db, settings):
    runs = [finished_runs.create(db, settings, "cnn", data="own-1a2b3c4d") for _ in range(2)]
    for run_id, classes in zip(runs, (datasets.DIGITS, ("cat", "dog")), strict=True):
        folder = settings.folder(run_id) / "weights"
        card = cards.read("cnn", folder)
        cards.write("cnn", card | {"data": card["data"] | {"classes": classes}}, folder)
    assert adopted.page_of_run(settings, store.get(db, runs[0])) == "Draw"
    assert adopted.adopt(db, settings, runs[0]) == "Draw"
    assert adopted.page_of_run(settings, store.get(db, runs[1])) is None
    with pytest.raises(adopted.NotUsable, match="No page can use cnn 2"):
        adopted.adopt(db, settings, runs[1])


@pytest.mark.parametrize(
    ("network", "data", "page"),
    [
        ("mlp", "mnist", "Draw"),
        ("cnn", datasets.SAMPLE, "Draw"),
        ("cnn", "fashion_mnist", None),
        ("fashion_cnn", "fashion_mnist", None),
        ("judge", "mnist", None),
        ("vae", "mnist", "Reconstruct"),
        ("denoiser", "fashion_mnist", None),
        ("digit_gan", datasets.SAMPLE, "Digits"),
        ("fashion_gan", "fashion_mnist", "Digits"),
        ("face_gan", "faces", "Faces"),
        ("a network of another version", "mnist", None),
    ],
)
def test_a_network_goes_to_the_page_that_can_use_it(network, data, page):
    assert adopted.page_of(network, data) == page


def test_what_is_adopted_is_offered_on_its_page_until_dismissed(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    assert adopted.adopted("Draw") == []
    assert adopted.adopt(db, settings, run_id) == "Draw"
    assert adopted.adopt(db, settings, run_id) == "Draw"
    (network,) = adopted.adopted("Draw")
    assert network.label == "mlp 1 (Feed-forward net, trained here)"
    assert network.key == f"run-{run_id}"
    assert not network.is_shipped
    assert inference.card(network) == inference.card("mlp")
    assert adopted.adopted("Digits") == []
    assert adopted.adopted_ids(db) == {run_id}
    adopted.dismiss(db, run_id)
    adopted.dismiss(db, run_id)
    assert adopted.adopted("Draw") == []


def test_a_renamed_run_has_its_new_name_and_no_two_are_alike(db, settings):
    runs = [finished_runs.create(db, settings, "mlp") for _ in range(2)]
    for run_id in runs:
        adopted.adopt(db, settings, run_id)
        store.rename(db, run_id, "mine")
    labels = [network.label for network in adopted.adopted("Draw")]
    assert labels == [f"mine · {run_id} (Feed-forward net, trained here)" for run_id in runs]


def test_a_deleted_run_is_offered_no_more(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    adopted.adopt(db, settings, run_id)
    store.delete(db, settings, run_id)
    assert adopted.adopted("Draw") == []
    assert adopted.adopted_ids(db) == set()


def test_only_what_is_finished_and_whole_can_be_adopted(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    folder = settings.folder(run_id) / "weights"
    (folder / "mlp.onnx").write_bytes(b"something else")
    with pytest.raises(adopted.NotUsable, match="files of mlp 1 are damaged"):
        adopted.adopt(db, settings, run_id)
    shutil.rmtree(folder)
    with pytest.raises(adopted.NotUsable, match="mlp 1 has no finished network yet"):
        adopted.adopt(db, settings, run_id)
    with pytest.raises(store.UnknownRun):
        adopted.adopt(db, settings, "../../etc")
    assert adopted.adopted_ids(db) == set()


def test_what_no_page_can_use_is_refused(db, settings):
    run_id = finished_runs.create(db, settings, "fashion_cnn", data="fashion_mnist")
    with pytest.raises(adopted.NotUsable, match="fashion_cnn 1: Draw and Reconstruct show digits only"):
        adopted.adopt(db, settings, run_id)


def test_too_many_are_refused(db, settings, monkeypatch):
    monkeypatch.setattr(adopted, "MOST", 1)
    first, second = (finished_runs.create(db, settings, "mlp") for _ in range(2))
    adopted.adopt(db, settings, first)
    adopted.adopt(db, settings, first)
    with pytest.raises(adopted.NotUsable, match="in use already"):
        adopted.adopt(db, settings, second)


def test_a_run_that_wrote_its_files_anew_is_read_anew(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    adopted.adopt(db, settings, run_id)
    (network,) = adopted.adopted("Draw")
    before = inference.card(network)
    cards.write("mlp", before | {"parameters": 7}, network.weights)
    assert inference.card(network)["parameters"] == 7


def test_damage_is_noticed_when_it_is_checked(db, settings):
    run_id = finished_runs.create(db, settings, "vae")
    adopted.adopt(db, settings, run_id)
    (network,) = adopted.adopted("Reconstruct")
    inference.check(network)
    (network.weights / "vae.decoder.onnx").write_bytes(b"something else")
    cards.write("vae", inference.card(network), network.weights)
    with pytest.raises(cards.CardError, match=r"vae\.decoder\.onnx is not the file"):
        inference.check(network)


def test_looking_makes_no_database(settings):
    assert adopted.adopted("Draw") == []
    assert not settings.directory.exists()


def test_a_database_of_an_earlier_version_is_read_and_extended(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    db.execute("DROP TABLE used_networks")
    assert adopted.adopted("Draw") == []
    with store.connect(settings) as later:
        assert adopted.adopt(later, settings, run_id) == "Draw"
        assert store.get(later, run_id).name == "mlp 1"
    assert len(adopted.adopted("Draw")) == 1


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_damaged_database_disturbs_no_page(settings, content):
    settings.directory.mkdir(parents=True)
    settings.database.write_bytes(content)
    assert adopted.adopted("Draw") == []


def test_bad_settings_disturb_no_page(db, settings, monkeypatch):
    adopted.adopt(db, settings, finished_runs.create(db, settings, "mlp"))
    monkeypatch.setenv("MNIST_MODELS_WORKERS", "many")
    with pytest.raises(run_settings.SettingsError):
        run_settings.load()
    assert adopted.adopted("Draw") == []


def test_a_strange_path_is_no_obstacle(tmp_path):
    settings = run_settings.Settings(tmp_path / "100 % of it? #1 ü")
    with store.connect(settings) as db:
        adopted.adopt(db, settings, finished_runs.create(db, settings, "mlp"))
    assert len(adopted.adopted("Draw", settings)) == 1


def test_a_locked_database_is_read_all_the_same(db, settings):
    adopted.adopt(db, settings, finished_runs.create(db, settings, "mlp"))
    with sqlite3.connect(settings.database) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(adopted.adopted("Draw")) == 1
