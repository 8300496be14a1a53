import numpy as np
import pytest

from mnist_models.images import corruption
from mnist_models.images.normalize import as_input


def test_noise_of_half_has_the_error_that_is_to_be_cut(sample, rng):
    digits = as_input(sample.x_test)
    noisy = corruption.add_noise(digits, 0.5, rng)
    assert noisy.dtype == np.float32
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    assert ((noisy - digits) ** 2).mean() == pytest.approx(0.115, abs=0.002)


def test_noise_of_nothing_changes_nothing(sample, rng):
    digits = as_input(sample.x_test[:5])
    np.testing.assert_array_equal(corruption.add_noise(digits, 0, rng), digits)


def test_every_picture_may_have_noise_of_its_own(rng):
    grey = np.full((2, 28, 28, 1), 0.5, np.float32)
    noisy = corruption.add_noise(grey, np.array([0.0, 0.1]).reshape(2, 1, 1, 1), rng)
    assert noisy[0].std() == 0
    assert noisy[1].std() == pytest.approx(0.1, rel=0.1)


def test_only_the_hole_turns_grey(sample):
    digits = as_input(sample.x_test[:1])
    hole = np.zeros(digits.shape, bool)
    hole[0, 10:14, 10:14] = True
    erased = corruption.erase(digits, hole)
    assert (erased[hole] == 0.5).all()
    np.testing.assert_array_equal(erased[~hole], digits[~hole])


def test_a_rubber_makes_one_hole_in_every_picture(rng):
    from scipy import ndimage

    holes = corruption.strokes_of_rubber(200, rng)
    assert holes.shape == (200, 28, 28, 1)
    assert all(ndimage.label(hole[..., 0])[1] <= 1 for hole in holes)
    sizes = holes.sum(axis=(1, 2, 3))
    assert 60 < sizes.mean() < 160
    assert sizes.max() <= 240
