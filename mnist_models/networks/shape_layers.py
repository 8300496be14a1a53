"""What builders need of Keras, as far as shapes go: no tensors, no weights, nothing that loads for seconds.

Handed to a builder instead of Keras, it gives the same layers with their output shapes and numbers of
parameters. A test compares both for every network of the catalog.
"""

import math
from dataclasses import dataclass
from functools import cached_property, partial
from types import SimpleNamespace


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of a network, and what comes out of it.

    Attributes:
        kind: as Keras calls it: "Conv2D".
        arguments, options: what it was made with, by position and by name.
        inputs: the layers whose outputs it is given.
        shape: of its output, without the batch.
        parameters: how many numbers it holds.
        running: how many of those are running statistics, which gradients do not train.
    """

    kind: str
    arguments: tuple
    options: dict
    inputs: "tuple[Layer, ...]"
    shape: tuple[int, ...]
    parameters: int = 0
    running: int = 0


@dataclass(frozen=True)
class Setting:
    """What changes no shape, by its name in Keras: `initializers` or `regularizers`, and which."""

    module: str
    kind: str
    arguments: tuple
    options: dict


@dataclass(frozen=True)
class Model:
    """A network, from its input to its output."""

    inputs: Layer
    outputs: Layer
    name: str

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, the input first, each after those that it is given."""
        return _up_to(self.outputs, ())

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers)

    @property
    def running(self) -> int:
        return sum(layer.running for layer in self.layers)


def _up_to(layer, found):
    for needed in layer.inputs:
        if needed not in found:
            found = _up_to(needed, found)
    return (*found, layer)


def Input(shape: tuple[int, ...]) -> Layer:
    return Layer("Input", (shape,), {}, (), tuple(shape))


# Of every kind of layer the shape that it gives, and how many numbers it holds: (shape, parameters, running).


def _dense(before, units, use_bias=True, **_):
    return (units,), (before[0] + use_bias) * units


def _conv2d(before, filters, kernel_size, strides=1, padding="valid", use_bias=True, **_):
    height, width, channels = before
    lost = 0 if padding == "same" else kernel_size - 1
    shape = math.ceil((height - lost) / strides), math.ceil((width - lost) / strides), filters
    return shape, (kernel_size**2 * channels + use_bias) * filters


def _conv2d_transpose(before, filters, kernel_size, strides=1, padding="valid", use_bias=True, **_):
    height, width, channels = before
    gained = 0 if padding == "same" else max(kernel_size - strides, 0)
    shape = height * strides + gained, width * strides + gained, filters
    return shape, (kernel_size**2 * channels + use_bias) * filters


def _batch_normalization(before, **_):
    """Of every channel a scale and an offset, and running mean and variance."""
    return before, 4 * before[-1], 2 * before[-1]


def _max_pooling2d(before):
    height, width, channels = before
    return (height // 2, width // 2, channels), 0


def _flatten(before):
    return (math.prod(before),), 0


def _reshape(before, target_shape):
    return tuple(target_shape), 0


def _as_before(before, *_, **__):
    return before, 0


_OUTPUTS = {
    "Dense": _dense,
    "Conv2D": _conv2d,
    "Conv2DTranspose": _conv2d_transpose,
    "BatchNormalization": _batch_normalization,
    "MaxPooling2D": _max_pooling2d,
    "Flatten": _flatten,
    "Reshape": _reshape,
    **dict.fromkeys(("Activation", "Add", "Dropout", "LeakyReLU", "ReLU", "Rescaling"), _as_before),
}


def _layer(kind, *arguments, **options):
    def call(inputs):
        inputs = tuple(inputs) if isinstance(inputs, list) else (inputs,)
        output = _OUTPUTS[kind](inputs[0].shape, *arguments, **options)
        return Layer(kind, arguments, options, inputs, *output)

    return call


def _setting(module, kind, *arguments, **options):
    return Setting(module, kind, arguments, options)


layers = SimpleNamespace(**{kind: partial(_layer, kind) for kind in _OUTPUTS})
initializers = SimpleNamespace(RandomNormal=partial(_setting, "initializers", "RandomNormal"))
regularizers = SimpleNamespace(L2=partial(_setting, "regularizers", "L2"))
