"""From trained Keras models to the files that others use, checked for equality, and back.

TensorFlow makes the ONNX files. Trainings under JAX end with a checkpoint; `later` says how to export it.
"""

import warnings
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError
from mnist_models.files.atomic import atomic_write
from mnist_models.images.normalize import as_input
from mnist_models.serving import usage
from mnist_models.training import data as training_data
from mnist_models.training import device, half_precision, models, sample_grids
from mnist_models.training.test_time_augmentation import without_views

TOLERANCE = 1e-4  # between Keras's outputs and ONNX Runtime's, both with weights in 32 bits
ROUNDING = 0.01  # by which weights in 16 bits may change an output, as a share of the largest, or of 1
CHECKED_DIGITS = 1_000


class ExportError(DigitLabError):
    """The exported network does not answer as the trained one does."""


def is_possible() -> bool:
    """Whether this process can export what it has trained."""
    return keras.backend.backend() == "tensorflow"


def check_is_possible(network):
    """Refuse to train what has no checkpoint to export later.

    Raises:
        DigitLabError
    """
    if not is_possible():
        raise DigitLabError(
            f"{network.name} is trained with TensorFlow, not {keras.backend.backend()}, which trains "
            "generators and autoencoders."
        )


def later(network) -> str:
    """What somebody is to do where `is_possible` says no."""
    return (
        "Trained. Where TensorFlow is installed, write the network's files with: python -m mnist_models "
        f"export {network.name}"
    )


def card_facts(network, progress):
    """What the model card of any network says of it and of where it was trained: a dict."""
    return {
        "name": network.name,
        "title": network.title,
        "summary": network.summary,
        "hardware": progress.hardware or device.describe(),
        "versions": _versions("tensorflow", "keras", "tf2onnx", "onnxruntime"),
        "trained_on": datetime.now(UTC).date().isoformat(),
        "limits": list(network.limits),
        "how_to_use": usage.how_to_use(network.name),
    }


def _versions(*packages):
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def origins_of(network, folder):
    """What earlier trainings a network's weights went through, oldest first, for the card.

    Args:
        network: a row of the catalog.
        folder: pathlib.Path with its files.
    """
    earlier = weights.read(network.name, folder)
    kept = ("recipe", "data", "epochs_trained", "best_epoch", "steps_trained", "training_seconds", "files")
    return [*earlier.get("started_from", []), {key: earlier[key] for key in kept if key in earlier}]


def save_classifier(network, model, folder):
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
        ExportError: when ONNX Runtime answers otherwise on 1,000 digits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digits = as_input(datasets.load_sample().x_train[:CHECKED_DIGITS])
    paths = [save_weights(network.name, model, folder), folder / f"{network.name}.onnx"]
    difference = to_onnx(model, paths[1], "probabilities", digits)
    return {path.name: weights.sha256(path) for path in paths}, difference


def save_weights(name, model, folder):
    """Write NAME.keras or NAME.npz, from which training can go on; returns its path."""
    if hasattr(model, "parameters"):  # a raw network's
        path = folder / f"{name}.npz"
        arrays = {key: half_precision.halved(var.numpy()) for key, var in model.parameters.items()}
        np.savez(path, **arrays)
        return path
    path = folder / f"{name}.keras"
    save_keras(without_views(model), path)
    return path


def save_keras(model, path):
    """Write a `.keras` file with weights in 16 bits, which `keras.models.load_model` reads as 32."""
    model.save(path, include_optimizer=False)
    half_precision.halve_keras(path)


def save_generator(network, fitted, exported, source, folder, pictures=None):
    """Write both players for ONNX Runtime and for further training, with their model card.

    `NAME.onnx` takes float32 N×latent_dim, standard normal, and returns N×H×W×C in [0, 1];
    `NAME.discriminator.onnx` takes such pictures and returns N×1, the probability of being real;
    `NAME.keras` holds both players as `load_pair` reads them; `NAME.training.webp` a frame of
    pictures an epoch; `NAME.json` is the card. Where the folder holds the same training at fewer
    steps, the card keeps what was measured then as "earlier".

    Args:
        network: catalog.Network.
        fitted: progress.Fitted.
        exported: as for `_save_pair`.
        source: datasets.Source of what it was trained on.
        folder: pathlib.Path, made if need be.
        pictures: pathlib.Path of the training's picture grids; None for none.

    Returns:
        dict, the model card as written.

    Raises:
        ExportError: when ONNX Runtime computes something else than Keras.
    """
    names, difference = _save_pair(network, fitted.models, exported, folder)
    generator, discriminator = fitted.models
    shown = []
    if pictures is not None and any(pictures.glob("*-epoch-*.png")):
        names.append(f"{network.name}.training.webp")
        shown = sample_grids.keep_epochs(pictures, folder / names[-1], generator.output_shape[2])
    progress = fitted.progress
    facts = {
        "parameters": models.parameter_count(generator),
        "discriminator_parameters": models.parameter_count(discriminator),
        "data": training_data.facts(source) | {"sets": list(network.data)},
        "started_from": progress.started_from,
        "recipes_before": progress.recipes_before,
        "steps_trained": progress.total_steps,
        "earlier": _earlier(network, progress, folder),
        "epochs_of_pictures": shown,
    }
    return _write_card(network, fitted, facts, names, difference, folder)


def save_autoencoder(network, fitted, exported, data, folder):
    """Write both parts for ONNX Runtime and for further training, with their model card.

    `NAME.encoder.onnx` takes float32 N×28×28×1 in [0, 1] and returns N×latent_dim codes (of a variational
    autoencoder: the means); `NAME.decoder.onnx` draws N×28×28×1 from codes; `NAME.keras` holds both parts
    as `load_pair` reads them; `NAME.json` is the card.

    Args:
        network: catalog.Network.
        fitted, exported, folder: as for `save_generator`.
        data: training.data.TrainingData it was trained on.

    Returns:
        dict, the model card as written.

    Raises:
        ExportError: when ONNX Runtime computes something else than Keras.
    """
    names, difference = _save_pair(network, fitted.models, exported, folder)
    encoder_parameters, decoder_parameters = map(models.parameter_count, fitted.models)
    progress = fitted.progress
    best = progress.history[progress.best_epoch - 1] if progress.history else {}
    facts = {
        "parameters": encoder_parameters + decoder_parameters,
        "encoder_parameters": encoder_parameters,
        "data": data.description | {"training_images": len(data.x[: fitted.recipe.images or None])},
        "started_from": progress.started_from,
        "best_epoch": progress.best_epoch,
        "validation": {name: best[f"val_{name}"] for name in ("loss", "error") if best},
    }
    return _write_card(network, fitted, facts, names, difference, folder)


def _save_pair(network, pair, exported, folder):
    """Write two models' files; (their names, the largest difference between Keras and ONNX Runtime).

    Args:
        network: a row of the catalog.
        pair: two keras.Models.
        exported: dict from the ending of an ONNX file to (keras.Model, name of its output, inputs on which
            both must agree).
        folder: pathlib.Path, made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    differences = [
        to_onnx(model, folder / f"{network.name}{ending}", output, examples)
        for ending, (model, output, examples) in exported.items()
    ]
    names = [network.name + ending for ending in (*exported, ".keras")]
    inputs = [keras.Input(model.input_shape[1:]) for model in pair]
    both = keras.Model(inputs, [model(given) for model, given in zip(pair, inputs, strict=True)])
    save_keras(both, folder / names[-1])
    return names, max(differences)


def load_pair(path: Path, *names):
    """Read two keras.Models by name from a .keras file of `_save_pair`, as their builder makes them."""
    both = keras.models.load_model(path)
    return tuple(both.get_layer(name) for name in names)


def _earlier(network, progress, folder):
    """What was measured of the same training when it was younger, oldest first."""
    try:
        card = weights.read(network.name, folder)
    except weights.CardError:
        return []
    same = card["history"] == progress.history[: card["epochs_trained"]]
    if not same:
        return []
    if "test" not in card or card.get("steps_trained") == progress.total_steps:
        return card["earlier"]
    return [*card["earlier"], {"epochs_trained": card["epochs_trained"], "test": card["test"]}]


def _write_card(network, fitted, facts, names, difference, folder):
    """Write a pair's card; returns it."""
    progress = fitted.progress
    card = card_facts(network, progress) | {
        **facts,
        "recipe": fitted.recipe.model_dump(),
        "epochs_trained": progress.epoch,
        "history": progress.history,
        "interrupted": fitted.interrupted,
        "training_seconds": round(progress.seconds),
        "largest_difference_of_onnx": difference,
        "files": {name: weights.sha256(folder / name) for name in names},
    }
    weights.write(network.name, card, folder)
    return card


def to_onnx(model, path, output_name, examples):
    """Export with weights in 16 bits to a draft, compare, and only then put it in place.

    Args:
        model: keras.Model in float32 with one output.
        path: pathlib.Path of the ONNX file.
        output_name: str.
        examples: float32 array of inputs on which both must agree.

    Returns:
        The largest difference between Keras and ONNX Runtime, which is that of rounding the weights.

    Raises:
        ExportError: when it is more than `TOLERANCE` before rounding, or more than `ROUNDING` after it.
    """
    expected = np.asarray(model(examples))  # export needs a model that was called once
    largest = max(1.0, float(np.abs(expected).max()))
    with atomic_write(path) as draft:
        with warnings.catch_warnings():
            # Keras's bridge to tf2onnx probes NumPy for a name that NumPy 2 is about to redefine.
            warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
            model.export(draft, format="onnx", verbose=False)
        _name_output(draft, output_name)
        _check(path.name, _difference(draft, examples, expected), TOLERANCE)
        half_precision.halve_onnx(draft)
        difference = _difference(draft, examples, expected)
        _check(path.name, difference, ROUNDING * largest)
    return difference


def _difference(path, examples, expected):
    """The largest difference of an ONNX file's outputs from what is expected."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {session.get_inputs()[0].name: examples})
    return float(np.abs(answer - expected).max())


def _check(name, difference, tolerance):
    if not difference <= tolerance:  # also when it is not a number
        raise ExportError(
            f"{name} and Keras differ by {difference:.1e}, over {tolerance:.0e}: not saved. Train it again, "
            "perhaps with a lower learning rate."
        )


def _name_output(path, name):
    """tf2onnx numbers the output; give it a name a reader knows."""
    model = onnx.load(path)
    (output,) = model.graph.output
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [name if each == output.name else each for each in names]
    output.name = name
    onnx.save(model, path)
