"""ONNX Runtime sessions and model cards of trained networks, kept in memory while their files stay the same.

ONNX Runtime takes 0.3 s and 55 MB where TensorFlow takes 5 s and 571 MB.
"""

import re
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
    return outputs(running, inputs)[0]


def outputs(running, inputs):
    """All outputs of a session: list of arrays with N rows; see `run`."""
    name = running.get_inputs()[0].name
    starts = range(0, max(len(inputs), 1), _AT_A_TIME)
    parts = [running.run(None, {name: inputs[i : i + _AT_A_TIME]}) for i in starts]
    return [np.concatenate(output) for output in zip(*parts, strict=True)]


def card(network):
    """A network's card, read once a process, and again when it was written anew.

    Args:
        network: a name of the catalog, or weights.Trained.

    Raises:
        weights.CardError: when it is missing or damaged.
    """
    network = weights.trained(network)
    return _card(network.name, network.weights, network.version())


def session(network, part="", layers=()):
    """An ONNX Runtime session of one of a network's files, loaded and checked as rarely as its card.

    Args:
        network: a name of the catalog, or weights.Trained.
        part: of networks with several files, such as ".decoder".
        layers: tuple of names of layers whose outputs the session gives too, after its own.

    Raises:
        weights.CardError: when the network is missing or damaged, or has no such layer.
    """
    network = weights.trained(network)
    return _session(network.name, part, tuple(layers), network.weights, network.version())


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
def _session(name, part, layers, folder, _version):
    import onnxruntime  # with the first network, so that a page stands 0.2 s sooner

    path = weights.checked_file(name, f"{name}{part}.onnx", folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = _THREADS
    options.log_severity_level = 3  # errors only
    try:
        model = _with_outputs(path, layers) if layers else path
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except weights.CardError:
        raise
    except Exception as error:  # its own kinds share no other parent
        raise weights.CardError(
            f"{path.name} is no network that can be run here ({said(error)}).", path
        ) from None


def _with_outputs(path, layers):
    """An ONNX file with the outputs of some layers among its own: bytes."""
    import onnx  # only who looks inside needs it

    model = onnx.load(path)
    for layer in layers:
        # Keras calls the tensors of a layer such as model_1/layer_1/Relu:0.
        named = re.compile(rf"(^|/){re.escape(layer)}(_\d+)?/")
        tensors = [output for node in model.graph.node for output in node.output if named.search(output)]
        if not tensors:
            raise weights.CardError(f"{path.name} has no layer '{layer}'.", path)
        model.graph.output.append(onnx.ValueInfoProto(name=tensors[-1]))
    return model.SerializeToString()


@lru_cache(_KEPT)
def _card(name, folder, _version):
    return weights.read(name, folder)
