"""How clear a generator's pictures are."""

import keras
import numpy as np
import pytest
from keras import layers

from mnist_models.training import contrast

CHOSEN = np.random.default_rng(3).standard_normal((500, 20)).astype(np.float32)


def generator(activation="tanh"):
    """Hazy pictures of 6×6 pixels, from 20 numbers."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((20,))
    strong = keras.initializers.RandomNormal(stddev=0.5)
    x = layers.Dense(36, activation=activation, kernel_initializer=strong, bias_initializer=strong)(inputs)
    return keras.Model(inputs, layers.Reshape((6, 6, 1))(x))


def images(clear, rng):
    """That share of the pixels is black or white, the rest grey."""
    grey = rng.integers(50, 200, (200, 6, 6, 1))
    ends = rng.choice([0, 255], grey.shape)
    return np.where(rng.random(grey.shape) < clear, ends, grey).astype(np.uint8)


def pictures(model, latents):
    return keras.ops.convert_to_numpy(model(latents))


@pytest.mark.parametrize("clear", [0.1, 0.6, 0.8])
def test_as_many_pixels_are_clear_as_in_real_images(clear, rng):
    model = generator()
    before = pictures(model, CHOSEN)
    factor = contrast.match(model, images(clear, rng), CHOSEN)
    after = pictures(model, CHOSEN)
    assert (np.abs(after) > contrast.CLEAR).mean() == pytest.approx(clear, abs=0.02)
    assert (np.sign(after) == np.sign(before)).all()
    grey = np.abs(after) < 0.9
    np.testing.assert_allclose(
        np.arctanh(after[grey]), factor * np.arctanh(before[grey]), rtol=1e-3, atol=1e-4
    )


def test_pictures_that_are_clear_enough_stay_as_they_are(rng):
    model = generator()
    real = images(0.5, rng)
    contrast.match(model, real, CHOSEN)
    assert contrast.match(model, real, CHOSEN) == pytest.approx(1, abs=1e-3)


def test_images_of_black_and_white_alone_do_not_ask_for_an_endless_contrast(rng):
    model = generator()
    assert contrast.match(model, images(1.0, rng), CHOSEN) == contrast.STEEPEST
    assert np.isfinite(pictures(model, CHOSEN)).all()


def test_pictures_have_to_come_from_a_tanh(rng):
    with pytest.raises(ValueError, match="tanh"):
        contrast.match(generator("sigmoid"), images(0.5, rng), CHOSEN)
