"""Whole runs: some in this process, since importing TensorFlow takes long, the others as in real life."""

import errno
import os
import signal
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from mnist_models import weights, worker
from mnist_models.data import datasets, user_data
from mnist_models.errors import DigitLabError
from mnist_models.images import normalize
from mnist_models.runs import configuration as configurations
from mnist_models.runs import disk, queue, uploads
from mnist_models.serving import classifier, sessions
from mnist_models.training import checkpoints, gan
from tests.runs.conftest import configured, wait_for, wait_until


@pytest.fixture(autouse=True)
def _restore_checkpoint_settings(monkeypatch):
    for name in ("EVERY", "RESERVE"):
        monkeypatch.setattr(checkpoints, name, getattr(checkpoints, name))


def begin(db, settings, configuration):
    """A run as it is when its process has just started."""
    run_id = db.runs.create(
        configurations.to_json(configuration),
        "a",
        network=configuration.network,
        data=configuration.data,
        epochs=configuration.recipe.epochs,
    )
    settings.folder(run_id).mkdir(parents=True)
    db.runs.change_state(run_id, "running")
    return run_id


def go_on(db, run_id, more_epochs=None):
    db.runs.change_state(run_id, "waiting")
    db.runs.update(run_id, more_epochs=more_epochs)
    db.runs.change_state(run_id, "running")


def test_a_classifier_from_start_to_end_and_on(db, settings, tiny, sample):
    run_id = begin(db, settings, tiny)
    folder = settings.folder(run_id)
    assert worker.train(db, settings, run_id) == "finished"

    run, points = db.runs.get(run_id), db.runs.points(run_id)
    assert (run.epochs, run.epochs_done) == (2, 2.0)
    assert run.device
    assert not run.phase.startswith("Preparing")
    whole = [point for point in points if point.whole]
    assert [(point.epoch, point.step) for point in whole] == [(1.0, 20), (2.0, 40)]
    assert set(whole[0].figures) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert points[0].epoch < 1
    assert not points[0].whole
    steps = [point for point in points if not point.whole]
    assert (steps[-1].epoch, steps[-1].step) == (2.0, 40)  # curves of training go to the end
    assert set(steps[-1].figures) == {"loss", "accuracy"}
    assert run.figures["best_val_accuracy"] == max(p.figures["val_accuracy"] for p in whole)
    assert np.sum(db.runs.confusions(run_id)[-1].matrix) == 800

    digits = normalize.as_input(sample.x_test[:100])
    probabilities = classifier.predict(weights.trained("mlp", folder / "weights"), digits)
    model = keras.models.load_model(folder / "weights" / "mlp.keras")
    np.testing.assert_allclose(np.asarray(model(digits)), probabilities, atol=1e-4)
    card = weights.read("mlp", folder / "weights")
    assert card["data"]["training_images"] == 640
    assert not {"history.csv", "tensorboard"} & {path.name for path in folder.iterdir()}  # made on download

    db.runs.change_state(run_id, "finished")
    go_on(db, run_id, more_epochs=1)
    assert worker.train(db, settings, run_id) == "finished"
    more = db.runs.points(run_id, whole=True)
    assert more[:2] == whole
    assert more[2].epoch == 3.0
    assert more[2].seconds > whole[1].seconds
    assert weights.read("mlp", folder / "weights")["epochs_trained"] == 3


@pytest.mark.parametrize("command", ["pause", "stop"])
def test_a_command_ends_it_with_a_checkpoint(db, settings, tiny, command):
    run_id = begin(db, settings, tiny)
    db.runs.update(run_id, command=command)
    ended = {"pause": "paused", "stop": "stopped"}[command]
    assert worker.train(db, settings, run_id) == ended
    folder = settings.folder(run_id)
    assert (folder / "weights" / "mlp.onnx").exists() == (command == "stop")
    db.runs.change_state(run_id, ended)
    go_on(db, run_id)
    assert worker.train(db, settings, run_id) == "finished"
    points = db.runs.points(run_id)
    assert [point.epoch for point in points if point.whole] == [1.0, 2.0]
    steps = [point.step for point in points]
    assert steps == sorted(steps)


def test_what_lay_beyond_the_checkpoint_is_measured_anew(db, settings, tiny):
    run_id = begin(db, settings, tiny)
    db.runs.update(run_id, command="pause")
    worker.train(db, settings, run_id)
    reached = db.runs.last_point(run_id).step
    db.runs.append(run_id, [(reached + 1_000, 99.0, 9.0, True, {"loss": 1.0})], {})
    db.runs.change_state(run_id, "paused")
    go_on(db, run_id)
    worker.train(db, settings, run_id)
    assert max(point.epoch for point in db.runs.points(run_id)) == 2.0


def test_without_a_sound_checkpoint_it_begins_anew(db, settings, tiny):
    run_id = begin(db, settings, tiny)
    worker.train(db, settings, run_id)
    for path in settings.folder(run_id).glob("checkpoint-*.npz"):
        path.write_bytes(b"damaged")
    db.runs.change_state(run_id, "failed")
    go_on(db, run_id)
    assert worker.train(db, settings, run_id) == "finished"
    assert any("began anew" in note for note in db.runs.get(run_id).notes)
    assert [point.epoch for point in db.runs.points(run_id, whole=True)] == [1.0, 2.0]


def test_a_damaged_newest_checkpoint_is_passed_over(db, settings, tiny):
    run_id = begin(db, settings, tiny)
    worker.train(db, settings, run_id)
    newest = max(settings.folder(run_id).glob("checkpoint-*.npz"))
    newest.write_bytes(b"damaged")
    db.runs.change_state(run_id, "failed")
    go_on(db, run_id)
    assert worker.train(db, settings, run_id) == "finished"
    assert f"Passed over a damaged checkpoint: {newest.name}." in db.runs.get(run_id).notes


def test_a_divergence_fails_with_its_reason(db, settings, tiny, capfd):
    wild = {"learning_rate": 10.0, "l2": 1.0, "optimizer": "sgd", "schedule": "constant"}
    run_id = begin(db, settings, tiny.with_recipe(epochs=50, **wild))
    state, reason = worker._end_of(db, settings, run_id)
    assert state == "failed"
    assert "diverged" in reason
    assert "lower learning rate" in reason
    assert "diverged" in capfd.readouterr().err  # in real life, that is its log


@pytest.mark.parametrize("error", [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM")])
def test_a_lack_of_memory_is_called_so(db, settings, tiny, monkeypatch, error):
    def run_out(*arguments):
        raise error

    monkeypatch.setattr(worker, "train", run_out)
    assert worker._end_of(db, settings, "any") == (
        "failed",
        "Memory ran out. Choose a smaller batch, or a smaller network.",
    )


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/somewhere"),
        tf.errors.ResourceExhaustedError(None, None, "events; No space left on device"),
    ],
)
def test_a_full_disk_is_called_so(db, settings, tiny, monkeypatch, error):
    def run_out(*arguments):
        raise error

    monkeypatch.setattr(worker, "train", run_out)
    state, reason = worker._end_of(db, settings, "any")
    assert state == "failed"
    assert reason.startswith("The disk is full. Delete something")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DigitLabError("The batch is too large. Choose a smaller one."), "The batch is too large. Choose a"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/runs/x.npz"), "x.npz: Permission denied"),
        (ValueError("operands could not be broadcast"), "ValueError: operands could not be broadcast"),
    ],
)
def test_a_bug_is_not_said_as_if_a_person_could_mend_it(db, settings, monkeypatch, capfd, error, reason):
    def go_wrong(*arguments):
        raise error

    monkeypatch.setattr(worker, "train", go_wrong)
    state, said = worker._end_of(db, settings, "any")
    assert state == "failed"
    assert said.startswith(reason)
    assert "Traceback" in capfd.readouterr().err  # in real life, that is its log


def test_a_nearly_full_disk_stops_it_in_good_order(db, settings, tiny):
    run_id = begin(db, settings, tiny)
    assert worker.train(db, replace(settings, reserve=10**15), run_id) == "stopped"
    assert any("disk is nearly full" in note for note in db.runs.get(run_id).notes)
    assert (settings.folder(run_id) / "weights" / "mlp.onnx").exists()


def test_another_data_set_of_the_same_shape(db, settings, data_folder, sample, monkeypatch):
    monkeypatch.setattr(datasets, "_SIZES", {"fashion_mnist": (600, 100)})
    np.savez(
        data_folder / "fashion_mnist.npz",
        x_train=sample.x_train[:600],
        y_train=sample.y_train[:600],
        x_test=sample.x_test[:100],
        y_test=sample.y_test[:100],
    )
    tiny = configured("mlp", hidden=(8,), epochs=1, batch_size=64, augment=True)
    run_id = begin(db, settings, replace(tiny, data="fashion_mnist"))
    assert worker.train(db, settings, run_id) == "finished"
    card = weights.read("mlp", settings.folder(run_id) / "weights")
    assert card["data"]["sets"] == ["fashion_mnist"]


@pytest.fixture
def hats(settings, sample):
    """The name of a kept data set with three classes that are no digits."""
    few = sample.y_train[:600] < 3
    data = user_data.make(sample.x_train[:600][few], sample.y_train[:600][few], ("bowler", "cap", "top hat"))
    return uploads.keep(settings, "Hats", data)


@pytest.mark.parametrize("network", ["mlp", "reader", "autoencoder", "digit_gan"])
def test_data_of_ones_own(db, settings, hats, monkeypatch, network):
    monkeypatch.setattr(gan, "WATCHED", 16)
    fast = {"hidden": (8,)} if network == "mlp" else {"images": 32}
    small = configured(network, epochs=1, batch_size=16, **fast)
    run_id = begin(db, settings, replace(small, data=hats))
    assert worker.train(db, settings, run_id) == "finished"
    folder = settings.folder(run_id)
    data = weights.read(network, folder / "weights")["data"]
    assert (data["sets"], data["titles"]) == ([hats], ["Hats"])
    assert data["classes"] == ["bowler", "cap", "top hat"]
    if network in ("mlp", "reader"):
        matrix = np.array(db.runs.confusions(run_id)[-1].matrix)
        assert matrix.sum() == data["validation_images"]
        assert matrix[3:].sum() == 0
        assert (matrix.sum(axis=1)[:3] > 0).all()
        assert weights.read(network, folder / "weights")["limits"] == []


def test_data_of_ones_own_that_was_deleted(db, settings, hats, capfd):
    run_id = begin(db, settings, replace(configured("mlp"), data=hats))
    uploads.delete(settings, "own-00000000")
    (settings.directory / "data" / f"{hats}.npz").unlink()
    state, reason = worker._end_of(db, settings, run_id)
    assert (state, reason) == (
        "failed",
        "This data set is not here any more. Upload it again, or choose another.",
    )


@pytest.mark.parametrize(
    ("network", "figures"),
    [
        ("digit_gan", {"discriminator_loss", "generator_loss", "d_real", "d_generated"}),
        ("vae", {"loss", "error"}),
    ],
)
def test_networks_that_make_pictures(db, settings, monkeypatch, network, figures):
    monkeypatch.setattr(gan, "WATCHED", 16)
    run_id = begin(db, settings, configured(network, epochs=2, images=16, batch_size=8))
    folder = settings.folder(run_id)
    assert worker.train(db, settings, run_id) == "finished"
    points = db.runs.points(run_id)
    assert set(points[0].figures) == figures
    assert figures < set(points[-1].figures)
    assert len(list((folder / "pictures").glob("*-epoch-*.png"))) == 2
    with Image.open(folder / "pictures.gif") as film:
        assert film.n_frames >= 2
    part = ".decoder" if network == "vae" else ""
    assert (folder / "weights" / f"{network}{part}.onnx").exists()


class TestProcesses:
    """With processes of their own."""

    @pytest.fixture
    def endless(self, tiny):
        return replace(tiny, recipe=tiny.recipe.replace(epochs=200))

    def test_one_run_after_the_other_without_anybody_looking(self, db, settings, tiny):
        ids = [queue.start(db, settings, tiny, visitor) for visitor in "ab"]
        runs = wait_until(
            lambda: [r for r in db.runs.all() if r.state == "finished"] if self.over(db, ids) else None
        )
        assert len(runs) == 2
        assert "Preparing data" in disk.log_tail(settings, ids[0], lines=1_000)

    def over(self, db, ids):
        return not any(db.runs.get(run_id).is_active for run_id in ids)

    def test_killed_then_resumed_then_stopped(self, db, settings, endless):
        run_id = queue.start(db, settings, endless, "a")
        # With a checkpoint after every step. Two epochs, since the very first point stands at 0 s: a kill
        # just before the checkpoint of the first epoch's end takes a fast run back to that one.
        wait_until(lambda: db.runs.points(run_id, whole=True)[1:])
        pid = db.workers.of(run_id).process.pid
        os.killpg(pid, signal.SIGKILL)
        run = wait_for(db, settings, run_id, "failed")
        assert "signal 9" in run.reason
        before = db.runs.last_point(run_id)

        queue.resume(db, settings, run_id)
        after = wait_until(lambda: db.runs.points(run_id, after=before.row))[0]
        assert after.epoch > 1.5  # the kill may have come just before the checkpoint of the epoch's end
        assert after.seconds > 0
        assert db.runs.get(run_id).attempt == 2
        queue.stop(db, run_id)
        wait_for(db, settings, run_id, "stopped")
        steps = [point.step for point in db.runs.points(run_id)]
        assert steps == sorted(steps)
        assert sessions.card(weights.trained("mlp", settings.folder(run_id) / "weights"))["interrupted"]

    def test_a_warm_worker_takes_the_run(self, db, settings, tiny):
        warm = replace(settings, warm=True)
        queue.tend(db, warm, somebody_is_here=True)
        wait_until(lambda: db.workers.is_one_ready())
        pid = db.workers.all()[0].process.pid
        run_id = queue.start(db, warm, tiny, "a")
        assert db.workers.of(run_id).process.pid == pid
        wait_for(db, settings, run_id, "finished")
        assert "Preparing data" in disk.log_tail(settings, run_id, lines=1_000)

    def test_a_warm_worker_ends_when_nobody_comes(self, db, settings, monkeypatch):
        monkeypatch.setenv("MNIST_MODELS_WARM_SECONDS", "0")
        queue.tend(db, replace(settings, warm=True), somebody_is_here=True)
        wait_until(lambda: not db.workers.all())
        assert db.runs.all() == []


def test_training_works_from_whatever_folder_the_app_was_started(db, settings, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "random.py").write_text("raise SystemExit('Not this one.')")
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    short = configured("mlp", hidden=(8,), epochs=1, images=640, batch_size=32)
    run_id = queue.start(db, settings, short, "a")
    run = wait_for(db, settings, run_id, "finished")
    assert run.epochs_done == 1


def test_the_last_point_of_an_epoch_counts_a_smaller_last_batch_as_it_is(db, settings, tiny):
    run_id = begin(db, settings, tiny)
    watch = worker._Watch(db, run_id)
    watch.images = 72  # two batches of 32 and one of 8
    watch.on_start(1, 3, 32)
    watch.on_step(2, {"loss": 2.0})  # a point of its own, being the first
    watch.on_epoch(1, {"loss": (64 * 2.0 + 8 * 1.0) / 72, "val_loss": 1.0})
    steps = [point for point in db.runs.points(run_id) if not point.whole]
    assert [point.epoch for point in steps] == [pytest.approx(2 / 3), 1.0]
    assert [point.figures["loss"] for point in steps] == [2.0, pytest.approx(1.0)]
