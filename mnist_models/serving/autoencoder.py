"""What the trained autoencoders make of digits: codes, reconstructions, repairs, neighbours, blends."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.images.normalize import FIELD, as_input
from mnist_models.serving import sessions

NEIGHBOURS = 10
# Red for ink that is missing, blue for ink that was added: two of the charts' colours, far apart for
# every kind of colour blindness.
_MISSING, _ADDED = np.array([204, 102, 119]), np.array([136, 204, 238])


@dataclass(frozen=True)
class Gallery:
    """Held-out digits, which nothing we ship was trained on, with a network's codes of them.

    Attributes:
        digits: uint8 N×28×28.
        labels: uint8 N.
        codes: float32 N×latent_dim.
    """

    digits: np.ndarray
    labels: np.ndarray
    codes: np.ndarray

    def nearest(self, code, count=NEIGHBOURS):
        """The digits with the nearest codes, the nearest first.

        Args:
            code: float32 latent_dim.
            count: int.

        Returns:
            int array, indices.
        """
        # Each number by its spread, since no number of a code counts more than another.
        distances = (((self.codes - code) / (self.codes.std(axis=0) + 1e-6)) ** 2).sum(axis=1)
        return distances.argsort(kind="stable")[:count]

    def reach(self):
        """The largest number, either way, in any code: a float."""
        return float(np.abs(self.codes).max())


def role(network):
    """What a network can stand in for: "autoencoder", "denoiser" or "vae".

    A variational autoencoder with other than two numbers in its code has no plane to walk on, but
    does all that an autoencoder does.

    Args:
        network: an autoencoder's name, or weights.Trained.
    """
    network = weights.trained(network)
    try:
        has_plane = sessions.card(network)["recipe"]["latent_dim"] == 2
    except weights.CardError:  # its files are gone, which whoever chooses it is told
        return network.name
    return "autoencoder" if network.name == "vae" and not has_plane else network.name


def gallery(network):
    """The held-out digits with a network's codes, computed once a process and version of its files.

    Args:
        network: an autoencoder's name, or weights.Trained.

    Raises:
        weights.CardError: when the network is missing or damaged.
    """
    network = weights.trained(network)
    return _gallery(network, network.version())


@lru_cache(16)
def _gallery(network, _version):
    sample = datasets.load_sample()
    codes = encode(network, as_input(sample.x_held_out))
    return Gallery(sample.x_held_out, sample.y_held_out, codes)


def encode(network, images):
    """The codes of images.

    Args:
        network: an autoencoder's name, or weights.Trained.
        images: float32 N×28×28×1 in [0, 1].

    Returns:
        float32 N×latent_dim.
    """
    return _run(network, ".encoder", images)


def decode(network, codes):
    """The pictures that codes stand for: float32 N×28×28×1 in [0, 1] for float32 N×latent_dim."""
    return _run(network, ".decoder", codes)


def reconstruct(network, images):
    """What a network gives back for images: float32 N×28×28×1 in [0, 1] for the same."""
    return decode(network, encode(network, images))


def blend(first, second, count):
    """Codes on the straight line between two: float32 count×latent_dim."""
    share = np.linspace(0, 1, count, dtype=np.float32)[:, np.newaxis]
    return (1 - share) * first + share * second


def rubbed_out(rgba):
    """Where a rubber has been on a transparent canvas.

    Args:
        rgba: uint8 H×H×4, H a multiple of 28, or None.

    Returns:
        bool 28×28×1: the pixels covered by half or more.
    """
    if rgba is None:
        return np.zeros((FIELD, FIELD, 1), bool)
    side = len(rgba) // FIELD
    cover = rgba[..., 3].reshape(FIELD, side, FIELD, side).mean(axis=(1, 3)) / 255
    return cover[..., np.newaxis] >= 0.5


def error_picture(image, answer):
    """What a network got wrong: red where ink is missing, blue where ink was added.

    Args:
        image, answer: float32 28×28×1 in [0, 1].

    Returns:
        uint8 28×28×3, black where they agree.
    """
    difference = answer - image
    colours = np.maximum(-difference, 0) * _MISSING + np.maximum(difference, 0) * _ADDED
    return np.uint8(np.rint(colours))


def error(image, answer, where=None):
    """The mean squared error of pixels, all of them or those in a bool array; a float."""
    squares = (answer - image) ** 2
    return float((squares if where is None else squares[where]).mean())


def _run(network, part, inputs):
    return sessions.run(sessions.session(network, part), inputs)
