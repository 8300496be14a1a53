"""A Keras model in training, and the averages of its weights."""

import dataclasses

import numpy as np
import pytest

from mnist_models import catalog
from mnist_models.recipes import ClassifierRecipe
from mnist_models.training import data, keras_loop, loop, progress


@pytest.fixture(scope="module")
def digits():
    prepared = data.some(data.prepare(catalog.get("mlp"), seed=1), 320)
    return dataclasses.replace(prepared, x_val=prepared.x_val[:100], y_val=prepared.y_val[:100])


def trained(digits, monkeypatch, **changes):
    """(ClassifierTrainer, Fitted) after two epochs."""
    trainers = []

    class Remembered(keras_loop.ClassifierTrainer):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            trainers.append(self)

    monkeypatch.setattr(keras_loop, "ClassifierTrainer", Remembered)
    recipe = ClassifierRecipe(epochs=2, batch_size=16, hidden=(8,), augment=False, patience=0)
    run = loop.Run(recipe.model_copy(update=changes))
    fitted = keras_loop.fit(catalog.get("mlp"), run, digits, progress.Silence())
    return trainers[0], fitted


def test_no_momentum_follows_the_weights(digits, monkeypatch):
    trainer, _ = trained(digits, monkeypatch, weight_average=0.0)
    for averaged, raw in zip(trainer.weights(), trainer.model.get_weights(), strict=True):
        np.testing.assert_allclose(averaged, raw, atol=1e-6)


def test_the_average_lies_behind_the_weights(digits, monkeypatch):
    trainer, _ = trained(digits, monkeypatch, weight_average=0.99, schedule="constant", learning_rate=0.01)
    kernel, averaged = trainer.model.get_weights()[0], trainer.weights()[0]
    assert not np.allclose(kernel, averaged, atol=1e-3)
    np.testing.assert_allclose(kernel, averaged, atol=0.2)


def test_validation_uses_the_average_and_leaves_the_weights_alone(digits, monkeypatch):
    trainer, fitted = trained(digits, monkeypatch, weight_average=0.99, learning_rate=0.01)
    raw = trainer.model.get_weights()
    seen = trainer.validate()
    for before, after in zip(raw, trainer.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    trainer.model.set_weights(trainer.weights())
    images = digits.x_val[..., np.newaxis] / np.float32(255)
    answers = np.asarray(trainer.model(images))
    loss = -np.log(answers[np.arange(100), digits.y_val]).mean()
    assert seen.figures["val_loss"] == pytest.approx(loss, rel=1e-5)
    assert seen.figures["val_loss"] == pytest.approx(fitted.progress.history[-1]["val_loss"], rel=1e-5)


def test_what_weights_cost_is_part_of_both_losses(digits, monkeypatch):
    """With weights that cost this much, it is nearly all of the loss."""
    _, fitted = trained(digits, monkeypatch, l2=100.0, weight_average=0.0, learning_rate=1e-6)
    last = fitted.progress.history[-1]
    assert last["loss"] > 100
    assert last["val_loss"] == pytest.approx(last["loss"], rel=0.1)
