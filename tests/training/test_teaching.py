"""The teacher: what it says of pictures, and that a generator learns from it.

Run as a script, this file resumes a training under the backend of the environment: one test starts it
with KERAS_BACKEND=jax.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from mnist_models import catalog, datasets
from mnist_models.architectures import teacher as architecture
from mnist_models.preprocessing import as_input
from mnist_models.training import adversarial, teaching
from mnist_models.training.watching import Pause, Silence, Stop
from tests.training import under_jax

RECIPE = catalog.AdversarialRecipe(
    epochs=1, batch_size=8, latent_dim=3, generator_learning_rate=0.01, teacher=5.0, mixed_precision=False
)
FIGURES = ("discriminator_loss", "generator_loss", "d_real", "d_generated", "diversity")


def build(recipe):
    z, image = keras.Input((recipe.latent_dim,)), keras.Input((28, 28, 1))
    x = layers.Dense(784, activation="tanh", dtype="float32")(z)
    generator = keras.Model(z, layers.Reshape((28, 28, 1))(x), name="generator")
    opinion = layers.Dense(1, dtype="float32")(layers.Flatten()(image))
    return generator, keras.Model(image, opinion, name="discriminator")


NETWORK = replace(catalog.ADVERSARIAL["tutorial_gan"], builder=f"{__name__}:build")


def train(folder, recipe=RECIPE, watch=None, **options):
    sample = datasets.load_sample()
    images, labels = sample.x_train[:40, ..., np.newaxis], sample.y_train[:40]
    return adversarial.fit(NETWORK, recipe, images, watch or Silence(), folder, labels=labels, **options)


class Impatient(Silence):
    """Does not wait for the teacher."""

    def __init__(self, request):
        self.request = request

    def on_wait(self):
        raise self.request


def samples(mean, seed=0, count=500):
    return (mean + np.random.default_rng(seed).standard_normal((count, 4))).astype(np.float32)


@pytest.fixture(scope="module")
def taught():
    """A teacher of 4,000 digits."""
    teacher, sample = architecture.build(), datasets.load_sample()
    teaching.learn(teacher, sample.x_train[:4_000, ..., np.newaxis], sample.y_train[:4_000], seed=1)
    return teacher


def distance(a, b, classes_of_a=None, classes_of_b=None):
    """The energy distance; of one class, unless told."""
    classes = (
        np.zeros(len(each), int) if of is None else of for each, of in ((a, classes_of_a), (b, classes_of_b))
    )
    return float(teaching.energy_distance(a, b, *classes))


def test_the_energy_distance_is_nothing_between_samples_of_one_distribution():
    estimates = [distance(samples(0, 2 * i, 30), samples(0, 2 * i + 1, 30)) for i in range(200)]
    assert abs(np.mean(estimates)) < 0.003  # one is ±0.02
    assert min(estimates) < 0 < max(estimates)


def test_the_energy_distance_grows_with_the_distance_and_has_no_unit():
    near, far = (distance(samples(0), samples(mean, 1)) for mean in (0.5, 2.0))
    assert 0.02 < near < far
    assert distance(100 * samples(0), 100 * samples(2.0, 1)) == pytest.approx(far, rel=1e-3)


def test_the_energy_distance_does_not_care_how_many_there_are_of_a_class():
    a = np.concatenate([samples(0, 0, 40), samples(9, 1, 160)])
    b = np.concatenate([samples(0, 2, 160), samples(9, 3, 40)])
    assert distance(a, b) > 0.5
    classes = np.repeat([0, 1], [40, 160])
    assert abs(distance(a, b, classes, np.repeat([0, 1], [160, 40]))) < 0.05


def test_the_energy_distance_leaves_out_classes_that_one_sample_has_not():
    classes = np.repeat([0, 1], [490, 10])
    a, b = samples(0), np.concatenate([samples(0, 1, 490), samples(50, 2, 10)])
    assert abs(distance(a, b, np.zeros(500, int), classes)) < 0.03


def test_doubt_is_nothing_when_sure_and_ln_10_when_guessing():
    sure = 50 * np.eye(10, dtype=np.float32)
    assert float(teaching.doubt(sure)) == pytest.approx(0, abs=1e-6)
    assert float(teaching.doubt(np.zeros((3, 10), np.float32))) == pytest.approx(np.log(10), rel=1e-6)


def test_imbalance_is_nothing_when_classes_are_seen_as_often_in_whatever_order():
    answers = 20 * np.eye(10, dtype=np.float32)
    assert float(teaching.imbalance(answers, answers[::-1])) == pytest.approx(0, abs=1e-4)
    without_sixes = np.concatenate([answers[:6], answers[7:]])
    assert float(teaching.imbalance(answers, without_sixes)) > 0.5


def test_the_teacher_learns_to_read(taught):
    sample = datasets.load_sample()
    _, logits = taught.predict(as_input(sample.x_held_out), verbose=0)
    assert (logits.argmax(axis=1) == sample.y_held_out).mean() > 0.9


def test_the_teacher_prefers_digits_to_two_digits_in_one(taught):
    held_out = datasets.load_sample().x_held_out
    digits, real = (
        2 * as_input(held_out[:300]) - 1,
        teaching.examples(taught, held_out[300:, ..., np.newaxis]),
    )
    hybrids = np.maximum(digits[100:200], digits[200:])
    of_digits, of_hybrids = (
        float(teaching.lesson(taught, real, pictures)) for pictures in (digits[100:200], hybrids)
    )
    assert of_hybrids > of_digits + 0.05


def test_the_clearest_digits_are_the_whole_ones(taught):
    held_out = datasets.load_sample().x_held_out[:200, ..., np.newaxis]
    labels = datasets.load_sample().y_held_out[:200]
    spoilt = held_out.copy()
    spoilt[::2] = np.maximum(spoilt[::2], np.roll(spoilt, 1, axis=0)[::2])  # another digit written over it
    chosen = teaching.clearest(taught, spoilt, labels, 0.4)
    assert (chosen % 2).mean() > 0.8
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_allclose(
        np.bincount(labels[chosen], minlength=10), 0.4 * np.bincount(labels, minlength=10), atol=0.5
    )


def test_a_training_can_keep_to_the_clearest_images(tmp_path):
    progress = train(tmp_path, replace(RECIPE, teacher=0.0, clearest=0.5)).progress
    assert progress.total_steps == 20 // 8  # of forty images


def test_a_generator_listens_to_its_teacher(tmp_path):
    alone = train(tmp_path / "alone", replace(RECIPE, teacher=0.0)).generator.get_weights()
    helped = train(tmp_path / "helped").generator.get_weights()
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(alone, helped, strict=True))


def test_a_resumed_training_keeps_its_teacher(tmp_path):
    straight = train(tmp_path / "straight", epochs=2)
    train(tmp_path / "resumed", epochs=1)
    resumed = train(tmp_path / "resumed", resume=True, epochs=1)
    for a, b in zip(straight.generator.get_weights(), resumed.generator.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_a_teacher_can_join_a_training_that_began_without(tmp_path):
    train(tmp_path, replace(RECIPE, teacher=0.0))
    resumed = train(tmp_path, resume=True, epochs=1, changes={"teacher": 5.0, "batch_size": 10})
    assert resumed.recipe.teacher == 5.0
    assert resumed.progress.epoch == 2
    assert resumed.progress.total_steps == 5 + 4
    (before,) = resumed.progress.recipes_before
    assert (before["epochs"], before["recipe"]["teacher"]) == (1, 0.0)
    assert json.loads((tmp_path / "recipe.json").read_text())["teacher"] == 5.0


def test_a_training_paused_while_its_teacher_learns_goes_on_as_if_nothing_had_been(tmp_path):
    with pytest.raises(Pause):
        train(tmp_path / "paused", watch=Impatient(Pause()))
    resumed = train(tmp_path / "paused", resume=True)
    straight = train(tmp_path / "straight")
    assert resumed.progress.epoch == 1
    for a, b in zip(straight.generator.get_weights(), resumed.generator.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_a_training_stopped_while_its_teacher_learns_has_pictures_and_no_epochs(tmp_path):
    stopped = train(tmp_path, watch=Impatient(Stop()))
    assert stopped.interrupted
    assert stopped.progress.epoch == 0
    assert [path.name for path in (tmp_path / "pictures").iterdir()]


def test_a_teacher_needs_labels(tmp_path):
    images = datasets.load_sample().x_train[:40, ..., np.newaxis]
    with pytest.raises(ValueError, match="needs labels"):
        adversarial.fit(NETWORK, RECIPE, images, Silence(), tmp_path)


def test_tensorflow_and_jax_learn_the_same_from_a_teacher(tmp_path):
    start = tmp_path / "tensorflow"
    train(start, epochs=0)
    there = under_jax.resumed(__file__, start)
    here = train(start, resume=True, epochs=1).progress.history
    for one, other in zip(here, there, strict=True):
        figures = [[epoch[name] for name in FIGURES] for epoch in (one, other)]
        np.testing.assert_allclose(*figures, rtol=1e-3)


if __name__ == "__main__":
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
    train(Path(sys.argv[1]), resume=True, epochs=1)
