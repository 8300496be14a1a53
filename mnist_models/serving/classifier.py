"""Trained networks served by ONNX Runtime: 0.3 s and 55 MB where TensorFlow takes 5 s and 571 MB."""

import contextlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.errors import said

# ONNX files of one digit run in under a millisecond; more threads only get in each other's way
# and in that of the other visitors.
_THREADS = 1
_AT_A_TIME = 16  # inputs
# What is less likely than all else together is not sure, however unsure validation images were.
_LEAST_SURE = 0.5
_KEPT = 128  # files and cards in memory; those of deleted and rewritten runs make room in time


@dataclass(frozen=True)
class Reading:
    """What a network reads.

    Attributes:
        probabilities: float32 array, one a class: ten, or fewer of data of one's own. They sum to 1.
        digit: the most probable one; of other data than digits its place among the classes.
        is_sure: whether the network is sure enough to name it. The threshold is the network's own,
            from its card, chosen on validation digits, but at least a half.
    """

    probabilities: np.ndarray
    digit: int
    is_sure: bool


def predict(network, images):
    """Run a network.

    Args:
        network: a name of the catalog, or weights.Trained.
        images: float32 N×28×28×1 in [0, 1].

    Returns:
        float32 N×10 probabilities.

    Raises:
        weights.CardError: when the network is missing or damaged.
    """
    return run(session(network), images)


def run(running, inputs):
    """What a session makes of inputs: its first output, computed for a few of them at a time.

    ONNX Runtime keeps the memory of the largest batch it has seen for as long as the session lives: 2,000
    digits at once left 250 MB with one encoder.

    Args:
        running: onnxruntime.InferenceSession.
        inputs: array with N rows.
    """
    name = running.get_inputs()[0].name
    starts = range(0, max(len(inputs), 1), _AT_A_TIME)
    return np.concatenate([running.run(None, {name: inputs[i : i + _AT_A_TIME]})[0] for i in starts])


def read(network, image):
    """Read one digit.

    Args:
        network: a classifier's name, or weights.Trained.
        image: float32 28×28×1 in [0, 1], as from `normalize`.

    Returns:
        Reading.

    Example:
        >>> read("reader", datasets.load_sample().x_test[0][..., None] / np.float32(255)).digit
        2
    """
    probabilities = _of_classes(predict(network, image[np.newaxis])[0], len(classes(network)))
    digit = int(probabilities.argmax())
    return Reading(probabilities, digit, bool(probabilities[digit] >= threshold(network)))


def _of_classes(outputs, count):
    """The probabilities of the classes that there are, among each other.

    Every classifier ends in ten outputs; after a short training those without a class still hold much.
    """
    named = outputs[:count]
    total = named.sum()
    return named / total if count < len(outputs) and total > 0 else named


def warm_up(networks):
    """Load networks and run each once, so that the first drawing is read as fast as the next."""
    for network in networks:
        with contextlib.suppress(cards.CardError):  # whoever uses it is told
            predict(network, np.zeros((1, 28, 28, 1), np.float32))


def classes(network):
    """What a classifier tells apart: names, the digits where its card says nothing else.

    Args:
        network: a name of the catalog, or weights.Trained.

    Raises:
        weights.CardError: when its card is missing or damaged.
    """
    data = card(network).get("data")
    named = data.get("classes") if isinstance(data, dict) else None
    return tuple(map(str, named)) if named else datasets.DIGITS


def threshold(network):
    """The probability from which on a network counts as sure: its card's, but at least a half."""
    return max(_LEAST_SURE, card(network)["sure_above"])


def card(network):
    """A network's card, read once a process, and again when it was written anew.

    Args:
        network: a name of the catalog, or weights.Trained.

    Raises:
        weights.CardError: when it is missing or damaged.
    """
    network = cards.trained(network)
    return _card(network.name, network.weights, network.version())


def session(network, part=""):
    """An ONNX Runtime session of one of a network's files, loaded and checked as rarely as its card.

    Args:
        network: a name of the catalog, or weights.Trained.
        part: of networks with several files, such as ".decoder".

    Raises:
        weights.CardError: when the network is missing or damaged.
    """
    network = cards.trained(network)
    return _session(network.name, part, network.weights, network.version())


def check(network):
    """Make sure that all ONNX files of a network can be used; fast when they have been before.

    Args:
        network: a name of the catalog, or weights.Trained.

    Raises:
        weights.CardError: when one is missing or damaged.
    """
    network = cards.trained(network)
    for file_name in card(network)["files"]:
        if file_name.endswith(".onnx"):
            session(network, file_name.removeprefix(network.name).removesuffix(".onnx"))


@lru_cache(_KEPT)
def _session(name, part, weights, _version):
    import onnxruntime  # with the first network, so that a page stands 0.2 s sooner

    path = cards.checked_file(name, f"{name}{part}.onnx", weights)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = _THREADS
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds share no other parent
        raise cards.CardError(
            f"{path.name} is no network that can be run here ({said(error)}).", path
        ) from None


@lru_cache(_KEPT)
def _card(name, weights, _version):
    return cards.read(name, weights)
