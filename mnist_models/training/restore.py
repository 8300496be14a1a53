"""A trained network back as a Keras model, from its files."""

import json
import zipfile

import numpy as np
import tensorflow as tf

from mnist_models import recipes
from mnist_models import weights as cards
from mnist_models.networks.test_time_augmentation import without_views
from mnist_models.training import keras_loop, raw_loop


def load(network, weights=None):
    """Load a trained network's Keras side.

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
        path = cards.checked_file(network.name, f"{network.name}.npz", weights)
        with np.load(path) as arrays:
            parameters = {name: tf.Variable(arrays[name]) for name in arrays.files}
        return raw_loop.RawModel(raw_loop.architecture_of(network).logits, parameters)
    model = keras_loop.build_finished(network, recipes.read(recipes.ClassifierRecipe, card["recipe"]))
    path = cards.checked_file(network.name, f"{network.name}.keras", weights)
    # Files of earlier versions hold the network with its views, today's without.
    target = model if _name_inside(path) == model.name else without_views(model)
    target.load_weights(path)
    return model


def _name_inside(path):
    """The name of the model that a .keras file holds."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))["config"]["name"]
