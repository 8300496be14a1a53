"""A configured training as a short Keras script that runs without Digit Lab.

The networks, a GAN's losses, and noise and holes are taken from the package's own source, read as text: what
is said once cannot differ, and neither Keras nor TensorFlow is imported. What remains, the training around
them, is in `pieces`.
"""

import ast
import importlib.resources
import json
import re
import textwrap

from mnist_models.data import datasets
from mnist_models.export_script import pieces
from mnist_models.runs import configuration as configurations

WIDTH = 110  # characters a line
_RAW = "mnist_models.training.raw_loop:fit"
_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "rmsprop": "RMSprop", "sgd": "SGD"}
_MARK = re.compile(r"  #([?!]) (\w+)$")


def script(configuration):
    """A Python script that trains what is configured.

    It needs Keras with TensorFlow and NumPy, Pillow for networks that make pictures. It downloads the data
    through `keras.datasets`, or reads the file that its first argument names; prints the test accuracy, or
    saves a picture; and saves the network as `NAME.keras` (of a GAN the generator; of raw operations the
    arrays, `NAME.npz`) in the current folder.

    Args:
        configuration: runs.configuration.Configuration that its `check` accepts.

    Returns:
        str, Python source, formatted.
    """
    row, recipe = configurations.NETWORKS[configuration.network], configuration.recipe
    facts = _facts(configuration)
    fillings = {"name": row.name, "keras_name": _keras_name(configuration.data)}
    if row.kind == "classifier":
        fillings["optimizer"] = _written(pieces.OPTIMIZER, facts, {"optimizer": _optimizer(recipe)})
    definitions = [_network_source(row), *_definitions(row, recipe, facts)]
    flow = [*_data(configuration, row), _training(row)]
    definitions, flow = (
        [written for text in texts if (written := _written(text, facts, fillings))]
        for texts in (definitions, flow)
    )
    code = "\n\n\n".join(definitions) + "\n\n\n" + "\n\n".join(flow) + "\n"
    return "\n".join([_opening(configuration, facts), _imports(code), _constants(configuration, code), code])


def _facts(configuration):
    """The words that are true of a configuration, for the marks in `pieces`."""
    row, recipe, data = (
        configurations.NETWORKS[configuration.network],
        configuration.recipe,
        configuration.data,
    )
    noise, holes = bool(getattr(recipe, "noise", 0)), bool(getattr(recipe, "holes", 0))
    variational = bool(getattr(row.recipe, "kl_weight", 0))  # by its encoder, whatever the weight
    words = {
        "download": _keras_name(data) is not None,
        "labels": row.kind == "classifier",
        "pictures": row.makes_pictures,
        "colour": data == "faces",
        "garments": data == "fashion_mnist",
        "cosine": getattr(recipe, "schedule", "") == "cosine",
        "noise": noise,
        "holes": holes,
        "spoiled": noise or holes,
        "variational": variational,
        "plane": variational and recipe.latent_dim == 2,
        "average": bool(recipe.weight_average),
        "cross_entropy": getattr(recipe, "loss", "") == "cross_entropy",
    }
    for field in ("augment", "patience", "images", "mirror", "cool_down"):
        words[field] = bool(getattr(recipe, field, 0))
    return {word for word, holds in words.items() if holds}


def _keras_name(data):
    """The name of a data set in `keras.datasets`; None when it is not there."""
    return {"mnist": "mnist", datasets.SAMPLE: "mnist", "fashion_mnist": "fashion_mnist"}.get(data)


def _opening(configuration, facts):
    """The script's docstring."""
    row = configurations.NETWORKS[configuration.network]
    file = pieces.FILE_OF_ONES_OWN
    if "download" in facts:
        file = pieces.FILE_INSTEAD
    elif configuration.data == "faces":
        file = pieces.FILE_OF_FACES
    fillings = {
        "title": row.title,
        "summary": row.summary,
        "data": _title(configuration.data),
        "file": _filled(file, {"name": row.name}).strip(),
        "left_out": _left_out(configuration),
        "name": row.name,
    }
    paragraphs = _written(pieces.OPENING, facts, fillings).strip().split("\n\n")
    wrapped = [text if text.startswith(" ") else textwrap.fill(text, WIDTH) for text in paragraphs]
    return '"""' + "\n\n".join(wrapped) + '\n"""\n'


def _title(data):
    if data in datasets.SOURCES:
        return datasets.SOURCES[data].title
    return "Digit Lab's sample of MNIST" if data == datasets.SAMPLE else "your own images"


def _left_out(configuration):
    """A sentence on what Digit Lab's own training does beyond the script; empty when that is nothing."""
    row, recipe = configurations.NETWORKS[configuration.network], configuration.recipe
    network = configurations.network_of(configuration)
    found = []
    if "strokes" in network.data:
        found.append("drawings made from pen strokes, and scribbles, among the training images")
    if row.looks_again:
        found.append("the averaging of answers over eleven slightly changed views of an image")
    if row.kind == "classifier" and recipe.augment and configuration.data != "fashion_mnist":
        found.append("the elastic bends among the distortions")
    if getattr(recipe, "activation", "") == "gelu" and "activation" not in row.fixed:
        found.append("GELU's approximation by tanh")
    if row.kind == "autoencoder":
        found.append("the choice of the best epoch by validation")
    if recipe.mixed_precision and row.trainer != _RAW:
        found.append("16-bit arithmetic, which is faster on some hardware")
    if not found:
        return ""
    return f"Left out, of what Digit Lab does: {'; '.join(found)}."


def _constants(configuration, code):
    """The hyperparameters that the code mentions, each with what it means."""
    lines = []
    for known in configurations.hyperparameters(configuration.network):
        name = known.name.upper()
        if re.search(rf"\b{name}\b", code):
            meaning = re.split(r"[.;:](?: |$)", known.meaning)[0]
            value = _literal(getattr(configuration.recipe, known.name))
            lines.append(f"{name} = {value}  # {meaning[0].lower()}{meaning[1:]}")
    return "\n".join(lines) + "\n\n"


def _literal(value):
    if isinstance(value, int):
        return f"{value:_}"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _imports(code):
    """The imports that a piece of code needs."""
    lines = ["import sys", "", "import keras", "import numpy as np"]
    if "tf." in code:
        lines.append("import tensorflow as tf")
    names = [name for name in ("layers", "ops") if re.search(rf"(?<!\.)\b{name}\.", code)]
    if names:
        lines.append(f"from keras import {', '.join(names)}")
    return "\n".join(lines) + "\n"


def _optimizer(recipe):
    options = ["learning_rate" if recipe.schedule == "cosine" else "LEARNING_RATE"]
    if recipe.weight_decay:
        options.append("weight_decay=WEIGHT_DECAY")
    if recipe.optimizer == "sgd":
        options.append("momentum=0.9")
    return f"{_OPTIMIZERS[recipe.optimizer]}({', '.join(options)})"


def _definitions(row, recipe, facts):
    """Functions and classes besides the network: list of texts."""
    if row.kind == "gan":
        losses = _part_of("mnist_models.training.gan", f"{row.recipe.loss}_losses")
        losses = losses.replace(f"def {row.recipe.loss}_losses", "def losses")
        distort = pieces.DISTORT if recipe.augment else ""
        return [losses, distort, pieces.GAN_STEP, pieces.GRID]
    if row.kind == "autoencoder":
        corruption = "mnist_models.images.corruption"
        return [
            _part_of(corruption, "add_noise") if recipe.noise else "",
            _part_of(corruption, "ERASED", "erase", "strokes_of_rubber") if recipe.holes else "",
            pieces.SPOIL if "spoiled" in facts else "",
            pieces.AUTOENCODER_STEP,
            pieces.GRID,
        ]
    distorted = pieces.DISTORTED if recipe.augment else ""
    return [distorted, pieces.RAW_STEP if row.trainer == _RAW else pieces.KEEP_BEST]


def _data(configuration, row):
    """From a file or the net to arrays: list of texts."""
    if configuration.data == "faces":
        texts = [pieces.NO_FILE + pieces.FACES]
    elif _keras_name(configuration.data):
        texts = [pieces.KERAS_DATA]
    else:
        texts = [pieces.NO_FILE + pieces.OWN_FILE]
    texts += {"mnist": [pieces.HELD_OUT], datasets.SAMPLE: [pieces.SAMPLE]}.get(configuration.data, [])
    if row.kind == "gan":
        return [*texts, pieces.PICTURES]
    return [
        *texts,
        pieces.SPLIT_PICTURES if row.kind == "autoencoder" else pieces.SPLIT,
    ]


def _training(row):
    if row.kind == "gan":
        return pieces.GAN
    if row.kind == "autoencoder":
        return pieces.AUTOENCODER
    return pieces.RAW if row.trainer == _RAW else pieces.CLASSIFIER


def _written(text, facts, fillings):
    """A text of `pieces` with its marks obeyed and its gaps filled."""
    lines = []
    for line in text.splitlines():
        mark = _MARK.search(line)
        if mark is None:
            lines.append(line)
        elif (mark[2] in facts) == (mark[1] == "?"):
            lines.append(line[: mark.start()])
    # What is left out of a class leaves the empty lines round it.
    written = re.sub(r"\n{3,}(?= )", "\n\n", "\n".join(lines))
    return _filled(written, fillings).strip("\n")


def _filled(text, fillings):
    return re.sub("«(.*?)»", lambda gap: str(fillings[gap[1]]), text)


def _network_source(row):
    """The source of a network, its hyperparameters as constants in capitals."""
    module = row.builder.split(":")[0]
    text = _part_of(module)
    for other in re.findall(r"^from mnist_models\.networks import (\w+)$", _read(module), re.MULTILINE):
        shared = _part_of(f"mnist_models.networks.{other}", without=("build",))
        text = shared + "\n\n\n" + text.replace(f"{other}.", "")
    text = text.replace("named(recipe.activation)", "ACTIVATION").replace("recipe.hidden or ()", "HIDDEN")
    text = text.replace("def build(recipe)", "def build()")
    # The trained parts get these names.
    text = re.sub(r"\b(encoder|decoder)\(", r"build_\1(", text)
    return re.sub(r"\brecipe\.(\w+)", lambda found: found[1].upper(), text)


def _read(module):
    package, *folders, name = module.split(".")
    return importlib.resources.files(package).joinpath(*folders, f"{name}.py").read_text(encoding="utf-8")


def _part_of(module, *names, without=()):
    """The named functions and constants of a module, or all but some, with the comments above them.

    Imports and the module's docstring are left out, and of docstrings what concerns only this package.
    """
    source = _read(module)
    lines, kept, last = source.splitlines(), [], 0
    for node in ast.parse(source).body:
        name = getattr(node, "name", None) or ast.unparse(node).split(" =")[0]
        wanted = name in names if names else name not in without
        if wanted and not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr):
            kept.append("\n".join(lines[last : node.end_lineno]))
        last = node.end_lineno
    text = "\n".join(kept).strip("\n")
    return re.sub(r'"""(.*?)"""', lambda found: f'"""{_shortened(found[1])}"""', text, flags=re.DOTALL)


def _shortened(docstring):
    """A docstring without examples, and without arguments that the script's functions do not have."""
    sections = docstring.split("\n\n")
    kept = [
        section
        for section in sections
        if not section.lstrip().startswith("Example:")
        and not (section.lstrip().startswith("Args:") and "recipe:" in section)
    ]
    text = "\n\n".join(kept)
    return text.rstrip() if len(kept) == 1 else text.rstrip() + "\n    "
