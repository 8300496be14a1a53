"""Trained networks served by ONNX Runtime: 0.3 s and 55 MB where TensorFlow takes 5 s and 571 MB."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime

from mnist_models import cards

# ONNX files of one digit run in under a millisecond; more threads only get in each other's way
# and in that of the other visitors.
_THREADS = 1


@dataclass(frozen=True)
class Reading:
    """What a network reads.

    Attributes:
        probabilities: float32 array of ten.
        digit: the most probable one.
        is_sure: whether the network is sure enough to name it. The threshold is the network's own,
            from its card, chosen on validation digits.
    """

    probabilities: np.ndarray
    digit: int
    is_sure: bool


def predict(name, images, weights=None):
    """Run a network.

    Args:
        name: a name of the catalog.
        images: float32 N×28×28×1 in [0, 1].
        weights: folder; the shipped one when None.

    Returns:
        float32 N×10 probabilities.

    Raises:
        cards.CardError: when the network is missing or damaged.
    """
    network = session(f"{name}.onnx", name, weights)
    return network.run(None, {network.get_inputs()[0].name: images})[0]


def read(name, image, weights=None):
    """Read one digit.

    Args:
        name: a classifier of the catalog.
        image: float32 28×28×1 in [0, 1], as from `preprocessing`.
        weights: folder; the shipped one when None.

    Returns:
        Reading.

    Example:
        >>> read("reader", datasets.load_sample().x_test[0][..., None] / np.float32(255)).digit
        2
    """
    probabilities = predict(name, image[np.newaxis], weights)[0]
    digit = int(probabilities.argmax())
    return Reading(probabilities, digit, bool(probabilities[digit] >= threshold(name, weights)))


def warm_up(names):
    """Load networks and run each once, so that the first drawing is read as fast as the next."""
    for name in names:
        predict(name, np.zeros((1, 28, 28, 1), np.float32))


def threshold(name, weights=None):
    """The probability from which on a network counts as sure, from its card."""
    return card(name, weights)["sure_above"]


def card(name, weights=None):
    """A network's card, read once a process."""
    return _read_card(name, Path(weights or cards.folder()))


def session(file_name, name, weights=None):
    """An ONNX Runtime session of one of a network's files, loaded and checked once a process."""
    return _session(file_name, name, Path(weights or cards.folder()))


@cache
def _session(file_name, name, weights):
    path = cards.checked_file(name, file_name, weights)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = _THREADS
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


_read_card = cache(cards.read)
