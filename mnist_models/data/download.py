"""Download data sets, with progress. Keras and scikit-learn, imported when needed, do the download."""

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np

from mnist_models.data import datasets, face_folder
from mnist_models.files.atomic import atomic_write

_UCI = "https://archive.ics.uci.edu/static/public/81/pen+based+recognition+of+handwritten+digits.zip"
_UNIPEN_FILE = "pendigits-orig.tra.Z"


def fetch(name):
    """Download a data set into `datasets.cache_folder()` and check it.

    Args:
        name: a name of `datasets.SOURCES`.

    Returns:
        pathlib.Path of the file.

    Raises:
        datasets.DataError: when it cannot be downloaded, or what came is not the data set.
    """
    target = datasets.cache_folder() / datasets.file_name(name)
    try:
        _FETCHERS[name](target)
    except datasets.DataError:
        raise
    except Exception as error:  # urllib, SSL, disk and Keras each raise their own
        raise datasets.DataError(
            f"{datasets.SOURCES[name].title} could not be downloaded ({error}). "
            f"Check the connection, or put {target.name} into {target.parent} by hand."
        ) from None
    return target


def _fetch_mnist(target):
    import keras

    _put_keras(target, keras.datasets.mnist)


def _fetch_fashion_mnist(target):
    import keras

    _put_keras(target, keras.datasets.fashion_mnist)


def _fetch_faces(target):
    """Labeled Faces in the Wild (Huang et al. 2007), 13,233 photographs of 5,749 people."""
    from sklearn.datasets import fetch_lfw_people

    # The middle half of the aligned 250-pixel photographs: from the hair to the chin, without background.
    middle = slice(61, 189)
    people = fetch_lfw_people(color=True, resize=0.5, slice_=(middle, middle))
    face_folder.write(target, as_bytes(people.images))


def as_bytes(images):
    """Float images to uint8, whether they go to 1 or to 255: scikit-learn has had both."""
    scale = 255 if images.max() <= 1 else 1
    return np.uint8(np.rint(np.clip(images * scale, 0, 255)))


def _put_keras(target, module):
    (x_train, y_train), (x_test, y_test) = module.load_data()
    _put(target, lambda draft: _save_npz(draft, x_train, y_train, x_test, y_test))


def _save_npz(draft, x_train, y_train, x_test, y_test):
    with open(draft, "wb") as file:
        np.savez_compressed(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def _fetch_strokes(target):
    import keras
    import unlzw3

    archive = keras.utils.get_file(origin=_UCI, fname="pen_digits.zip")
    try:
        with zipfile.ZipFile(archive) as members:
            text = unlzw3.unlzw(members.read(_UNIPEN_FILE)).decode("ascii", "replace")
    except (zipfile.BadZipFile, KeyError, ValueError):
        Path(archive).unlink()
        raise datasets.DataError(f"{_UCI} no longer holds {_UNIPEN_FILE}.") from None
    records = parse_unipen(text)
    if len(records) < 1_000:
        raise datasets.DataError(f"{_UNIPEN_FILE} holds only {len(records)} digits; it should be 7,494.")
    _put(target, lambda draft: _save_records(draft, records))


def _save_records(draft, records):
    with gzip.open(draft, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def _put(target, save):
    """Write next to the target and rename, so that nobody loads half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as draft:
        save(draft)


def parse_unipen(text):
    """Read digits in the UNIPEN format of the UCI pen digits.

    Args:
        text: str; a line `.SEGMENT DIGIT … "8"` starts a digit, `.PEN_DOWN` a stroke, and lines of
            two numbers are x and y, y up.

    Returns:
        list of {"label": int, "strokes": [[[x, y], …], …]}; digits without a point are left out.
    """
    records, drawing = [], False
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == ".SEGMENT" and words[1] == "DIGIT":
            records.append({"label": int(words[-1].strip('"')), "strokes": []})
            drawing = False
        elif words[0] == ".PEN_DOWN" and records:
            records[-1]["strokes"].append([])
            drawing = True
        elif words[0].startswith("."):
            drawing = False
        elif drawing:
            records[-1]["strokes"][-1].append([int(words[0]), int(words[1])])
    for record in records:
        record["strokes"] = [stroke for stroke in record["strokes"] if stroke]
    return [record for record in records if record["strokes"]]


_FETCHERS = {
    "mnist": _fetch_mnist,
    "strokes": _fetch_strokes,
    "fashion_mnist": _fetch_fashion_mnist,
    "faces": _fetch_faces,
}
