"""Classifiers that were interrupted go on as if nothing had happened: `model.fit` and the raw loop."""

import dataclasses
import functools
import os
import signal

import numpy as np
import pytest

from mnist_models import catalog, recipes
from mnist_models.training import checkpoints, keras_loop, loop, progress, raw_loop
from mnist_models.training import data as training_data

RECIPE = recipes.ClassifierRecipe(
    epochs=3, batch_size=16, hidden=(8,), dropout=0.3, weight_average=0.9, patience=0, learning_rate=3e-3
)
FITS = {"mlp": keras_loop.fit, "strided_cnn": raw_loop.fit}


@pytest.fixture(scope="module")
def data():
    everything = training_data.prepare(catalog.get("mlp"), seed=1)
    some = training_data.some(everything, 168)  # ten batches and a half
    return dataclasses.replace(some, x_val=some.x_val[:100], y_val=some.y_val[:100])


KINDS = "mlp", "mlp augmented", "strided_cnn"


def fit(kind, data, folder, watch=None, **options):
    name, _, augmented = kind.partition(" ")
    changes = {"augment": bool(augmented)} | options.pop("changes", {})
    recipe = RECIPE.model_copy(update=changes)  # unchecked: some are to be impossible
    watch = watch or progress.Silence()
    return FITS[name](catalog.get(name), loop.Run(recipe, folder, **options), data, watch)


@pytest.fixture(scope="module")
def straight(data):
    """Trainings that nobody interrupted, by kind."""
    return functools.cache(lambda kind: fit(kind, data, None))


class Asking(progress.Silence):
    """Asks for an end after a step of an epoch."""

    def __init__(self, request, epoch, step):
        self.request, self.epoch, self.step, self.now = request, epoch, step, 1

    def on_step(self, step, means):
        if (self.now, step) == (self.epoch, self.step):
            self.ask()

    def ask(self):
        raise self.request

    def on_epoch(self, epoch, metrics):
        self.now = epoch + 1


class Killing(Asking):
    def ask(self):
        os.kill(os.getpid(), self.request)


def figures(epoch):
    return {name: value for name, value in epoch.items() if name != "seconds"}


def assert_same(a, b):
    for epoch_a, epoch_b in zip(a.progress.history, b.progress.history, strict=True):
        assert figures(epoch_a) == pytest.approx(figures(epoch_b), rel=1e-3, abs=1e-3)
    assert a.progress.best_epoch == b.progress.best_epoch
    weights = (fitted.models[0].get_weights() for fitted in (a, b))
    for weight_a, weight_b in zip(*weights, strict=True):
        np.testing.assert_allclose(weight_a, weight_b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_inside_an_epoch_changes_nothing(kind, data, straight, tmp_path):
    with pytest.raises(progress.Pause):
        fit(kind, data, tmp_path, Asking(progress.Pause(), epoch=2, step=4))
    resumed = fit(kind, data, tmp_path, resume=True)
    assert not resumed.interrupted
    assert_same(straight(kind), resumed)


@pytest.mark.parametrize("kind", ["mlp", "strided_cnn"])
def test_a_polite_kill_changes_nothing_either(kind, data, straight, tmp_path):
    interrupted = fit(kind, data, tmp_path, Killing(signal.SIGTERM, epoch=1, step=5))
    assert interrupted.interrupted
    assert_same(straight(kind), fit(kind, data, tmp_path, resume=True))


@pytest.mark.parametrize("kind", ["mlp", "strided_cnn"])
def test_after_a_crash_it_goes_on_from_the_checkpoint_before(kind, data, straight, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 0)

    class Crash(Exception):
        pass

    with pytest.raises(Crash):
        fit(kind, data, tmp_path, Asking(Crash(), epoch=2, step=6))
    _, note, _ = checkpoints.load(tmp_path)
    assert (note["progress"]["epoch"], note["progress"]["step"]) == (1, 5)
    assert_same(straight(kind), fit(kind, data, tmp_path, resume=True))


@pytest.mark.parametrize("kind", ["mlp", "strided_cnn"])
def test_more_epochs_go_on_with_a_learning_rate_of_their_own(kind, data, tmp_path):
    first = fit(kind, data, tmp_path, changes={"epochs": 1})
    more = fit(kind, data, tmp_path, changes={"epochs": 1}, resume=True, epochs=2)
    assert len(more.progress.history) == 3
    assert more.progress.history[:1] == first.progress.history
    # At the end of the first schedule the learning rate is 0: only a new one gets the loss down.
    assert more.progress.history[-1]["loss"] < first.progress.history[-1]["loss"]


def test_a_nearly_full_disk_ends_training_with_its_best_weights(data, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "EVERY", 0)
    monkeypatch.setattr(checkpoints, "RESERVE", 10**15)
    stopped = fit("mlp", data, tmp_path)
    assert stopped.interrupted
    assert any("disk is nearly full" in note for note in stopped.notes)
    assert not list(tmp_path.glob("checkpoint*"))


@pytest.mark.parametrize("kind", ["mlp", "strided_cnn"])
def test_a_loss_that_is_no_number_is_noticed(kind, data, tmp_path):
    wild = {"learning_rate": 1e30, "schedule": "constant", "optimizer": "sgd"}
    with pytest.raises(progress.TrainingFailed, match="diverged"):
        fit(kind, data, tmp_path, changes=wild)


@pytest.mark.parametrize("kind", ["mlp", "strided_cnn"])
def test_the_confusion_matrix_counts_every_validation_image(kind, data, monkeypatch):
    monkeypatch.setattr(keras_loop, "FIRST_LOOK", 0)
    monkeypatch.setattr(raw_loop, "FIRST_LOOK", 0)
    matrices, accuracies = [], []

    class Looking(progress.Silence):
        def on_confusion(self, matrix):
            matrices.append(matrix)

        def on_epoch(self, epoch, metrics):
            accuracies.append(metrics["val_accuracy"])

    fit(kind, data, None, Looking(), changes={"epochs": 2})
    labels = np.bincount(data.y_val, minlength=10)
    for matrix, accuracy in zip(matrices[-2:], accuracies, strict=True):
        np.testing.assert_array_equal(matrix.sum(axis=1), labels)
        assert np.trace(matrix) / 100 == pytest.approx(accuracy, abs=1e-3)
    assert len(matrices) == 3  # the first one inside the first epoch


class Confusions(progress.Silence):
    def __init__(self):
        self.seen = []

    def on_confusion(self, matrix):
        self.seen.append(np.asarray(matrix))


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_that_have_no_class_are_never_read(kind, data):
    """Hardly trained, a network of ten outputs would read most images as one of the seven others."""
    few, few_val = data.y < 3, data.y_val < 3
    own = dataclasses.replace(
        data,
        x=data.x[few],
        y=data.y[few],
        x_val=data.x_val[few_val],
        y_val=data.y_val[few_val],
        classes=3,
    )
    watch = Confusions()
    fitted = fit(kind, own, None, watch, changes={"learning_rate": 1e-6, "epochs": 1})
    last = watch.seen[-1]
    assert last.shape == (10, 10)
    assert last[:, :3].sum() == last.sum() == few_val.sum()
    assert fitted.progress.history[0]["val_accuracy"] == pytest.approx(np.trace(last) / last.sum(), abs=1e-6)
