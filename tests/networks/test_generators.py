"""The generators and discriminators, against the design's table."""

import keras
import numpy as np
import pytest
from keras import layers

from mnist_models import catalog
from mnist_models.training import models


def players(name):
    network = catalog.ADVERSARIAL[name]
    return models.build(network, network.recipe)


def described(model):
    """Layers that compute, as (kind, units or filters, kernel, stride, activation)."""
    rows = []
    for layer in model.layers:
        if isinstance(layer, layers.Dense):
            rows.append(("Dense", layer.units, layer.activation.__name__))
        elif isinstance(layer, (layers.Conv2D, layers.Conv2DTranspose)):
            assert layer.padding == "same"
            kind = type(layer).__name__
            activation = layer.activation.__name__
            rows.append((kind, layer.filters, layer.kernel_size[0], layer.strides[0], activation))
        elif not isinstance(layer, layers.InputLayer):
            rows.append((type(layer).__name__,))
    return rows


def test_digit_gan_has_the_layers_of_the_table():
    generator, discriminator = players("digit_gan")
    assert generator.input_shape == (None, 100)
    assert described(generator) == [
        ("Dense", 7 * 7 * 64, "linear"),
        ("Reshape",),
        ("Conv2DTranspose", 64, 3, 1, "linear"),
        ("LeakyReLU",),
        ("Conv2DTranspose", 64, 5, 2, "linear"),
        ("Conv2DTranspose", 32, 5, 2, "linear"),
        ("LeakyReLU",),
        ("Conv2DTranspose", 32, 3, 1, "relu"),
        ("Conv2DTranspose", 1, 3, 1, "tanh"),
    ]
    assert described(discriminator) == [
        ("Conv2D", 32, 3, 1, "linear"),
        ("Conv2D", 64, 5, 2, "linear"),
        ("Conv2D", 64, 5, 2, "linear"),
        ("LeakyReLU",),
        ("Conv2D", 128, 3, 1, "linear"),
        ("LeakyReLU",),
        ("Flatten",),
        ("Dense", 100, "linear"),
        ("Dense", 2, "tanh"),
    ]
    recipe = catalog.ADVERSARIAL["digit_gan"].recipe
    assert (recipe.discriminator_learning_rate, recipe.discriminator_beta_1) == (0.0002, 0.4)
    assert (recipe.generator_learning_rate, recipe.generator_beta_1) == (0.00033, 0.55)


def test_tutorial_gan_has_the_tutorials_layers():
    generator, discriminator = players("tutorial_gan")
    kinds = [row[0] for row in described(generator)]
    assert kinds == [
        *("Dense", "BatchNormalization", "LeakyReLU", "Reshape"),
        *("Conv2DTranspose", "BatchNormalization", "LeakyReLU") * 2,
        "Conv2DTranspose",
    ]
    # The numbers that the tutorial's `summary()` would print.
    assert (generator.count_params(), discriminator.count_params()) == (2_330_944, 212_865)
    assert [layer.rate for layer in discriminator.layers if isinstance(layer, layers.Dropout)] == [0.3, 0.3]


def test_the_players_of_face_gan_learn_alike():
    recipe = catalog.ADVERSARIAL["face_gan"].recipe
    assert recipe.generator_learning_rate == recipe.discriminator_learning_rate
    assert recipe.generator_beta_1 == recipe.discriminator_beta_1


@pytest.mark.parametrize("name", sorted(catalog.ADVERSARIAL))
def test_generators_are_small_enough_for_a_phone(name):
    generator, discriminator = players(name)
    multiply_adds = 0
    for layer in generator.layers:
        if isinstance(layer, layers.Dense):
            multiply_adds += int(np.prod(layer.kernel.shape))
        elif isinstance(layer, layers.Conv2DTranspose):
            # Every input pixel is multiplied with the whole kernel.
            multiply_adds += int(np.prod(layer.kernel.shape)) * int(np.prod(layer.input.shape[1:3]))
    assert 1_000_000 < multiply_adds < 60_000_000
    assert generator.output_shape == discriminator.input_shape


@pytest.mark.parametrize("name", sorted(catalog.ADVERSARIAL))
def test_mixed_precision_ends_in_float32(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = players(name)
    finally:
        keras.config.set_dtype_policy("float32")
    pictures = generator(np.random.default_rng(0).standard_normal((2, 100), np.float32))
    assert keras.backend.standardize_dtype(pictures.dtype) == "float32"
    assert keras.backend.standardize_dtype(discriminator(pictures).dtype) == "float32"
    assert np.abs(np.array(pictures)).max() <= 1
