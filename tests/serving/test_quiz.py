import numpy as np
import pytest

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.serving.quiz import captions_of, new_quiz, unseen
from tests import generators


@pytest.fixture(scope="module")
def digit_gan(tmp_path_factory):
    return weights.trained("digit_gan", generators.write(tmp_path_factory.mktemp("weights"), ("digit_gan",)))


@pytest.fixture
def real():
    return unseen("mnist")


def test_shows_both_kinds_and_knows_which_is_which(digit_gan, real):
    for seed in range(20):
        quiz = new_quiz(digit_gan, real, seed)
        assert quiz.pictures.shape == (8, 28, 28, 1)
        assert 0 < quiz.is_generated.sum() < 8
        for image, is_generated in zip(quiz.pictures, quiz.is_generated, strict=True):
            assert (image == real).all(axis=(1, 2, 3)).any() != is_generated


def test_counts_what_was_called_right(digit_gan, real):
    quiz = new_quiz(digit_gan, real, 3)
    generated = set(np.flatnonzero(quiz.is_generated))
    assert quiz.score(generated) == 8
    assert quiz.score(set(range(8)) - generated) == 0
    assert quiz.score(set()) == 8 - len(generated)


def test_says_of_every_picture_what_it_was(digit_gan, real):
    quiz = new_quiz(digit_gan, real, 3)
    captions = captions_of(quiz, set(range(8)))
    expected = ["generated, right" if generated else "real, wrong" for generated in quiz.is_generated]
    assert captions == expected


def test_takes_digits_that_were_held_out(sample, real):
    held_out = sample.x_held_out.reshape(-1, 28 * 28)
    for digit in real[::50].reshape(-1, 28 * 28):
        assert (held_out == digit).all(axis=1).any()


@pytest.mark.parametrize("data", ["faces", "fashion_mnist"])
def test_says_which_real_pictures_are_missing(data):
    with pytest.raises(datasets.DataError, match="not on this machine"):
        unseen(data)
