"""Our best reader of drawings: five convolutions with batch normalisation."""

import keras
from keras import layers

from mnist_models.architectures.activations import named


def build(recipe):
    """A small VGG-style network (Simonyan and Zisserman 2015) of 12.7 million multiply-adds.

    Args:
        recipe: catalog.Recipe; `activation` and `dropout` are used.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.

    Example:
        >>> build(Recipe()).count_params()
        204418
    """
    x = inputs = keras.Input((28, 28, 1))
    x = _convolution(x, 24, 5, recipe)
    x = layers.MaxPooling2D()(x)
    x = _convolution(x, 48, 3, recipe)
    x = _convolution(x, 48, 3, recipe)
    x = layers.MaxPooling2D()(x)
    x = _convolution(x, 96, 3, recipe)
    x = _convolution(x, 96, 3, recipe)
    x = layers.Flatten()(x)
    x = layers.Dropout(recipe.dropout)(x)
    x = layers.Dense(10, activation="softmax", dtype="float32")(x)
    return keras.Model(inputs, x, name="reader")


def _convolution(x, channels, size, recipe):
    # Batch norm has an offset of its own, so the convolution needs none.
    x = layers.Conv2D(channels, size, padding="same", use_bias=False)(x)
    # Keras's momentum of 0.99 needs hundreds of steps before a network can be used; short runs
    # on a few thousand digits have fewer.
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation(named(recipe.activation))(x)
