import keras
import numpy as np
from keras import ops

from mnist_models.training import backend, diff_augment


def numbers(brightness=0.0, contrast=1.0, down=0, right=0):
    return {
        "brightness": np.full((1, 1, 1, 1), brightness, np.float32),
        "contrast": np.full((1, 1, 1, 1), contrast, np.float32),
        "down": np.array([down], np.int32),
        "right": np.array([right], np.int32),
    }


def image():
    return np.random.default_rng(0).uniform(-1, 1, (1, 6, 8, 3)).astype(np.float32)


def distort(images, **changes):
    return ops.convert_to_numpy(diff_augment.distort(images, numbers(**changes)))


def test_shifts_fill_with_grey():
    expected = np.zeros((1, 6, 8, 3), np.float32)
    expected[:, 2:, :-3] = image()[:, :-2, 3:]
    np.testing.assert_allclose(distort(image(), down=2, right=-3), expected, atol=1e-6)


def test_brightness_is_added_and_contrast_keeps_the_mean():
    np.testing.assert_allclose(distort(image(), brightness=0.3), image() + 0.3, atol=1e-6)
    strong = distort(image(), contrast=1.5)
    np.testing.assert_allclose(strong.mean(), image().mean(), atol=1e-6)
    np.testing.assert_allclose(strong.std(), 1.5 * image().std(), rtol=1e-5)


def test_faces_are_shifted_by_eight_pixels_at_most():
    drawn = diff_augment.draw(np.random.default_rng(0), 2_000, 64, 64)
    for name in ("down", "right"):
        assert (drawn[name].min(), drawn[name].max()) == (-8, 8)


def test_gradients_come_back_shifted():
    pixels = keras.Variable(image())
    target = np.zeros((1, 6, 8, 3), np.float32)
    target[0, 3, 4, 1] = 1
    _, _, (gradient,) = backend.loss_and_gradients(
        lambda: (ops.sum(diff_augment.distort(pixels.value, numbers(down=2, right=-3)) * target), {}),
        [pixels],
        [],
    )
    expected = np.zeros_like(target)
    expected[0, 1, 7, 1] = 1
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), expected, atol=1e-6)
