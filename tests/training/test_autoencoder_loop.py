"""The reconstruction loop, on parts so small that an epoch takes milliseconds.

Run as a script, this file resumes a training under the backend of the environment.
"""

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from mnist_models import catalog, recipes
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError
from mnist_models.images.normalize import as_input
from mnist_models.training import autoencoder, backend, checkpoints
from mnist_models.training.data import TrainingData
from mnist_models.training.loop import Run
from mnist_models.training.progress import Silence, TrainingFailed
from tests.training import under_jax

RECIPE = recipes.AutoencoderRecipe(
    epochs=2,
    batch_size=4,
    latent_dim=2,
    noise=0.3,
    holes=0.5,
    learning_rate=0.01,
    weight_average=0.9,
    mixed_precision=False,
)
VARIATIONAL = RECIPE.replace(loss="cross_entropy", kl_weight=1.0)


def build(recipe, keras):
    image = keras.Input((28, 28, 1))
    x = layers.Flatten()(image)
    code = layers.Dense(recipe.latent_dim * (2 if recipe.kl_weight else 1), dtype="float32")(x)
    encoder = keras.Model(image, code, name="encoder")
    x = z = keras.Input((recipe.latent_dim,))
    x = layers.Dense(784, activation="sigmoid")(x)
    return encoder, keras.Model(z, layers.Reshape((28, 28, 1), dtype="float32")(x), name="decoder")


NETWORK = replace(catalog.AUTOENCODERS["denoiser"], builder=f"{__name__}:build")


def data():
    x = datasets.load_sample().x_train[:30]
    return TrainingData(x[:22], np.zeros(22), x[22:], np.zeros(8), description={})


def train(folder, recipe=RECIPE, watch=None, **options):
    start = options.pop("start", None)
    return autoencoder.fit(NETWORK, Run(recipe, folder, **options), data(), watch or Silence(), start)


class Interrupting(Silence):
    """Sends the process a signal at a step of an epoch."""

    def __init__(self, epoch, step):
        self.epochs_left, self.step = epoch - 1, step

    def on_step(self, step, loss):
        if self.epochs_left == 0 and step == self.step:
            os.kill(os.getpid(), signal.SIGINT)

    def on_epoch(self, epoch, metrics):
        self.epochs_left -= 1


def figures(fitted):
    return [
        [epoch[name] for name in ("loss", "error", "val_loss", "val_error")]
        for epoch in fitted.progress.history
    ]


def assert_same_training(a, b):
    assert a.progress.total_steps == b.progress.total_steps
    np.testing.assert_allclose(figures(a), figures(b), rtol=1e-4)
    for model_a, model_b in zip(a.models, b.models, strict=True):
        pairs = zip(model_a.get_weights(), model_b.get_weights(), strict=True)
        for weight_a, weight_b in pairs:
            np.testing.assert_allclose(weight_a, weight_b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("recipe", [RECIPE, VARIATIONAL], ids=["plain", "variational"])
def test_training_lowers_the_error_and_records_it(tmp_path, recipe):
    fitted = train(tmp_path, recipe, epochs=12)
    first, *_, last = fitted.progress.history
    assert last["val_loss"] < first["val_loss"]
    assert last["val_error"] < first["val_error"]
    assert json.loads((tmp_path / "history.json").read_text()) == fitted.progress.history
    assert json.loads((tmp_path / "recipe.json").read_text())["latent_dim"] == 2
    assert len(list((tmp_path / "pictures").glob("*epoch*.png"))) == 12


def test_a_training_resumed_after_its_end_goes_on_from_there(tmp_path):
    first = train(tmp_path, epochs=1)
    both = train(tmp_path, resume=True, epochs=2)
    assert both.progress.epoch == 3
    assert both.progress.history[0] == first.progress.history[0]
    assert both.progress.begun == 1  # the learning rate has fallen to 0 once and falls again
    assert figures(both)[2][0] < figures(both)[0][0]


@pytest.mark.parametrize("recipe", [RECIPE, VARIATIONAL], ids=["plain", "variational"])
def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(tmp_path, recipe):
    straight = train(tmp_path / "straight", recipe)
    interrupted = train(tmp_path / "resumed", recipe, watch=Interrupting(2, 2))
    assert interrupted.interrupted
    assert 5 < interrupted.progress.total_steps < 10
    resumed = train(tmp_path / "resumed", resume=True)
    assert not resumed.interrupted
    assert_same_training(straight, resumed)


def test_a_training_hands_back_its_best_weights(tmp_path):
    best = train(tmp_path, epochs=12)
    # From here on the learning rate wrecks the weights: an earlier epoch stays the best.
    groups, saved, _ = checkpoints.load(tmp_path)
    saved["recipe"]["learning_rate"] = 1_000.0
    checkpoints.save(tmp_path, best.progress.total_steps, groups, saved)
    worse = train(tmp_path, resume=True, epochs=2)
    assert worse.progress.history[-1]["val_loss"] > -best.progress.merit[0]
    assert worse.progress.best_epoch == best.progress.best_epoch
    for model_a, model_b in zip(best.models, worse.models, strict=True):
        pairs = zip(model_a.get_weights(), model_b.get_weights(), strict=True)
        for a, b in pairs:
            np.testing.assert_array_equal(a, b)


def test_the_loss_of_a_variational_code_is_the_evidence_bound():
    """Checked against the formula, with the divergence of N(1, e²) from N(0, 1) worked out by hand."""
    image, code = keras.Input((28, 28, 1)), keras.Input((2,))
    constant = np.array([[1.0, 0.0, 2.0, 0.0]], np.float32)
    encoder = keras.Model(image, ops.mean(image, axis=(1, 2)) * 0 + constant)
    decoder = keras.Model(code, ops.reshape(ops.mean(code, axis=1), (-1, 1, 1, 1)) * 0 + 0.5)
    inputs = autoencoder.draw(as_input(data().x[:1]), VARIATIONAL, np.random.default_rng(0))
    inputs["picture"] = np.ones((1, 1, 1, 1), np.float32)
    value, error = autoencoder.make_loss(VARIATIONAL, encoder, decoder)(inputs)
    divergence = (np.exp(2) + 1 - 1 - 2) / 2
    assert float(value) == pytest.approx(np.log(2) + divergence, rel=1e-5)
    assert float(error) == pytest.approx(0.25)


def test_what_is_shown_is_noisy_and_partly_erased_and_the_picture_clean():
    images = data().x[:20]
    inputs = autoencoder.draw(as_input(images), RECIPE.replace(holes=1.0), np.random.default_rng(0))
    np.testing.assert_allclose(inputs["picture"][..., 0], images / 255, atol=1e-6)
    assert inputs["shown"].min() >= 0
    assert inputs["shown"].max() <= 1
    assert ((inputs["shown"] == 0.5).sum(axis=(1, 2, 3)) > 4).all()
    unspoilt = RECIPE.replace(noise=0.0, holes=0.0)
    plain = autoencoder.draw(as_input(images), unspoilt, np.random.default_rng(0))
    np.testing.assert_array_equal(plain["shown"], plain["picture"])


def test_the_learning_rate_rises_and_falls_to_nothing():
    rates = [autoencoder.learning_rate(RECIPE, done) for done in (0, 0.02, 0.06, 0.5, 1)]
    assert rates[0] < rates[1] < rates[2] <= RECIPE.learning_rate
    assert rates[3] == pytest.approx(RECIPE.learning_rate / 2)
    assert rates[4] == pytest.approx(0)


def test_divergence_is_noticed_and_not_kept(tmp_path):
    with pytest.raises(TrainingFailed, match=r"diverged.*not a number"):
        train(tmp_path, recipe=RECIPE.model_copy(update={"learning_rate": float("nan")}))
    assert not list(tmp_path.glob("checkpoint-*"))


def test_a_training_is_not_overwritten(tmp_path):
    train(tmp_path, epochs=0)
    with pytest.raises(DigitLabError, match="already holds a training"):
        train(tmp_path)


def test_a_new_training_can_begin_with_given_parts(tmp_path):
    given = build(RECIPE, keras)
    fitted = train(tmp_path, epochs=0, start=given)
    for model, start in zip(fitted.models, given, strict=True):
        for weight, expected in zip(model.get_weights(), start.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, expected)


def test_mixed_precision_ends_with_its_training(tmp_path):
    fitted = train(tmp_path, recipe=RECIPE.replace(mixed_precision=True), epochs=1)
    assert keras.config.dtype_policy().name == "float32"
    assert {layer.compute_dtype for layer in fitted.models[1].layers} == {"float32"}


def test_tensorflow_and_jax_take_the_same_steps(tmp_path):
    start = tmp_path / "tensorflow"
    train(start, VARIATIONAL, epochs=0)
    there = under_jax.resumed(__file__, start)
    here = train(start, resume=True, epochs=2)
    losses = [[epoch["loss"], epoch["val_loss"]] for epoch in there]
    np.testing.assert_allclose([row[::2] for row in figures(here)], losses, rtol=1e-3)


if __name__ == "__main__":
    assert os.environ["KERAS_BACKEND"] == backend.BACKEND
    train(Path(sys.argv[1]), resume=True, epochs=2)
