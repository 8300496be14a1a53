"""A network's layers, shapes and parameters before it is built, computed without Keras.

The app shows them while somebody chooses hyperparameters. They are said here a second time, as arithmetic,
because importing Keras takes seconds; a test builds every network and compares.
"""

import math
from dataclasses import dataclass

DIGIT = (28, 28, 1)
FACE = (64, 64, 3)
CLASSES = 10
# As people write them; others are written as in the recipe.
_ACTIVATIONS = {"relu": "ReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "leaky_relu": "leaky ReLU"}


@dataclass(frozen=True)
class Layer:
    """One layer.

    Attributes:
        name: what it is, for people: "Conv2D 32, 5×5, ReLU".
        shape: of its output, without the batch.
        parameters: how many numbers it holds.
        running: how many of those are running statistics, which gradients do not train.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int = 0
    running: int = 0


@dataclass(frozen=True)
class Part:
    """A network, or one of the two that are trained together.

    Attributes:
        name: such as "Generator"; the only part of a classifier has none.
        layers: tuple of Layer, the input first.
    """

    name: str
    layers: tuple[Layer, ...]

    @property
    def parameters(self):
        return sum(layer.parameters for layer in self.layers)

    @property
    def running(self):
        return sum(layer.running for layer in self.layers)


def parts(configuration):
    """What a configured network is made of.

    Args:
        configuration: runs.configuration.Configuration of a network of its `NETWORKS`.

    Returns:
        tuple of Part: one for a classifier; generator and discriminator; or encoder and decoder.

    Example:
        >>> [layer.shape for layer in parts(configuration.default("mlp"))[0].layers]
        [(28, 28, 1), (784,), (256,), (256,), (10,)]
    """
    return _PARTS[configuration.network](configuration.recipe)


def parameters(configuration):
    """How many numbers a configured network holds, running statistics among them, in all of its parts."""
    return sum(part.parameters for part in parts(configuration))


def table(configuration):
    """The layers of a configured network for people: Markdown, a table and its total for every part."""
    return "\n\n".join(_table_of(part) for part in parts(configuration))


def _table_of(part):
    lines = [f"**{part.name}**", ""] if part.name else []
    lines += ["| Layer | Output | Parameters |", "| --- | --- | ---: |"]
    for layer in part.layers:
        shape = " × ".join(f"{side:,}" for side in layer.shape)
        held = f"{layer.parameters:,}" if layer.parameters else ""
        lines.append(f"| {layer.name} | {shape} | {held} |")
    return "\n".join([*lines, "", _total(part)])


def _total(part):
    total = f"{part.parameters:,} parameters"
    if part.running:
        total += f", {part.running:,} of them running statistics that are not trained"
    return total + "."


# The networks, as their architectures' docstrings describe them.


def _mlp(recipe):
    hidden = []
    for width in recipe.hidden or ():
        hidden += [_dense(width, recipe.activation), _dropout(recipe.dropout)]
    return _classifier(_flatten, *hidden, _dense(CLASSES, "softmax"))


def _cnn(recipe):
    return _classifier(
        _convolution(32, 5, recipe.activation),
        _pooling,
        _convolution(64, 3, recipe.activation),
        _pooling,
        _flatten,
        _dropout(recipe.dropout),
        _dense(CLASSES, "softmax"),
    )


def _strided_cnn(recipe):
    return _classifier(
        _convolution(24, 5, "relu"),
        _convolution(48, 5, "relu", stride=2),
        _convolution(64, 4, "relu", stride=2),
        _flatten,
        _dense(200, "relu"),
        _dropout(recipe.dropout),
        _dense(CLASSES, "softmax"),
    )


def _reader(recipe):
    name = recipe.activation
    return _classifier(
        *(_convolution(32, 5), _pooling, _batch_norm, _activation(name)),
        _convolution(64, 3, name),
        *(_convolution(64, 3), _pooling, _batch_norm, _activation(name)),
        _convolution(128, 3, name),
        *(_convolution(128, 3), _batch_norm, _activation(name)),
        _flatten,
        _dropout(recipe.dropout),
        _dense(CLASSES, "softmax"),
    )


def _judge(recipe):
    return _classifier(
        _convolution(24, 5, "relu"),
        _pooling,
        _convolution(48, 3, "relu"),
        _convolution(48, 3, "relu"),
        _pooling,
        _convolution(64, 3, "relu"),
        _flatten,
        _dropout(recipe.dropout),
        _dense(64, "relu"),
        _dense(CLASSES, "softmax"),
    )


def _fashion_cnn(recipe):
    def convolution(channels):
        return _convolution(channels, 3, bias=False), _batch_norm, _activation("relu")

    def stage(channels):
        return _pooling, *(3 * convolution(channels)), _sum

    return _classifier(
        *(*convolution(24), *stage(48), *stage(128)),
        _flatten,
        _dropout(recipe.dropout),
        _dense(64, "relu"),
        _dense(CLASSES, "softmax"),
    )


def _autoencoder(recipe, numbers_a_code=1):
    encoder = _stack(
        DIGIT,
        _convolution(32, 5, "relu", stride=2),
        _convolution(64, 3, "relu", stride=2),
        _flatten,
        _dense(256, "relu"),
        _dense(numbers_a_code * recipe.latent_dim),
    )
    decoder = _stack(
        (recipe.latent_dim,),
        _dense(256, "relu"),
        _dense(7 * 7 * 48, "relu"),
        _reshape(7, 7, 48),
        _transposed(32, 4, "relu", stride=2),
        _transposed(1, 4, "sigmoid", stride=2),
    )
    return Part("Encoder", encoder), Part("Decoder", decoder)


def _vae(recipe):
    return _autoencoder(recipe, numbers_a_code=2)  # a mean and a variance


def _digit_gan(recipe):
    generator = _stack(
        (recipe.latent_dim,),
        _dense(7 * 7 * 64),
        _reshape(7, 7, 64),
        *(_transposed(64, 3), _leaky_relu(0.3)),
        _transposed(64, 5, stride=2),
        *(_transposed(32, 5, stride=2), _leaky_relu(0.3)),
        _transposed(32, 3, "relu"),
        _transposed(1, 3, "tanh"),
    )
    discriminator = _stack(
        DIGIT,
        _convolution(32, 3),
        _convolution(64, 5, stride=2),
        *(_convolution(64, 5, stride=2), _leaky_relu(0.3)),
        *(_convolution(128, 3), _leaky_relu(0.3)),
        _flatten,
        _dense(100),
        _dense(2, "tanh"),
    )
    return _players(generator, discriminator)


def _tutorial_gan(recipe):
    generator = _stack(
        (recipe.latent_dim,),
        *(_dense(7 * 7 * 256, bias=False), _batch_norm, _leaky_relu(0.3)),
        _reshape(7, 7, 256),
        *(_transposed(128, 5, bias=False), _batch_norm, _leaky_relu(0.3)),
        *(_transposed(64, 5, stride=2, bias=False), _batch_norm, _leaky_relu(0.3)),
        _transposed(1, 5, "tanh", stride=2, bias=False),
    )
    discriminator = _stack(
        DIGIT,
        *(_convolution(64, 5, stride=2), _leaky_relu(0.3), _dropout(0.3)),
        *(_convolution(128, 5, stride=2), _leaky_relu(0.3), _dropout(0.3)),
        _flatten,
        _dense(1),
    )
    return _players(generator, discriminator)


def _face_gan(recipe):
    def doubled(channels):
        return _transposed(channels, 4, stride=2, bias=False), _batch_norm, _activation("relu")

    def halved(channels):
        return _convolution(channels, 4, stride=2, bias=False), _batch_norm, _leaky_relu(0.2)

    generator = _stack(
        (recipe.latent_dim,),
        _dense(4 * 4 * 256, bias=False),
        *(_reshape(4, 4, 256), _batch_norm, _activation("relu")),
        *(*doubled(128), *doubled(64), *doubled(32)),
        _transposed(3, 4, "tanh", stride=2),
    )
    discriminator = _stack(
        FACE,
        *(_convolution(32, 4, stride=2), _leaky_relu(0.2)),
        *(*halved(64), *halved(128), *halved(256)),
        _flatten,
        _dense(1),
    )
    return _players(generator, discriminator)


_PARTS = {
    "mlp": _mlp,
    "cnn": _cnn,
    "strided_cnn": _strided_cnn,
    "reader": _reader,
    "judge": _judge,
    "fashion_cnn": _fashion_cnn,
    "autoencoder": _autoencoder,
    "denoiser": _autoencoder,
    "vae": _vae,
    "digit_gan": _digit_gan,
    "tutorial_gan": _tutorial_gan,
    "fashion_gan": _tutorial_gan,
    "face_gan": _face_gan,
}


def _classifier(*layers):
    return (Part("", _stack(DIGIT, *layers)),)


def _players(generator, discriminator):
    return Part("Generator", generator), Part("Discriminator", discriminator)


def _stack(shape, *layers):
    """Layers on top of one another: each a function from the shape it sees to a Layer."""
    stacked = [Layer("Input", shape)]
    for layer in layers:
        stacked.append(layer(stacked[-1].shape))
    return tuple(stacked)


# The layers. All convolutions pad their pictures, so that only strides make them smaller.


def _dense(units, activation=None, bias=True):
    def layer(shape):
        return Layer(_named(f"Dense {units:,}", activation), (units,), (shape[0] + bias) * units)

    return layer


def _convolution(filters, kernel, activation=None, stride=1, bias=True):
    def layer(shape):
        height, width, channels = shape
        smaller = math.ceil(height / stride), math.ceil(width / stride), filters
        name = _named(_windowed("Conv2D", filters, kernel, stride), activation)
        return Layer(name, smaller, (kernel * kernel * channels + bias) * filters)

    return layer


def _transposed(filters, kernel, activation=None, stride=1, bias=True):
    def layer(shape):
        height, width, channels = shape
        name = _named(_windowed("Conv2DTranspose", filters, kernel, stride), activation)
        larger = height * stride, width * stride, filters
        return Layer(name, larger, (kernel * kernel * channels + bias) * filters)

    return layer


def _batch_norm(shape):
    """Of every channel a scale and an offset, and running mean and variance."""
    channels = shape[-1]
    return Layer("BatchNormalization", shape, 4 * channels, running=2 * channels)


def _pooling(shape):
    height, width, channels = shape
    return Layer("MaxPooling2D 2×2", (height // 2, width // 2, channels))


def _sum(shape):
    """Of what the last layers made and what they were given."""
    return Layer("Add", shape)


def _flatten(shape):
    return Layer("Flatten", (math.prod(shape),))


def _reshape(*shape):
    return lambda before: Layer("Reshape", shape)


def _dropout(share):
    return lambda shape: Layer(f"Dropout {100 * share:g} %", shape)


def _activation(name):
    return lambda shape: Layer(_ACTIVATIONS.get(name, name), shape)


def _leaky_relu(slope):
    return lambda shape: Layer(f"leaky ReLU, {slope:g}", shape)


def _windowed(kind, filters, kernel, stride):
    name = f"{kind} {filters}, {kernel}×{kernel}"
    return name if stride == 1 else f"{name}, stride {stride}"


def _named(name, activation):
    if activation in (None, "linear"):
        return name
    return f"{name}, {_ACTIVATIONS.get(activation, activation)}"
