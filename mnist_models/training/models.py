"""Networks of the catalog as Keras models: built, rebuilt in float32, read from their files."""

import json
import zipfile
from typing import get_args

import keras
import numpy as np

from mnist_models import networks, recipes
from mnist_models import weights as cards
from mnist_models.errors import DigitLabError
from mnist_models.training import device
from mnist_models.training.test_time_augmentation import averaged_over_views, without_views


@keras.saving.register_keras_serializable(package="mnist_models")
def gelu(x):
    """GELU in its tanh form (Hendrycks and Gimpel 2016, section 2): tf2onnx lacks the exact one's erfc."""
    return keras.activations.gelu(x, approximate=True)


def build(network, recipe):
    """A keras.Model, or two: generator and discriminator, encoder and decoder.

    Raises:
        DigitLabError: for an unknown activation.
    """
    activation, known = getattr(recipe, "activation", "linear"), get_args(recipes.Activation)
    if activation not in known:
        raise DigitLabError(f"There is no activation '{activation}'. Known: {', '.join(known)}.")
    if activation == "gelu":
        recipe = recipe.model_copy(update={"activation": gelu})
    return networks.build(network, recipe, keras)


def build_finished(network, recipe):
    """A classifier as it is exported: with the same weights, and all that is added after training."""
    model = build(network, recipe)
    return averaged_over_views(model) if network.looks_again else model


def in_float32(network, recipe, trained):
    """The same two models outside mixed precision, which is what gets exported."""
    with device.dtype_policy("float32"):
        rebuilt = build(network, recipe)
    for new, old in zip(rebuilt, trained, strict=True):
        new.set_weights(old.get_weights())
    return rebuilt


def whole_batches(images, batch_size) -> int:
    """How many batches so many images fill.

    Raises:
        DigitLabError: when not even one.
    """
    if images < batch_size:
        raise DigitLabError(
            f"A batch of {batch_size} needs more than {images} images. Choose a smaller batch."
        )
    return images // batch_size


def parameter_count(model) -> int:
    """Weights that training changed, without running statistics of batch norm."""
    variables = getattr(model, "parameters", None)
    variables = variables.values() if variables else model.trainable_variables
    return int(sum(np.prod(variable.shape) for variable in variables))


def load(network, weights=None):
    """A trained classifier's Keras side.

    Args:
        network: catalog.Network.
        weights: folder; the shipped one when None.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.

    Raises:
        weights.CardError: when its files are missing or altered.
    """
    card = cards.read(network.name, weights)
    if f"{network.name}.npz" in card["files"]:
        from mnist_models.training import raw_loop

        path = cards.checked_file(network.name, f"{network.name}.npz", weights)
        with np.load(path) as arrays:
            return raw_loop.model(network, dict(arrays))
    model = build_finished(network, recipes.read(recipes.ClassifierRecipe, card["recipe"]))
    path = cards.checked_file(network.name, f"{network.name}.keras", weights)
    # Files of earlier versions hold the network with its views, today's without.
    target = model if _name_inside(path) == model.name else without_views(model)
    target.load_weights(path)
    return model


def _name_inside(path):
    """The name of the model that a .keras file holds."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))["config"]["name"]
