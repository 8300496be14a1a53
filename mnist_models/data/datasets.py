"""Where data comes from: `load("mnist")` and `load_strokes()`.

A data set is looked for in `$MNIST_MODELS_DATA`, then in this package's own cache (where
`python -m mnist_models data fetch` puts what it downloads), and MNIST then in Keras's cache, which keeps
others in a form of its own. MNIST falls back to 10,000 embedded digits. Nothing here imports Keras or
TensorFlow.
"""

import gzip
import importlib.resources
import json
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_models.errors import DigitLabError, said
from mnist_models.files import user_folders

# Canonical training digits that nothing we ship was trained on: gallery and offline test set.
HELD_OUT = slice(8_000, 10_000)
# Digits of the stroke file, which is ordered by writer; the last 1,250 (about five writers) are read
# only to measure a released network.
STROKE_TRAINING = slice(None, -2_250)
STROKE_VALIDATION = slice(-2_250, -1_250)
STROKE_TEST = slice(-1_250, None)
SAMPLE = "mnist_sample"  # the name under which the embedded digits can be asked for
DATA_VARIABLE = "MNIST_MODELS_DATA"
STROKES_FILE = "pen_digits.jsonl.gz"


ASK = "Ask whoever runs Digit Lab here to fetch this data."


class DataError(DigitLabError):
    """A data set is missing, damaged or of the wrong shape. The message says what to do."""


class BadFile(DataError):
    """A data set's file is damaged or holds something else.

    Args:
        path: pathlib.Path of the file.
        message: what visitors are told, which begins with the file's name.
    """

    def __init__(self, path, message):
        super().__init__(f"{path.name} {message}")
        self.on_the_command_line = f"The file: {path}"


class NotHere(DataError):
    """A data set is not on this machine.

    Args:
        source: Source of the data set.
    """

    def __init__(self, source):
        super().__init__(f"{source.title}: not on this machine. {ASK}")
        self.on_the_command_line = f"Get it with: {source.how_to_get}"


@dataclass(frozen=True)
class Source:
    """What the package knows of a data set before it is there.

    Attributes:
        distortions: which distortions suit its pictures in training: "digits" or "garments".
    """

    name: str
    title: str
    shape: tuple[int, ...]
    labels: tuple[str, ...]
    licence: str
    how_to_get: str
    distortions: str = "digits"


@dataclass(frozen=True)
class Dataset:
    """Images and labels, ready to train on.

    Attributes:
        name: as in `SOURCES`.
        x_train, y_train: uint8 N×28×28 and N; for MNIST without the held-out digits.
        x_test, y_test: uint8; the published test set. On the embedded sample these are the
            held-out digits, since nothing else is there.
        x_held_out, y_held_out: uint8; MNIST's training digits 8,000 to 9,999, never trained on.
            Empty for other data sets.
        origin: where the arrays came from, a sentence fragment for people.
        is_sample: True for the embedded 10,000 digits.
        own: what is known of data of one's own (its name is not in `SOURCES`); None for others.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    x_held_out: np.ndarray
    y_held_out: np.ndarray
    origin: str
    is_sample: bool = False
    own: Source | None = None

    @property
    def source(self):
        return self.own or SOURCES[self.name]


@dataclass(frozen=True)
class StrokeData:
    """Digits as pen strokes.

    Attributes:
        strokes: per digit a list of float64 arrays N×2 of x, y in tablet units, y **down**.
        labels: uint8 N.
        origin: where they came from, for people.
    """

    strokes: list
    labels: np.ndarray
    origin: str


@dataclass(frozen=True)
class FaceData:
    """Aligned photographs of faces.

    Attributes:
        x_train, x_test: uint8 N×64×64×3; every tenth photograph is a test one.
        age_train, age_test: uint8 N, years; None where nobody knows.
        origin: where they came from, for people.
    """

    x_train: np.ndarray
    x_test: np.ndarray
    age_train: np.ndarray | None
    age_test: np.ndarray | None
    origin: str

    def need_ages(self):
        """Raises DataError where nobody knows the ages."""
        if self.age_train is None:
            raise DataError("The photographs of faces here are without ages; age_judge needs both.")


DIGITS = tuple("0123456789")
GARMENTS = (
    "T-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

SOURCES = {
    source.name: source
    for source in (
        Source(
            "mnist",
            "MNIST handwritten digits",
            (28, 28),
            DIGITS,
            "CC BY-SA 3.0; Y. LeCun, C. Cortes, C. J. C. Burges",
            "python -m mnist_models data fetch mnist",
        ),
        Source(
            "strokes",
            "Pen digits as strokes (UCI)",
            (),
            DIGITS,
            "CC BY 4.0; E. Alpaydin, F. Alimoglu",
            "python -m mnist_models data fetch strokes",
        ),
        Source(
            "fashion_mnist",
            "Fashion-MNIST",
            (28, 28),
            GARMENTS,
            "MIT; Zalando",
            "python -m mnist_models data fetch fashion_mnist",
            distortions="garments",
        ),
        Source(
            "faces",
            "Photographs of faces, 64×64",
            (64, 64, 3),
            (),
            "LFW (fetched) and UTKFace (added): for research and teaching only",
            "python -m mnist_models data fetch faces (LFW), or data add faces FOLDER (such as UTKFace)",
        ),
    )
}

# Published sizes: a file with fewer images is truncated, whatever else it says.
_SIZES = {"mnist": (60_000, 10_000), "fashion_mnist": (60_000, 10_000)}


def load(name):
    """Load a data set of images.

    Args:
        name: a name of `SOURCES` that holds images, such as "mnist", or `SAMPLE`.

    Returns:
        Dataset of uint8 arrays.

    Raises:
        DataError: unknown name, nothing found, or a file that is damaged or wrongly shaped. A
            damaged file is never half-loaded and never silently replaced by the sample.

    Example:
        >>> load("mnist").x_train.dtype
        dtype('uint8')
    """
    if name == SAMPLE:
        return load_sample()
    if name not in _SIZES:
        raise DataError(f"There is no data set '{name}'. Known: {', '.join(sorted(_SIZES))}.")
    path = find(name)
    if path is not None:
        return _ready.pop(_version(path), None) or _split(name, *_read_npz(path, name), origin=str(path))
    if name == "mnist":
        return load_sample()
    raise NotHere(SOURCES[name])


_ready = {}  # from a version of a file to its Dataset


def get_ready(name):
    """Load a data set in advance: the next `load` takes no time, unless its file has changed by then.

    Args:
        name: as for `load`.

    Raises:
        DataError: as `load`.
    """
    path = find(name)
    if path is not None:
        _ready[_version(path)] = load(name)


def _version(path):
    return path, path.stat().st_mtime_ns


def source(name):
    """The Source of a data set; of the embedded sample, MNIST's."""
    return SOURCES["mnist" if name == SAMPLE else name]


def with_licences(data):
    """What a network learned from, for people: titles with licences, as one text.

    Args:
        data: dict, what a model card says of data.
    """
    titles = data.get("titles") or [source(name).title for name in data["sets"]]
    named = zip(titles, data["licences"], strict=True)
    return "; ".join(f"{title} ({licence})" for title, licence in named)


def load_sample():
    """The embedded 10,000 MNIST digits: 8,000 to train on, the 2,000 held out to test on."""
    resource = importlib.resources.files("mnist_models") / "data" / "mnist_sample.npz"
    with importlib.resources.as_file(resource) as path, np.load(path) as arrays:
        x, y = arrays["x"], arrays["y"]
    return Dataset(
        "mnist",
        x_train=_without_held_out(x),
        y_train=_without_held_out(y),
        x_test=x[HELD_OUT],
        y_test=y[HELD_OUT],
        x_held_out=x[HELD_OUT],
        y_held_out=y[HELD_OUT],
        origin="embedded sample",
        is_sample=True,
    )


def load_strokes():
    """Load the pen digits.

    Returns:
        StrokeData; consecutive digits are by the same writer.

    Raises:
        DataError: when the file is missing or damaged.
    """
    path = find("strokes")
    if path is None:
        raise NotHere(SOURCES["strokes"])
    strokes, labels = [], []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                # The tablet's y axis points up, a canvas's points down.
                strokes.append([np.array(s, float).reshape(-1, 2) * [1, -1] for s in record["strokes"]])
                labels.append(record["label"])
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise BadFile(path, f"is damaged or not a stroke file ({said(error)}). Fetch it again.") from None
    labels = np.array(labels)
    if not len(labels) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 9:
        raise BadFile(path, "holds no digits labelled 0 to 9. Fetch it again.")
    return StrokeData(strokes, labels.astype(np.uint8), origin=str(path))


def load_faces():
    """Load the photographs of faces.

    Returns:
        FaceData.

    Raises:
        DataError: when the file is missing or damaged.
    """
    path = find("faces")
    if path is None:
        raise NotHere(SOURCES["faces"])
    try:
        with np.load(path, allow_pickle=False) as archive:
            x = archive["x_train"]
            age = archive["age"] if "age" in archive.files else None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise BadFile(path, f"is damaged or holds no faces ({said(error)}). Make it again.") from None
    right_ages = age is None or age.shape == x.shape[:1]
    if x.dtype != np.uint8 or x.shape[1:] != SOURCES["faces"].shape or len(x) < 10 or not right_ages:
        raise BadFile(path, "does not hold uint8 N×64×64×3 faces and N ages. Make it again.")
    is_test = np.arange(len(x)) % 10 == 9
    ages = (None, None) if age is None else (age[~is_test], age[is_test])
    return FaceData(x[~is_test], x[is_test], *ages, origin=str(path))


def find(name):
    """The path of a data set's file on this machine, or None."""
    return next((path for path in _places(name) if path.is_file()), None)


def describe(name):
    """One line on a data set: what it is, and where it is and how big, or how to get it."""
    source, path = SOURCES[name], find(name)
    if path is not None:
        return f"{name:13} {source.title}: {path}, {path.stat().st_size / 1e6:.1f} MB. {source.licence}."
    sample = "only the embedded sample of 10,000 digits is here" if name == "mnist" else "not here"
    return f"{name:13} {source.title}: {sample}. Get it with: {source.how_to_get}"


def file_name(name):
    """A data set's file in any of the folders."""
    return STROKES_FILE if name == "strokes" else f"{name}.npz"


def cache_folder():
    """Where fetched data goes: `$MNIST_MODELS_DATA`, or a folder in the user's cache."""
    return _folders()[0]


def _folders():
    """The folders that are searched, first the one that `fetch` writes to."""
    cache = user_folders.cache()
    chosen = os.environ.get(DATA_VARIABLE)
    return [Path(chosen), cache] if chosen else [cache]


def _places(name):
    places = [folder / file_name(name) for folder in _folders()]
    if name == "mnist":
        keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        places.append(keras_home / "datasets" / "mnist.npz")
    return places


def _read_npz(path, name):
    """Four checked uint8 arrays (x_train, y_train, x_test, y_test), or DataError."""
    keys = ("x_train", "y_train", "x_test", "y_test")
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in keys if key not in archive.files]
            if missing:
                raise BadFile(path, f"lacks {', '.join(missing)}. Delete it and fetch it again.")
            arrays = [archive[key] for key in keys]
    except DataError:
        raise
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise BadFile(path, f"is damaged ({said(error)}). Delete it and fetch it again.") from None
    shape, classes = SOURCES[name].shape, len(SOURCES[name].labels)
    for split, (x, y), size in zip(("train", "test"), (arrays[:2], arrays[2:]), _SIZES[name], strict=True):
        if x.dtype != np.uint8 or x.shape != (size, *shape):
            wanted = "×".join(map(str, (size, *shape)))
            raise BadFile(
                path,
                f"is no such data: x_{split} is {x.dtype} {'×'.join(map(str, x.shape))}, not uint8 {wanted}. "
                "Delete it and fetch it again.",
            )
        if y.shape != (size,) or y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= classes:
            raise BadFile(
                path,
                f"is no such data: y_{split} is not {size} labels from 0 to {classes - 1}. "
                "Delete it and fetch it again.",
            )
    return arrays


def _split(name, x_train, y_train, x_test, y_test, origin):
    y_train, y_test = y_train.astype(np.uint8), y_test.astype(np.uint8)
    held_out = HELD_OUT if name == "mnist" else slice(0, 0)
    return Dataset(
        name,
        x_train=_without_held_out(x_train) if name == "mnist" else x_train,
        y_train=_without_held_out(y_train) if name == "mnist" else y_train,
        x_test=x_test,
        y_test=y_test,
        x_held_out=x_train[held_out],
        y_held_out=y_train[held_out],
        origin=origin,
    )


def _without_held_out(array):
    return np.concatenate([array[: HELD_OUT.start], array[HELD_OUT.stop :]])
