"""A trained network back as a Keras model, from its files."""

import numpy as np
import tensorflow as tf

from mnist_models import cards, catalog
from mnist_models.training import raw, supervised


def load(network, weights=None):
    """Load a trained network's Keras side.

    Args:
        network: catalog.Network.
        weights: folder; the shipped one when None.

    Returns:
        keras.Model, float32 N×28×28×1 in [0, 1] → N×10 probabilities.

    Raises:
        cards.CardError: when its files are missing or altered.
    """
    card = cards.read(network.name, weights)
    if f"{network.name}.npz" in card["files"]:
        path = cards.checked_file(network.name, f"{network.name}.npz", weights)
        with np.load(path) as arrays:
            parameters = {name: tf.Variable(arrays[name]) for name in arrays.files}
        return raw.RawModel(raw.architecture_of(network).logits, parameters)
    recipe = card["recipe"] | {"hidden": card["recipe"]["hidden"] and tuple(card["recipe"]["hidden"])}
    model = supervised.build_finished(network, catalog.Recipe(**recipe))
    model.load_weights(cards.checked_file(network.name, f"{network.name}.keras", weights))
    return model
