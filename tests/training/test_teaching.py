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
from keras import layers, ops

from mnist_models import catalog, recipes
from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.evaluation import generator as evaluation_generated
from mnist_models.images.normalize import as_input
from mnist_models.networks import teacher as architecture
from mnist_models.training import backend, gan, gan_loop, teaching
from mnist_models.training.augment import KINDS
from mnist_models.training.progress import Pause, Silence, Stop
from tests.training import under_jax

RECIPE = recipes.GanRecipe(
    epochs=1, batch_size=8, latent_dim=3, generator_learning_rate=0.01, teacher=5.0, mixed_precision=False
)
# Adam makes a whole step of a slope next to nothing: two trainings agree only if their steps are small.
SMALL_STEPS = RECIPE.replace(generator_learning_rate=0.001)
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
    return gan_loop.fit(NETWORK, recipe, images, watch or Silence(), folder, labels=labels, **options)


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
    images, labels = sample.x_train[:4_000, ..., np.newaxis], sample.y_train[:4_000]
    teaching.learn(teacher, images, labels, KINDS["digits"], seed=1)
    return teacher


def seen(features, weights=(1.0,), strengths=(1.0, 1.0)):
    """How real images lie in which both members of a teacher see these features, N×F.

    Each layer has as many of them.
    """
    twice = np.stack([features, features], axis=1)
    return teaching.spread(np.split(twice, len(weights), axis=2), weights, strengths[: len(weights)])


def ways(wanted, features, moments, renew=True):
    twice = np.stack([features, features], axis=1)
    return ops.convert_to_numpy(teaching.way(wanted, moments, twice, renew))


@pytest.fixture
def moments():
    """Of a teacher of two members with four features each."""
    return teaching.Moments(2, 4)


def stretched(count=2_000, seed=1):
    """Features with another mean and another, correlated, covariance than `samples(0)`."""
    mixing = np.array([[2, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0.5, 0], [0, 0, 0, 1]], np.float32)
    return samples(0, seed, count) @ mixing + np.array([1, 0, 0, 0], np.float32)


def test_features_spread_as_the_real_ones_need_not_go_anywhere(moments):
    real = samples(0, count=2_000)
    assert ways(seen(real), real, moments).max() < 1e-4


def test_two_members_see_the_way_of_their_own_features(moments):
    real = samples(0, count=2_000)
    of_both = np.stack([real, stretched()], axis=1)
    for _ in range(300):
        one, other = ops.convert_to_numpy(teaching.way(seen(real), moments, of_both, True))
    assert one < 1e-3 < 0.5 < other


def test_the_way_is_the_frechet_distance_and_has_no_unit(moments):
    real, generated = samples(0, count=2_000), stretched()
    expected = evaluation_generated.frechet_distance(generated, real) / np.trace(np.cov(real.T))
    for _ in range(300):  # the moments begin with the real moments and forget them
        one, other = ways(seen(real), generated, moments)
    assert one == pytest.approx(expected, rel=0.05)  # the ridge takes a little off
    assert other == one
    again = teaching.Moments(2, 4)
    for _ in range(300):
        larger, _ = ways(seen(100 * real), 100 * generated, again)
    assert larger == pytest.approx(one, rel=1e-3)


def test_a_layer_counts_as_much_as_its_weight(moments):
    real = samples(0, count=2_000) * np.array([100, 100, 1, 1], np.float32)
    wanted = seen(real, weights=(1.0, 0.1))
    further = np.array([100, 100, 0, 0], np.float32), np.array([0, 0, 1, 1], np.float32)
    first, second = ([ways(wanted, real + by, moments) for _ in range(300)][-1] for by in further)
    np.testing.assert_allclose(first, 10 * second, rtol=0.15)
    assert first.min() > 0.5


def test_a_layer_is_to_be_as_strong_as_asked(moments):
    real = 1 + samples(0, count=2_000)
    stronger = real * np.array([1.2, 1.2, 1, 1], np.float32)
    assert ways(seen(real, (1.0, 1.0), (1.2, 1.0)), stronger, moments).max() < 1e-4


def test_where_to_go_is_considered_anew_only_when_asked(moments):
    wanted, generated = seen(samples(0, count=2_000)), stretched() - np.array([1, 0, 0, 0], np.float32)
    for _ in range(300):
        stale = ways(wanted, generated, moments, renew=False)
    assert stale.max() < 0.01 < 0.1 < ways(wanted, generated, moments).min()


HALVES = np.full((2, 2), 0.5, np.float32)  # two members see either of two classes as often


def test_the_offset_is_that_of_many_batches_and_corrected_by_each(moments):
    wanted, features = seen(samples(0, count=2_000)), samples(1, count=2_000)
    for _ in range(300):
        ways(wanted, features, moments)
    features = keras.Variable(np.stack([samples(0), samples(1)], axis=1))  # the first are right by now

    def loss():
        return ops.mean(teaching.offset(wanted, moments, features, HALVES, HALVES)), {}

    found, _, (slope,) = backend.loss_and_gradients(loss, [features], moments.variables)
    assert float(found) == pytest.approx(1, rel=0.1)  # four features off by 1, which vary by 4
    assert ops.convert_to_numpy(slope).min() > 0


def test_the_offset_of_a_class_is_that_of_its_mean_however_often_it_is_shown(moments):
    real = samples(2, count=2_000)
    wanted, shares = seen(real), np.array([[0.4, 0.6], [0.4, 0.6]], np.float32)
    oftener = real * np.array([0.8, 1.2, 0.8, 1.2], np.float32)  # two features, each by class

    def found(features, shares):
        for _ in range(300):
            ways(wanted, features, moments)
        return float(ops.mean(teaching.offset(wanted, moments, np.stack([features] * 2, 1), HALVES, shares)))

    assert found(oftener, shares) < 1e-3
    assert found(real, shares) > 0.1  # more often, but more weakly
    assert found(0 * real, 0 * shares) == pytest.approx(4, rel=0.1)  # four means of 2, which vary by 4: none


def test_an_offset_that_stays_counts_more_and_more(moments):
    wanted, features = seen(samples(0)), np.stack([samples(1)] * 2, axis=1)
    for _ in range(300):
        ways(wanted, features[:, 0], moments)
    said = [
        float(ops.mean(teaching.offset(wanted, moments, features, HALVES, HALVES)))
        for _ in range(teaching.PATIENCE)
    ]
    assert said[-1] == pytest.approx(3 * said[0], rel=0.1)  # a squared offset, and twice its way


def test_features_that_go_their_way_are_spread_as_the_real_ones(moments):
    real, features = samples(0, count=2_000), stretched()
    wanted = seen(real)
    for _ in range(300):
        ways(wanted, features, moments)
    features = keras.Variable(features)

    def loss():
        return ops.mean(teaching.way(wanted, moments, ops.stack([features, features], axis=1), True)), {}

    for _ in range(300):
        _, _, (slope,) = backend.loss_and_gradients(loss, [features], moments.variables)
        features.assign(features - 100 * slope)
    features = ops.convert_to_numpy(features)
    assert evaluation_generated.frechet_distance(features, real) < 0.01


def test_the_first_features_are_not_judged_by_a_covariance_of_their_own(moments):
    few = samples(0, 3, 2)  # two pictures have no covariance to speak of
    assert ways(seen(samples(0)), few, moments).max() < 0.1


SURE = 50 * np.eye(10, dtype=np.float32)[:, np.newaxis]  # of each of the ten classes, one member


def test_doubt_is_nothing_when_sure_and_ln_10_when_guessing():
    assert float(ops.sum(teaching.doubts_by_class(SURE))) == pytest.approx(0, abs=1e-6)
    guessing = ops.convert_to_numpy(teaching.doubts_by_class(np.zeros((3, 1, 10), np.float32)))
    np.testing.assert_allclose(guessing, np.full((1, 10), np.log(10) / 10), rtol=1e-6)


def test_doubt_is_about_the_classes_between_which_one_wavers():
    wavering = np.maximum(SURE[:1], SURE[1:2])
    half = np.log(2) / 2
    expected = [[half, half] + [0] * 8]
    np.testing.assert_allclose(teaching.doubts_by_class(wavering), expected, atol=1e-5)


def test_imbalance_is_nothing_when_classes_are_seen_as_often_in_whatever_order():
    real = teaching.shares_of_classes(SURE)
    assert float(teaching.imbalance(real, teaching.shares_of_classes(SURE[::-1]))) == pytest.approx(
        0, abs=1e-4
    )
    without_sixes = np.concatenate([SURE[:6], SURE[7:]])
    assert float(teaching.imbalance(real, teaching.shares_of_classes(without_sixes))) > 0.5


def test_one_batch_without_sixes_is_no_matter_but_many_are():
    image = keras.Input((28, 28, 1))
    pixels = layers.Flatten()(image)[:, np.newaxis]
    seen = {"logits": 50 * pixels[..., :10], "features": pixels[..., 10:14], "brightness": pixels[..., 14:18]}
    reader = keras.Model(image, seen)  # takes the first ten pixels for the classes
    images = np.random.default_rng(1).integers(0, 256, (200, 28, 28, 1))
    images[:, 0, :10, 0] = 255 * np.eye(10)[np.arange(200) % 10]
    goal, memory = teaching.goal(reader, images.astype(np.uint8)), teaching.Memory(reader)
    without_sixes = (2 * images[np.arange(200) % 10 != 6] / 255 - 1).astype(np.float32)
    said = [float(teaching.lesson(reader, goal, memory, without_sixes, True)) for _ in range(200)]
    assert said[0] < 0.1 * teaching.IMBALANCE < said[99] < said[-1] - 0.01 * teaching.IMBALANCE


def test_every_member_of_the_teacher_learns_to_read(taught):
    sample = datasets.load_sample()
    logits = taught.predict(as_input(sample.x_held_out), verbose=0)["logits"]
    for member in logits.swapaxes(0, 1):
        assert (member.argmax(axis=1) == sample.y_held_out).mean() > 0.9


def test_the_teacher_prefers_digits_to_two_digits_in_one(taught):
    held_out = datasets.load_sample().x_held_out
    wanted = teaching.goal(taught, held_out[300:, ..., np.newaxis])
    digits = 2 * as_input(held_out[:300]) - 1
    hybrids = np.maximum(digits[100:200], digits[200:])
    of_digits, of_hybrids = (
        float(teaching.lesson(taught, wanted, teaching.Memory(taught), pictures, True))
        for pictures in (digits[100:200], hybrids)
    )
    assert of_hybrids > of_digits + 0.05


def test_where_pictures_are_bright_counts_a_tenth_of_what_was_learned(taught):
    (spread,) = teaching.goal(taught, datasets.load_sample().x_held_out[..., np.newaxis]).spreads
    learned = architecture.LEARNED
    for covariance in spread.covariance:
        assert np.trace(covariance[:learned, :learned]) == pytest.approx(1, rel=0.01)
        assert np.trace(covariance[learned:, learned:]) == pytest.approx(0.1, rel=0.01)


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
    progress = train(tmp_path, RECIPE.replace(teacher=0.0, clearest=0.5)).progress
    assert progress.total_steps == 20 // 8  # of forty images


def test_a_generator_listens_to_its_teacher(tmp_path):
    alone = train(tmp_path / "alone", RECIPE.replace(teacher=0.0)).generator.get_weights()
    helped = train(tmp_path / "helped").generator.get_weights()
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(alone, helped, strict=True))


def test_a_resumed_training_keeps_its_teacher(tmp_path):
    straight = train(tmp_path / "straight", SMALL_STEPS, epochs=2)
    train(tmp_path / "resumed", SMALL_STEPS, epochs=1)
    resumed = train(tmp_path / "resumed", resume=True, epochs=1)
    for a, b in zip(straight.generator.get_weights(), resumed.generator.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_a_teacher_can_join_a_training_that_began_without(tmp_path):
    train(tmp_path, RECIPE.replace(teacher=0.0))
    resumed = train(tmp_path, resume=True, epochs=1, changes={"teacher": 5.0, "batch_size": 10})
    assert resumed.recipe.teacher == 5.0
    assert resumed.progress.epoch == 2
    assert resumed.progress.total_steps == 5 + 4
    (before,) = resumed.progress.recipes_before
    assert (before["epochs"], before["recipe"]["teacher"]) == (1, 0.0)
    assert json.loads((tmp_path / "recipe.json").read_text())["teacher"] == 5.0


def test_a_teacher_can_leave_a_training(tmp_path):
    train(tmp_path, taught_by=[classifier(1)])
    resumed = train(tmp_path, resume=True, epochs=1, changes={"teacher": 0.0})
    assert (resumed.progress.epoch, resumed.recipe.teacher) == (2, 0.0)


def test_a_training_paused_while_its_teacher_learns_goes_on_as_if_nothing_had_been(tmp_path):
    with pytest.raises(Pause):
        train(tmp_path / "paused", SMALL_STEPS, watch=Impatient(Pause()))
    resumed = train(tmp_path / "paused", resume=True)
    straight = train(tmp_path / "straight", SMALL_STEPS)
    assert resumed.progress.epoch == 1
    for a, b in zip(straight.generator.get_weights(), resumed.generator.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_a_training_stopped_while_its_teacher_learns_has_pictures_and_no_epochs(tmp_path):
    stopped = train(tmp_path, watch=Impatient(Stop()))
    assert stopped.interrupted
    assert stopped.progress.epoch == 0
    assert [path.name for path in (tmp_path / "pictures").iterdir()]


def classifier(seed):
    """Of the judge's kind, untrained."""
    keras.utils.set_random_seed(seed)
    return gan_loop.build(catalog.get("judge"), catalog.get("judge").recipe)


def test_classifiers_as_a_teacher_see_and_say_what_they_do_alone():
    pair = classifier(1), classifier(2)
    digits = as_input(datasets.load_sample().x_held_out[:20])
    seen = architecture.of(pair).predict(digits, verbose=0)
    assert seen["brightness"].shape == (20, 2, 49)
    for number, each in enumerate(pair):
        poolings = [layer for layer in each.layers if isinstance(layer, layers.MaxPooling2D)]
        outputs = [each.output, each.get_layer("features").output, *(layer.input for layer in poolings)]
        answers, alone, *maps = keras.Model(each.input, outputs).predict(digits, verbose=0)
        np.testing.assert_allclose(seen["features"][:, number], alone, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(ops.softmax(seen["logits"][:, number]), answers, atol=1e-5)
        brightness = seen["brightness"][:, number]
        for of_all, by_class in zip((alone, brightness), seen["by_class"], strict=True):
            of_threes = by_class[:, number].reshape(20, -1, 10)[..., 3]
            np.testing.assert_allclose(of_threes, of_all * answers[:, 3:4], rtol=1e-4, atol=1e-5)
        assert len(maps) == len(seen["maps"]) - 1  # there is one more, before Flatten
        for means, before_pooling in zip(seen["maps"], maps, strict=False):
            means = means[:, number].reshape(20, 4, -1)
            middle = before_pooling.shape[1] // 2
            np.testing.assert_allclose(means.mean(axis=1), before_pooling.mean(axis=(1, 2)), atol=1e-5)
            lower_left = before_pooling[:, middle:, :middle].mean(axis=(1, 2))
            np.testing.assert_allclose(means[:, 2], lower_left, atol=1e-5)


def test_what_classifiers_trained_apart_learned_last_is_to_be_stronger_than_in_real_images():
    classifiers = architecture.of([classifier(1)])
    images = datasets.load_sample().x_held_out[:40, ..., np.newaxis]
    seen = classifiers.predict(as_input(images[..., 0]), verbose=0)
    together, *by_class = teaching.goal(classifiers, images).spreads
    features, first, *_, last, brightness = [seen["features"], *seen["maps"], seen["brightness"]]
    wanted = (together.mean * together.unit)[0]  # of the layers one after the other
    width = features.shape[-1]
    found = wanted[:width], wanted[width : width + first.shape[-1]], wanted[-49 - last.shape[-1] : -49]
    for layer, strength, mean in zip((features, first, last), (1.01, 1, 1.01), found, strict=True):
        np.testing.assert_allclose(mean, strength * layer[:, 0].mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(wanted[-49:], brightness[:, 0].mean(axis=0), rtol=1e-4, atol=1e-5)
    for strength, real, layer in zip((1.01, 1), by_class, seen["by_class"], strict=True):
        wanted = (real.mean * real.unit)[0]
        np.testing.assert_allclose(wanted, strength * layer[:, 0].mean(axis=0), rtol=1e-4, atol=1e-6)


def test_classifiers_trained_apart_teach_at_once_and_stay_when_a_training_is_resumed(tmp_path):
    taught = {"taught_by": [classifier(1), classifier(2), classifier(3)], "unseen": [np.arange(9, 40)] * 3}
    hurried = Impatient(Stop())  # would not wait for a teacher that has to learn first
    straight = train(tmp_path / "straight", SMALL_STEPS, hurried, epochs=2, **taught)
    assert (straight.progress.epoch, straight.recipe.taught_by) == (2, 3)
    train(tmp_path / "resumed", SMALL_STEPS, epochs=1, **taught)
    resumed = train(tmp_path / "resumed", watch=hurried, resume=True, epochs=1)
    for a, b in zip(straight.generator.get_weights(), resumed.generator.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_every_classifier_has_its_turn_and_says_what_it_sees_in_images_it_has_not_learned(tmp_path):
    taught = {"taught_by": [classifier(1), classifier(2), classifier(3)], "unseen": [np.arange(9, 40)] * 3}
    another_third = taught | {"taught_by": [*taught["taught_by"][:2], classifier(4)]}
    other_images = taught | {"unseen": [np.arange(31)] * 3}
    weights = [
        train(tmp_path / str(number), SMALL_STEPS, **each).generator.get_weights()
        for number, each in enumerate((taught, another_third, other_images))
    ]
    for a, b, c in zip(*weights, strict=True):
        assert np.abs(a - b).max() > 1e-3
        assert np.abs(a - c).max() > 1e-3


def test_what_is_right_is_told_by_the_images_that_a_classifier_has_not_learned():
    pair = architecture.of([classifier(1), classifier(2)])
    images = datasets.load_sample().x_held_out[:40, ..., np.newaxis]
    unseen = np.arange(0, 30), np.arange(10, 40)
    of_both = teaching.goal(pair, images, unseen=unseen)
    for member, those in enumerate(unseen):
        alone = teaching.goal(pair, images[those])
        for found, expected in zip(of_both.spreads, alone.spreads, strict=True):
            np.testing.assert_allclose(found.mean[member], expected.mean[member], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(of_both.shares[member], alone.shares[member], rtol=1e-4)


def test_another_teacher_can_take_over(tmp_path):
    train(tmp_path, SMALL_STEPS, epochs=1, taught_by=[classifier(1)])
    resumed = train(tmp_path, resume=True, epochs=1, taught_by=[classifier(2), classifier(3)])
    assert (resumed.progress.epoch, resumed.recipe.taught_by) == (2, 2)
    (before,) = resumed.progress.recipes_before
    assert before["recipe"]["taught_by"] == 1


def test_classifiers_that_teach_need_a_weight(tmp_path):
    with pytest.raises(ValueError, match="needs a weight"):
        train(tmp_path, RECIPE.replace(teacher=0.0), taught_by=[classifier(1)])


def test_classifiers_are_read_from_folders_but_never_the_judge_itself(tmp_path):
    path = tmp_path / "judge.keras"
    classifier(1).save(path)
    cards.write("judge", cards.read("judge") | {"files": {path.name: cards.sha256(path)}}, tmp_path)
    images = datasets.load_sample().x_train[:40], datasets.load_sample().y_train[:40]
    own = replace(datasets.load_sample(), x_train=images[0], y_train=images[1])

    def trained(name, by):
        folders = tmp_path / name, tmp_path / name / "run"
        return gan.train(NETWORK, RECIPE, *folders, Silence(), taught_by=[by], own=own)

    assert trained("taught", tmp_path)["recipe"]["taught_by"] == 1
    with pytest.raises(ValueError, match="must not teach it"):
        trained("refused", cards.folder())


def test_a_teacher_needs_labels(tmp_path):
    images = datasets.load_sample().x_train[:40, ..., np.newaxis]
    with pytest.raises(ValueError, match="needs labels"):
        gan_loop.fit(NETWORK, RECIPE, images, Silence(), tmp_path)


def test_tensorflow_and_jax_learn_the_same_from_a_teacher(tmp_path):
    start = tmp_path / "tensorflow"
    train(start, SMALL_STEPS, epochs=0)
    there = under_jax.resumed(__file__, start)
    here = train(start, resume=True, epochs=1).progress.history
    for one, other in zip(here, there, strict=True):
        figures = [[epoch[name] for name in FIGURES] for epoch in (one, other)]
        np.testing.assert_allclose(*figures, rtol=1e-3)


if __name__ == "__main__":
    assert keras.backend.backend() == os.environ["KERAS_BACKEND"]
    train(Path(sys.argv[1]), resume=True, epochs=1)
