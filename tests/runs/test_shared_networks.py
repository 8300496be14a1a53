import dataclasses
import shutil
import sqlite3

import numpy as np
import pytest

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.runs import database, nicknames, queue, records, shared_networks
from mnist_models.runs.settings import Settings, SettingsError
from mnist_models.serving import classifier, sessions
from tests import finished_runs


def test_digits_that_somebody_brought_along_are_digits():
    assert shared_networks.page_of("cnn", "own-1a2b3c4d", list("0123456789")) == "Draw"
    assert shared_networks.page_of("autoencoder", "own-1a2b3c4d", list("0123456789")) == "Reconstruct"
    assert shared_networks.page_of("digit_gan", "own-1a2b3c4d", ["cat", "dog"]) == "Digits"


@pytest.mark.parametrize(
    ("network", "page"),
    [("cnn", "Draw"), ("fashion_cnn", "Draw"), ("vae", "Reconstruct"), ("denoiser", "Reconstruct")],
)
def test_what_somebody_brought_along_can_be_drawn(network, page):
    assert shared_networks.page_of(network, "own-1a2b3c4d", ["circle", "cross", "square"]) == page


def test_the_classes_of_such_data_are_those_of_the_card(db, settings):
    run_id = finished_runs.create(db, settings, "cnn", data="own-1a2b3c4d")
    finished_runs.name_classes(settings, run_id, "cnn", ("circle", "cross", "square"))
    assert shared_networks.page_of_run(settings, db.runs.get(run_id)) == "Draw"
    assert shared_networks.adopt(db, settings, run_id) == "Draw"
    (network,) = shared_networks.adopted("Draw")
    assert classifier.classes(network) == ("circle", "cross", "square")
    assert classifier.classes("cnn") == datasets.DIGITS
    reading = classifier.read(network, np.zeros((28, 28, 1), np.float32))
    assert reading.probabilities.shape == (3,)
    assert reading.digit < 3


def test_probabilities_are_those_of_the_classes_that_there_are(db, settings, monkeypatch):
    """After a short training the outputs that stand for nothing still hold most of it."""
    run_id = finished_runs.create(db, settings, "cnn", data="own-1a2b3c4d")
    finished_runs.name_classes(settings, run_id, "cnn", ("circle", "cross", "square"))
    shared_networks.adopt(db, settings, run_id)
    (network,) = shared_networks.adopted("Draw")
    outputs = np.array([[0.1, 0.08, 0.22] + [0.6 / 7] * 7], np.float32)
    monkeypatch.setattr(classifier, "predict", lambda *_: outputs)
    reading = classifier.read(network, np.zeros((28, 28, 1), np.float32))
    np.testing.assert_allclose(reading.probabilities, [0.25, 0.2, 0.55], atol=1e-6)
    assert reading.digit == 2


def test_a_network_is_never_sure_of_what_is_less_likely_than_all_else(tmp_path):
    """After a short training, 99 of 100 validation images reach a probability of next to nothing."""
    path = tmp_path / "mlp.onnx"
    shutil.copy(weights.folder() / "mlp.onnx", path)
    weights.write("mlp", {"files": {path.name: weights.sha256(path)}, "sure_above": 0.15}, tmp_path)
    noise = np.random.default_rng(0).random((200, 28, 28, 1), np.float32)
    readings = [classifier.read(weights.trained("mlp", tmp_path), image) for image in noise]
    doubtful = [reading for reading in readings if reading.probabilities.max() < 0.5]
    assert doubtful
    assert not any(reading.is_sure for reading in doubtful)


class TestOwnOnesAndThoseOfOthers:
    def labels(self, visitor, **asked):
        return [network.label for network in shared_networks.adopted("Draw", visitor=visitor, **asked)]

    def test_own_ones_come_first_and_others_only_when_shared(self, db, settings):
        mine = finished_runs.create(db, settings, "mlp", name="mine", visitor="ada")
        theirs = finished_runs.create(db, settings, "mlp", name="theirs", visitor="bob")
        finished_runs.create(db, settings, "mlp", name="secret", visitor="bob")
        assert self.labels("ada") == ["Yours: mine (Feed-forward net, trained here)"]
        shared_networks.adopt(db, settings, theirs)
        shared_networks.adopt(db, settings, mine)
        bob, ada = (str(nicknames.of(db, name)).capitalize() for name in ("bob", "ada"))
        assert bob != ada
        assert self.labels("ada") == [
            "Yours: mine (Feed-forward net, trained here)",
            f"{bob}: theirs (Feed-forward net, trained here)",
        ]
        assert self.labels("cid")[0] == f"{bob}: theirs (Feed-forward net, trained here)"
        db.shared.remove(theirs)
        assert self.labels("cid") == [f"{ada}: mine (Feed-forward net, trained here)"]
        assert len(self.labels("bob")) == 3

    def test_only_the_newest_own_ones_and_the_one_asked_for(self, db, settings, monkeypatch):
        monkeypatch.setattr(shared_networks, "MOST_OWN", 2)
        runs = [
            finished_runs.create(db, settings, "mlp", name=name, visitor="ada") for name in ("a", "b", "c")
        ]
        names = [network.title for network in shared_networks.adopted("Draw", visitor="ada")]
        assert names == ["c", "b"]
        asked = shared_networks.key_of(runs[0])
        assert asked in [
            network.key for network in shared_networks.adopted("Draw", visitor="ada", asked=asked)
        ]
        assert self.labels("bob", asked=asked) == []

    def test_runs_without_a_network_are_not_listed(self, db, settings):
        run_id = finished_runs.create(db, settings, "mlp", visitor="ada")
        run = db.runs.get(run_id)
        assert shared_networks.can_be_tried(settings, run)
        shutil.rmtree(settings.folder(run_id) / "weights")
        assert self.labels("ada") == []
        assert not shared_networks.can_be_tried(settings, run)

    @pytest.mark.parametrize("card", ["{}", "[]", '{"data": 3}', "null", "?"])
    def test_a_damaged_card_disturbs_no_page(self, db, settings, card):
        run_id = finished_runs.create(db, settings, "mlp", visitor="ada")
        finished_runs.create(db, settings, "mlp", name="whole", visitor="ada")
        (settings.folder(run_id) / "weights" / "mlp.json").write_text(card)
        assert self.labels("ada") == ["Yours: whole (Feed-forward net, trained here)"]
        shared_networks.can_be_tried(settings, db.runs.get(run_id))

    def test_where_everything_is_shared_all_are_own(self, db, settings):
        finished_runs.create(db, settings, "mlp", name="a", visitor="bob")
        shared = dataclasses.replace(settings, shared=True)
        (network,) = shared_networks.adopted("Draw", shared, visitor="ada")
        assert network.owner == str(nicknames.usual("bob")).capitalize()


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
    assert shared_networks.page_of(network, data) == page


def test_what_is_adopted_is_offered_on_its_page_until_dismissed(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    assert shared_networks.adopted("Draw") == []
    assert shared_networks.adopt(db, settings, run_id) == "Draw"
    assert shared_networks.adopt(db, settings, run_id) == "Draw"
    (network,) = shared_networks.adopted("Draw")
    assert network.label == "mlp 1 (Feed-forward net, trained here)"
    assert network.key == f"run-{run_id}"
    assert not network.is_shipped
    assert sessions.card(network) == sessions.card("mlp")
    assert shared_networks.adopted("Digits") == []
    assert db.shared.ids() == {run_id}
    db.shared.remove(run_id)
    db.shared.remove(run_id)
    assert shared_networks.adopted("Draw") == []


def test_a_renamed_run_has_its_new_name_and_no_two_are_alike(db, settings):
    runs = [finished_runs.create(db, settings, "mlp") for _ in range(2)]
    for run_id in runs:
        shared_networks.adopt(db, settings, run_id)
        db.runs.rename(run_id, "mine")
    labels = [network.label for network in shared_networks.adopted("Draw")]
    assert labels == [f"mine · {run_id} (Feed-forward net, trained here)" for run_id in runs]


def test_a_deleted_run_is_offered_no_more(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    shared_networks.adopt(db, settings, run_id)
    queue.delete(db, settings, run_id)
    assert shared_networks.adopted("Draw") == []
    assert db.shared.ids() == set()


def test_only_what_is_finished_and_whole_can_be_adopted(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    folder = settings.folder(run_id) / "weights"
    (folder / "mlp.onnx").write_bytes(b"something else")
    with pytest.raises(shared_networks.NotUsable, match="files of mlp 1 are damaged"):
        shared_networks.adopt(db, settings, run_id)
    shutil.rmtree(folder)
    with pytest.raises(shared_networks.NotUsable, match="mlp 1 has no finished network yet"):
        shared_networks.adopt(db, settings, run_id)
    with pytest.raises(records.UnknownRun):
        shared_networks.adopt(db, settings, "../../etc")
    assert db.shared.ids() == set()


def test_what_no_page_can_use_is_refused(db, settings):
    run_id = finished_runs.create(db, settings, "fashion_cnn", data="fashion_mnist")
    with pytest.raises(
        shared_networks.NotUsable, match="fashion_cnn 1: Draw and Reconstruct show digits only"
    ):
        shared_networks.adopt(db, settings, run_id)


def test_too_many_are_refused(db, settings, monkeypatch):
    monkeypatch.setattr(shared_networks, "MOST", 1)
    first, second = (finished_runs.create(db, settings, "mlp") for _ in range(2))
    shared_networks.adopt(db, settings, first)
    shared_networks.adopt(db, settings, first)
    with pytest.raises(shared_networks.NotUsable, match="in use already"):
        shared_networks.adopt(db, settings, second)


def test_a_run_that_wrote_its_files_anew_is_read_anew(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    shared_networks.adopt(db, settings, run_id)
    (network,) = shared_networks.adopted("Draw")
    before = sessions.card(network)
    weights.write("mlp", before | {"parameters": 7}, network.weights)
    assert sessions.card(network)["parameters"] == 7


def test_damage_is_noticed_when_it_is_checked(db, settings):
    run_id = finished_runs.create(db, settings, "vae")
    shared_networks.adopt(db, settings, run_id)
    (network,) = shared_networks.adopted("Reconstruct")
    sessions.check(network)
    (network.weights / "vae.decoder.onnx").write_bytes(b"something else")
    weights.write("vae", sessions.card(network), network.weights)
    with pytest.raises(weights.CardError, match=r"vae\.decoder\.onnx is not the file"):
        sessions.check(network)


def test_looking_makes_no_database(settings):
    assert shared_networks.adopted("Draw") == []
    assert not settings.directory.exists()


def test_a_database_of_an_earlier_version_is_read_and_extended(db, settings):
    run_id = finished_runs.create(db, settings, "mlp")
    db.connection.execute("DROP TABLE used_networks")
    assert shared_networks.adopted("Draw") == []
    with database.connect(settings) as later:
        assert shared_networks.adopt(later, settings, run_id) == "Draw"
        assert later.runs.get(run_id).name == "mlp 1"
    assert len(shared_networks.adopted("Draw")) == 1


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_damaged_database_disturbs_no_page(settings, content):
    settings.directory.mkdir(parents=True)
    settings.database.write_bytes(content)
    assert shared_networks.adopted("Draw") == []


def test_bad_settings_disturb_no_page(db, settings, monkeypatch):
    shared_networks.adopt(db, settings, finished_runs.create(db, settings, "mlp"))
    monkeypatch.setenv("MNIST_MODELS_WORKERS", "many")
    with pytest.raises(SettingsError):
        Settings.load()
    assert shared_networks.adopted("Draw") == []


def test_a_strange_path_is_no_obstacle(tmp_path):
    settings = Settings(tmp_path / "100 % of it? #1 ü")
    with database.connect(settings) as db:
        shared_networks.adopt(db, settings, finished_runs.create(db, settings, "mlp"))
    assert len(shared_networks.adopted("Draw", settings)) == 1


def test_a_locked_database_is_read_all_the_same(db, settings):
    shared_networks.adopt(db, settings, finished_runs.create(db, settings, "mlp"))
    with sqlite3.connect(settings.database) as other:
        other.execute("BEGIN IMMEDIATE")
        assert len(shared_networks.adopted("Draw")) == 1
