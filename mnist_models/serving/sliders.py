"""The named directions of a generator's latent space that sliders follow; `evaluation.sliders` finds them."""

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mnist_models import weights


@dataclass(frozen=True)
class Direction:
    """A straight line through latent space along which one thing changes.

    Attributes:
        name: as in the model card, such as "slant" or "strongest_1".
        title: for people, such as "Slant" or "Strongest 1".
        vector: float32 array of latent_dim numbers, of unit length.
        reach: how far to both sides of a latent vector z a slider should go: z + t · vector for t
            from -reach to reach.
    """

    name: str
    title: str
    vector: np.ndarray
    reach: float


def directions(network):
    """The named directions of a generator, in the order in which sliders should show them.

    Args:
        network: a generator's name, such as "digit_gan", or weights.Trained.

    Returns:
        list of Direction; empty when none have been found for these weights yet
        (`python -m mnist_models directions NAME` finds them).

    Raises:
        weights.CardError: when the generator is not trained, or its file of directions is damaged.
    """
    network = weights.trained(network)
    return list(_directions(network.name, network.weights, network.version()))


def file_name(name):
    """The file in the weights folder that holds a generator's directions."""
    return f"{name}.directions.json"


@lru_cache(64)
def _directions(name, folder, _version):
    if file_name(name) not in weights.read(name, folder).get("files", {}):
        return ()
    path = weights.checked_file(name, file_name(name), folder)
    return tuple(
        Direction(row["name"], row["title"], np.array(row["vector"], np.float32), row["reach"])
        for row in json.loads(path.read_text(encoding="utf-8"))
    )
