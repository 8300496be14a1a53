"""From a trained Keras model to the files that others use, checked for equality."""

import warnings
from datetime import UTC, datetime
from importlib.metadata import version

import keras
import numpy as np
import onnx
import onnxruntime

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.images.normalize import as_input
from mnist_models.networks.test_time_augmentation import without_views
from mnist_models.serving import usage
from mnist_models.training import hardware
from mnist_models.training.raw_loop import RawModel

TOLERANCE = 1e-4  # between Keras's outputs and ONNX Runtime's
CHECKED_DIGITS = 1_000


class ExportError(Exception):
    """The exported network does not answer as the trained one does."""


def card_facts(network):
    """What the model card of any network says of it and of where it was trained: a dict."""
    return {
        "name": network.name,
        "title": network.title,
        "summary": network.summary,
        "hardware": hardware.describe(),
        "versions": {name: version(name) for name in ("tensorflow", "keras", "tf2onnx", "onnxruntime")},
        "trained_on": datetime.now(UTC).date().isoformat(),
        "limits": list(network.limits),
        "how_to_use": usage.how_to_use(network.name),
    }


def save(network, model, folder):
    """Write NAME.keras (raw networks: NAME.npz) and NAME.onnx, and check that they agree.

    Of a network that looks again, NAME.keras holds what was trained, which any Keras can load and training
    can go on from; only NAME.onnx averages over views.

    Args:
        network: catalog.Network.
        model: keras.Model in float32, already called.
        folder: pathlib.Path; made where missing.

    Returns:
        (dict of file name → SHA-256, the largest difference between Keras and ONNX Runtime).

    Raises:
        ExportError: when outputs differ by more than 1e-4 on 1,000 digits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digits = as_input(datasets.load_sample().x_train[:CHECKED_DIGITS])
    paths = [save_weights(network.name, model, folder), folder / f"{network.name}.onnx"]
    difference = to_onnx(model, paths[1], ["probabilities"], digits)
    if network.inner_layers:
        outputs = [model.get_layer(name).output for name in network.inner_layers]
        paths.append(folder / f"{network.name}.layers.onnx")
        inner = keras.Model(model.input, outputs)
        difference = max(difference, to_onnx(inner, paths[2], network.inner_layers, digits))
    return {path.name: weights.sha256(path) for path in paths}, difference


def save_weights(name, model, folder):
    """Write NAME.keras or NAME.npz, from which training can go on; returns its path."""
    if isinstance(model, RawModel):
        path = folder / f"{name}.npz"
        np.savez(path, **{key: variable.numpy() for key, variable in model.parameters.items()})
        return path
    path = folder / f"{name}.keras"
    without_views(model).save(path, include_optimizer=False)
    return path


def to_onnx(model, path, output_names, examples):
    """Export to a draft, compare, and only then put it in place.

    Args:
        model: keras.Model in float32.
        path: pathlib.Path of the ONNX file.
        output_names: list of str, in the order of the model's outputs.
        examples: float32 array of inputs on which both must agree.

    Returns:
        The largest difference between Keras and ONNX Runtime.

    Raises:
        ExportError: when that is more than 1e-4.
    """
    draft = path.with_suffix(".draft.onnx")
    expected = keras.tree.flatten(model(examples))  # export needs a model that was called once
    try:
        with warnings.catch_warnings():
            # Keras's bridge to tf2onnx probes NumPy for a name that NumPy 2 is about to redefine.
            warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
            model.export(draft, format="onnx", verbose=False)
        _name_outputs(draft, output_names)
        session = onnxruntime.InferenceSession(draft, providers=["CPUExecutionProvider"])
        answers = session.run(None, {session.get_inputs()[0].name: examples})
        difference = max(
            float(np.abs(answer - np.asarray(wanted)).max())
            for answer, wanted in zip(answers, expected, strict=True)
        )
        if not difference <= TOLERANCE:  # also when it is not a number
            raise ExportError(
                f"{path.name} and Keras differ by {difference:.1e}, over {TOLERANCE:.0e}: not saved."
            )
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return difference


def _name_outputs(path, names):
    """tf2onnx numbers the outputs; give them names a reader knows."""
    graph = onnx.load(path)
    renamed = {output.name: name for output, name in zip(graph.graph.output, names, strict=True)}
    for node in graph.graph.node:
        for i, output in enumerate(node.output):
            node.output[i] = renamed.get(output, output)
        for i, value in enumerate(node.input):
            node.input[i] = renamed.get(value, value)
    for output in graph.graph.output:
        output.name = renamed[output.name]
    onnx.save(graph, path)
