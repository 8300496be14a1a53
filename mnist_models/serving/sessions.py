"""ONNX Runtime sessions and model cards of trained networks, kept in memory while their files stay the same.

ONNX Runtime takes 0.3 s and 55 MB where TensorFlow takes 5 s and 571 MB.
"""

from functools import lru_cache

import numpy as np

from mnist_models import weights
from mnist_models.errors import said

# ONNX files of one digit run in under a millisecond; more threads only get in each other's way
# and in that of the other visitors.
_THREADS = 1
_AT_A_TIME = 16  # inputs
_KEPT = 128  # files and cards in memory; those of deleted and rewritten runs make room in time


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


def card(network):
    """A network's card, read once a process, and again when it was written anew.

    Args:
        network: a name of the catalog, or weights.Trained.

    Raises:
        weights.CardError: when it is missing or damaged.
    """
    network = weights.trained(network)
    return _card(network.name, network.weights, network.version())


def session(network, part=""):
    """An ONNX Runtime session of one of a network's files, loaded and checked as rarely as its card.

    Args:
        network: a name of the catalog, or weights.Trained.
        part: of networks with several files, such as ".decoder".

    Raises:
        weights.CardError: when the network is missing or damaged.
    """
    network = weights.trained(network)
    return _session(network.name, part, network.weights, network.version())


def check(network):
    """Make sure that all ONNX files of a network can be used; fast when they have been before.

    Args:
        network: a name of the catalog, or weights.Trained.

    Raises:
        weights.CardError: when one is missing or damaged.
    """
    network = weights.trained(network)
    for file_name in card(network)["files"]:
        if file_name.endswith(".onnx"):
            session(network, file_name.removeprefix(network.name).removesuffix(".onnx"))


@lru_cache(_KEPT)
def _session(name, part, folder, _version):
    import onnxruntime  # with the first network, so that a page stands 0.2 s sooner

    path = weights.checked_file(name, f"{name}{part}.onnx", folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = _THREADS
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds share no other parent
        raise weights.CardError(
            f"{path.name} is no network that can be run here ({said(error)}).", path
        ) from None


@lru_cache(_KEPT)
def _card(name, folder, _version):
    return weights.read(name, folder)
