"""Builders of networks, a file a network; they import neither Keras nor TensorFlow, but are handed them."""

import pkgutil


def build(network, recipe, keras):
    """Call the builder of a network.

    Args:
        network: catalog.Network.
        recipe: its kind of recipe.
        keras: the module; or `networks.shape_layers`, which only computes shapes.

    Returns:
        keras.Model (or shape_layers.Model), or a pair: generator and discriminator, encoder and decoder.
    """
    return pkgutil.resolve_name(network.builder)(recipe, keras)
