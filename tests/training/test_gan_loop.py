"""The adversarial loop, on players so small that an epoch takes milliseconds.

Run as a script, this file resumes a training under the backend of the environment: one test starts it
with KERAS_BACKEND=jax.
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
from mnist_models.errors import DigitLabError
from mnist_models.training import backend, checkpoints, gan
from mnist_models.training.loop import Run
from mnist_models.training.progress import Progress, Silence, TrainingFailed
from tests.training import under_jax

RECIPE = recipes.GanRecipe(
    epochs=2,
    batch_size=4,
    latent_dim=3,
    generator_learning_rate=0.01,
    discriminator_learning_rate=0.01,
    mirror=True,
    augment=True,
    mixed_precision=False,
)
LOSSES = ("discriminator_loss", "generator_loss", "d_real", "d_generated", "diversity")


def build(recipe, keras, dropout=0.0):
    x = z = keras.Input((recipe.latent_dim,))
    x = layers.Dense(8 * 8 * 2, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Reshape((8, 8, 2))(x)
    x = layers.Conv2D(1, 3, padding="same", activation="tanh", dtype="float32")(x)
    generator = keras.Model(z, x, name="generator")
    x = image = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1, dtype="float32")(x)
    return generator, keras.Model(image, x, name="discriminator")


def build_with_dropout(recipe, keras):
    return build(recipe, keras, dropout=0.5)


def build_constant(recipe, keras):
    """A generator that makes the same picture of everything: its latent numbers are multiplied by 0."""
    generator, discriminator = build(recipe, keras)
    z = keras.Input((recipe.latent_dim,))
    return keras.Model(z, generator(z * 0), name="generator"), discriminator


def network(builder=build):
    return replace(catalog.ADVERSARIAL["digit_gan"], builder=f"{__name__}:{builder.__name__}")


def images():
    return np.random.default_rng(0).integers(0, 256, (22, 8, 8, 1), dtype=np.uint8)


def train(folder, recipe=RECIPE, builder=build, watch=None, **options):
    start = options.pop("start", None)
    return gan.fit(network(builder), Run(recipe, folder, **options), images(), watch or Silence(), start)


class Interrupting(Silence):
    """Presses Ctrl-C after a step."""

    def __init__(self, epoch, step):
        self.epochs_left, self.step = epoch - 1, step

    def on_step(self, step, loss):
        if self.epochs_left == 0 and step == self.step:
            raise KeyboardInterrupt

    def on_epoch(self, epoch, metrics):
        self.epochs_left -= 1


def without_seconds(history):
    return [[epoch[name] for name in LOSSES] for epoch in history]


def assert_same_training(a, b):
    assert a.progress.epoch == b.progress.epoch
    assert a.progress.total_steps == b.progress.total_steps
    np.testing.assert_allclose(
        without_seconds(a.progress.history), without_seconds(b.progress.history), rtol=1e-4
    )
    for model_a, model_b in zip(a.models, b.models, strict=True):
        for weight_a, weight_b in zip(model_a.get_weights(), model_b.get_weights(), strict=True):
            np.testing.assert_allclose(weight_a, weight_b, rtol=1e-4, atol=1e-5)


def test_training_changes_both_players_and_records_both(tmp_path):
    fresh = train(tmp_path / "fresh", epochs=0)
    fitted = train(tmp_path / "fitted", epochs=2)
    for before, after in zip(fresh.models, fitted.models, strict=True):
        kernels = zip(before.trainable_weights, after.trainable_weights, strict=True)
        assert all(np.abs(ops.convert_to_numpy(a - b)).max() > 1e-4 for a, b in kernels)
    assert len(fitted.progress.history) == 2
    assert fitted.progress.total_steps == 10  # 22 images make 5 batches of 4
    for epoch in fitted.progress.history:
        assert {*LOSSES, "seconds"} == set(epoch)
        assert 0 < epoch["d_real"] < 1
        assert 0 < epoch["d_generated"] < 1
    assert json.loads((tmp_path / "fitted" / "history.json").read_text()) == fitted.progress.history
    grids = sorted(path.name for path in (tmp_path / "fitted" / "pictures").glob("*-epoch-*.png"))
    assert grids == ["000000005-epoch-0001.png", "000000010-epoch-0002.png"]


def test_a_resumed_training_does_what_it_would_have_done(tmp_path):
    # Dropout too: the state of its random numbers belongs to the checkpoint.
    straight = train(tmp_path / "straight", builder=build_with_dropout, epochs=4)
    train(tmp_path / "resumed", builder=build_with_dropout, epochs=2)
    resumed = train(tmp_path / "resumed", builder=build_with_dropout, resume=True, epochs=2)
    assert_same_training(straight, resumed)


def test_ctrl_c_inside_an_epoch_loses_nothing(tmp_path):
    straight = train(tmp_path / "straight", epochs=3)
    interrupted = train(tmp_path / "resumed", epochs=3, watch=Interrupting(epoch=2, step=3))
    assert interrupted.interrupted
    assert (interrupted.progress.epoch, interrupted.progress.step) == (1, 3)
    resumed = train(tmp_path / "resumed", resume=True)
    assert not resumed.interrupted
    assert_same_training(straight, resumed)


def test_a_signal_inside_a_step_is_heeded_after_it(tmp_path, monkeypatch):
    straight = train(tmp_path / "straight", epochs=2)
    calls = []
    compile_step = backend.compile_step

    def compile_with_signal(step, variables):
        compiled = compile_step(step, variables)

        def stepping(inputs):
            metrics = compiled(inputs)
            calls.append(inputs)
            if len(calls) == 3:  # the weights have changed, but nobody has recorded the step yet
                os.kill(os.getpid(), signal.SIGTERM)
            return metrics

        return stepping

    monkeypatch.setattr(backend, "compile_step", compile_with_signal)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    interrupted = train(tmp_path / "resumed", epochs=2)
    assert interrupted.interrupted
    assert interrupted.progress.total_steps == len(calls) == 3
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert_same_training(straight, train(tmp_path / "resumed", resume=True))


def test_a_resumed_training_keeps_its_own_recipe(tmp_path):
    train(tmp_path, epochs=1)
    resumed = train(tmp_path, recipe=RECIPE.replace(batch_size=8, latent_dim=5), resume=True, epochs=1)
    assert resumed.recipe == RECIPE


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path):
    straight = train(tmp_path / "straight", epochs=3)
    folder = tmp_path / "resumed"
    train(folder, epochs=1)
    train(folder, resume=True, epochs=1)
    newest = max(folder.glob("checkpoint-*"))
    damaged = bytearray(newest.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    newest.write_bytes(damaged)
    resumed = train(folder, resume=True, epochs=2)
    assert_same_training(straight, resumed)
    assert any(newest.name in note for note in resumed.notes)


def test_a_training_is_not_overwritten(tmp_path):
    train(tmp_path, epochs=0)
    with pytest.raises(DigitLabError, match="already holds a training"):
        train(tmp_path, epochs=1)


def test_resuming_nothing_says_so(tmp_path):
    with pytest.raises(checkpoints.NoCheckpoint, match="no checkpoint to go on from"):
        train(tmp_path, resume=True)


@pytest.mark.parametrize("field", [{"teacher": 5.0}, {"clearest": 0.5}])
def test_a_training_with_a_teacher_of_before_says_why_it_does_not_go_on(tmp_path, field):
    train(tmp_path, epochs=1)
    alter_recipe(tmp_path, field)
    with pytest.raises(DigitLabError, match="had a teacher, which Digit Lab no longer has"):
        train(tmp_path, resume=True)


def test_a_recipe_of_before_whose_teacher_was_off_goes_on(tmp_path):
    straight = train(tmp_path / "straight", epochs=2)
    train(tmp_path / "resumed", epochs=1)
    off = {"teacher": 0.0, "taught_by": 0, "clearest": 1.0, "contrast": False}
    alter_recipe(tmp_path / "resumed", off)
    assert_same_training(straight, train(tmp_path / "resumed", resume=True, epochs=1))


def alter_recipe(folder, fields):
    """Let a checkpoint's recipe have some fields more."""
    groups, note, _ = checkpoints.load(folder)
    note["recipe"] |= fields
    checkpoints.save(folder, note["progress"]["total_steps"], groups, note)


def test_a_new_training_can_begin_with_given_players(tmp_path):
    given = build(RECIPE, keras)
    fitted = train(tmp_path, epochs=0, start=given)
    for model, start in zip(fitted.models, given, strict=True):
        for weight, expected in zip(model.get_weights(), start.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, expected)


def test_a_collapse_is_noticed_and_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(gan, "COLLAPSE_AFTER", 5)
    with pytest.raises(TrainingFailed, match=r"collapsed.*nearly alike"):
        train(tmp_path, builder=build_constant)
    assert not list(tmp_path.glob("checkpoint-*"))


def test_a_grey_beginning_is_no_collapse(tmp_path):
    assert len(train(tmp_path, builder=build_constant).progress.history) == 2


def test_divergence_is_noticed_and_not_kept(tmp_path):
    with pytest.raises(TrainingFailed, match=r"diverged.*not a number"):
        train(tmp_path, recipe=RECIPE.model_copy(update={"generator_learning_rate": 1e38}))
    assert not list(tmp_path.glob("checkpoint-*"))


def test_mixed_precision_keeps_float32_weights_and_pictures(tmp_path):
    fitted = train(tmp_path, recipe=RECIPE.replace(mixed_precision=True), epochs=1)
    assert keras.config.dtype_policy().name == "float32"
    assert {layer.compute_dtype for layer in fitted.models[0].layers} == {"float32"}
    pictures = gan.generate(fitted.models[0], gan.fixed_latents(RECIPE))
    assert pictures.dtype == np.float32
    assert 0 <= pictures.min() < pictures.max() <= 1


def test_the_average_follows_the_generator(tmp_path):
    """With half kept, the average after a step lies half way between old and new weights."""
    keras.utils.set_random_seed(0)
    recipe = RECIPE.replace(weight_average=0.5)
    players = gan.create(network(), recipe)
    old = [ops.convert_to_numpy(weight) for weight in players.averaged.weights]
    progress = Progress(target=1, total_steps=1_000)
    step = gan.make_step(players, recipe)
    step(gan.draw(images(), np.arange(22), recipe, progress))
    for before, average, new in zip(old, players.averaged.weights, players.generator.weights, strict=True):
        half_way = (before + ops.convert_to_numpy(new)) / 2
        np.testing.assert_allclose(ops.convert_to_numpy(average), half_way, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("step_done", "share"), [(0, 1.0), (3, 0.4)])
def test_both_players_slow_down_in_the_last_epoch(step_done, share):
    """Adam's first step moves a weight by the learning rate, whatever its gradient is."""
    recipe = RECIPE.replace(cool_down=1, mixed_precision=False)
    players = gan.create(network(), recipe)
    weights = players.generator.trainable_weights[-1], players.discriminator.trainable_weights[-1]
    before = [ops.convert_to_numpy(weight) for weight in weights]
    progress = Progress(target=1, step=step_done)  # of 5
    gan.make_step(players, recipe)(gan.draw(images(), np.arange(22), recipe, progress))
    rates = recipe.generator_learning_rate, recipe.discriminator_learning_rate
    for old, weight, rate in zip(before, weights, rates, strict=True):
        moved = np.abs(ops.convert_to_numpy(weight) - old).max()
        assert moved == pytest.approx(share * rate, rel=0.01)


@pytest.mark.parametrize("loss", sorted(gan.LOSSES))
def test_losses_reward_the_right_player(loss):
    recipe = RECIPE.replace(loss=loss)
    real, fake = np.array([[0.7, -0.7]], np.float32), np.array([[-0.7, 0.7]], np.float32)
    losses = gan.LOSSES[loss]
    if loss == "logistic":
        real, fake = real[:, :1], fake[:, :1]
    right, fooled = losses(real, fake), losses(fake, real)
    assert float(right[0]) < float(fooled[0])
    assert float(right[1]) > float(fooled[1])
    assert float(gan.probability_of_real(recipe, real)[0]) > 0.5
    assert float(gan.probability_of_real(recipe, fake)[0]) < 0.5


def test_tensorflow_and_jax_take_the_same_steps(tmp_path):
    start = tmp_path / "tensorflow"
    train(start, epochs=0)
    there = under_jax.resumed(__file__, start)
    here = train(start, resume=True, epochs=2).progress.history
    np.testing.assert_allclose(without_seconds(here), without_seconds(there), rtol=1e-3)


if __name__ == "__main__":
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
    train(Path(sys.argv[1]), resume=True, epochs=2)
