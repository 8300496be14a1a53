"""Activations by name: those that the ONNX exporter knows."""

import keras

from mnist_models.errors import DigitLabError


@keras.saving.register_keras_serializable(package="mnist_models")
def gelu(x):
    """GELU in its tanh form (Hendrycks and Gimpel 2016, section 2): tf2onnx lacks the exact one's erfc."""
    return keras.activations.gelu(x, approximate=True)


NAMES = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid", "linear")


def named(name):
    """The activation function of that name.

    Raises:
        DigitLabError: when there is none.
    """
    if name not in NAMES:
        raise DigitLabError(f"There is no activation '{name}'. Known: {', '.join(NAMES)}.")
    return gelu if name == "gelu" else getattr(keras.activations, name)
