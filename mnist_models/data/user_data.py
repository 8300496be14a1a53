"""Data of one's own: what a person brings along, checked and ready to be trained on."""

from dataclasses import dataclass

import numpy as np

from mnist_models.data import datasets, image_folders, kaggle_csv
from mnist_models.data.upload_report import UploadError, class_faults

FILE_TYPES = "zip", "csv"
LICENCE = "brought along; its owner knows its licence"
_SHUFFLING = 28  # a seed


@dataclass(frozen=True)
class OwnData:
    """Images with their classes, in a random order.

    Attributes:
        x: uint8 N×28×28, ink bright on black.
        y: uint8 N, places in `labels`.
        labels: names of at most ten classes; for digits always all ten, even those without images.
        notes: sentences about what was passed over and should be known.
    """

    x: np.ndarray
    y: np.ndarray
    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def counts(self):
        """How many images every class has: dict of name → int, without empty classes."""
        counts = np.bincount(self.y, minlength=len(self.labels)).tolist()
        return {name: count for name, count in zip(self.labels, counts, strict=True) if count}

    def examples(self):
        """The first image of every class: dict of name → uint8 28×28."""
        present, first = np.unique(self.y, return_index=True)
        return {self.labels[label]: self.x[place] for label, place in zip(present, first, strict=True)}


def make(x, y, labels, notes=()):
    """Check and shuffle.

    Shuffled, because trainings that use only some images take the first ones.

    Args:
        x, y, labels, notes: as in `OwnData`, in any order.

    Raises:
        upload_report.UploadError: when there is one class only, or a class with a single image.
    """
    order = np.random.default_rng(_SHUFFLING).permutation(len(x))
    data = OwnData(x[order], y[order], tuple(labels), tuple(notes))
    faults = class_faults(data.counts)
    if faults:
        raise UploadError([*faults, *notes])
    return data


def from_file(name, data, progress=lambda files: files):
    """Data from a file.

    Args:
        name: the file's name, of which only the ending counts.
        data: its bytes.
        progress: wraps the list of pictures that is gone through.

    Raises:
        datasets.DataError: sentences that say what is wrong, and what to do; see
            `upload_report.sentences`.
    """
    if not data:
        raise datasets.DataError("The file is empty.")
    if name.lower().endswith(".csv") or (name.lower().endswith(".zip") and kaggle_csv.is_zip_of_tables(data)):
        return from_csv(data)
    if not name.lower().endswith(".zip"):
        raise datasets.DataError("Choose a zip with a folder of pictures per class, or a CSV file.")
    notes = []
    return make(*image_folders.read_zip(data, progress, notes.append), notes)


def from_csv(data):
    """Data from a CSV file such as Kaggle's `train.csv`, or a zip that holds it. Raises datasets.DataError.

    Args:
        data: bytes.
    """
    return make(*kaggle_csv.read_train(data), datasets.DIGITS)


def from_folder(folder, progress=lambda files: files):
    """Data from a folder with a sub-folder of pictures per class. Raises datasets.DataError."""
    notes = []
    return make(*image_folders.read_folder(folder, progress, notes.append), notes)


def as_dataset(data, name, title):
    """What trainings take.

    Args:
        data: OwnData.
        name: str, for cards and tables.
        title: for people.

    Returns:
        datasets.Dataset, all of it to train on; trainings set a tenth aside to validate on.
    """
    nothing = data.x[:0], data.y[:0]
    own = source(name, title, data.labels)
    return datasets.Dataset(name, data.x, data.y, *nothing, *nothing, origin=title, own=own)


def source(name, title, labels):
    """What is known of such data, as datasets.Source."""
    return datasets.Source(name, title, (28, 28), labels, LICENCE, "Upload it again on the Train page.")
