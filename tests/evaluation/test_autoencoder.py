import numpy as np
import pytest

from mnist_models.evaluation import autoencoder as measures
from mnist_models.images import corruption
from mnist_models.images.normalize import as_input


def halve(images):
    """A "network" that gives every picture back half as bright."""
    return images / 2


def quarters(images):
    """An "encoder" whose code is the 16 means of 7×7 squares."""
    return images.reshape(-1, 4, 7, 4, 7).mean(axis=(2, 4)).reshape(-1, 16)


def test_the_error_is_that_of_the_pixels(sample):
    training, test = as_input(sample.x_train[:2_000]), as_input(sample.x_test)
    halved = {code.tobytes(): image / 2 for code, image in zip(quarters(test), test, strict=True)}

    def decode(codes):
        return np.stack([halved[code.tobytes()] for code in codes])

    found = measures.measure(quarters, decode, training, sample.y_train[:2_000], test, sample.y_test)
    assert found["error"] == pytest.approx((test**2).mean() / 4, rel=1e-4)
    # Sixteen numbers: the published curve of MNIST lies near 0.03 there.
    assert found["error_pca"] == pytest.approx(0.027, abs=0.003)
    assert 0.6 < found["codes_read"] < 0.9


def test_as_many_components_as_pixels_lose_nothing(sample):
    digits = as_input(sample.x_test)
    assert measures.pca_error(digits, digits, 784) == pytest.approx(0, abs=1e-6)
    errors = [measures.pca_error(digits, digits, count) for count in (1, 8, 32)]
    assert errors[0] > errors[1] > errors[2]


def test_codes_that_say_the_digit_are_read(rng):
    labels = np.arange(300) % 10
    codes = np.eye(10, dtype=np.float32)[labels] + 0.01 * rng.standard_normal((300, 10), np.float32)
    assert measures.share_read(codes[:200], labels[:200], codes[200:], labels[200:]) == 1
    assert measures.share_read(codes[:200], labels[:200], codes[200:], (labels[200:] + 1) % 10) == 0


def test_repairs_are_measured_beside_the_damage(sample):
    test = as_input(sample.x_test[:500])
    found = measures.measure_repairs(halve, test)
    assert found["noise_sigma"] == 0.5
    assert found["noisy_error"] == pytest.approx(0.115, abs=0.003)
    rng = np.random.default_rng(0)
    noisy = corruption.add_noise(test, 0.5, rng)
    assert found["denoised_error"] == pytest.approx(((noisy / 2 - test) ** 2).mean(), rel=1e-4)
    # Inside a hole the "network" sees 0.5 and answers 0.25.
    holes = corruption.strokes_of_rubber(len(test), rng)
    assert found["hole_error"] == pytest.approx(((test[holes] - 0.25) ** 2).mean(), rel=1e-4)
    assert found["hole_error_bare"] == pytest.approx((test[holes] ** 2).mean(), rel=1e-4)


def test_a_plane_is_read_by_the_judge():
    """A "decoder" that paints the x of the point, and a "judge" sure of 3 where that is positive."""

    def decode(codes):
        return np.tile(codes[:, :1, np.newaxis, np.newaxis], (1, 28, 28, 1)).astype(np.float32)

    def read(pictures):
        is_three = pictures.mean(axis=(1, 2, 3)) > 0
        return np.where(is_three[:, np.newaxis], np.eye(10)[3], 0.1)

    found = measures.measure_plane(decode, read, 3.0)
    assert found["plane_edge"] == 3
    assert found["plane_shares"][3] == pytest.approx(0.5)
    assert found["plane_sure"] == pytest.approx(0.5)  # elsewhere ten digits are equally likely
    assert sum(found["plane_shares"]) == pytest.approx(0.5)
