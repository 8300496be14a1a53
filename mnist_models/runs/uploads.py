"""Data of one's own, kept so that runs can be trained on it: a file each, under a name of ours.

Beside it stands a small file that says whose it is, so that its owner can delete it once it is damaged.
"""

import contextlib
import io
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from mnist_models.data import datasets, user_data
from mnist_models.errors import said
from mnist_models.files.atomic import atomic_write
from mnist_models.runs import database, disk, naming
from mnist_models.runs.records import ACTIVE, WrongState

_NAME = re.compile(r"own-[0-9a-f]{8}")
_GONE = "This data set is not here any more. Upload it again, or choose another."


@dataclass(frozen=True)
class Kept:
    """A data set that is kept.

    Attributes:
        name: such as "own-1a2b3c4d"; what a run's configuration says.
        title: for people, as its owner called it.
        counts: how many images every class has, dict of class name → int.
        created: datetime, UTC.
        size: bytes on the disk.
        visitor: who brought it along; empty when it came from the command line.
    """

    name: str
    title: str
    counts: dict
    created: datetime
    size: int
    visitor: str

    @property
    def images(self):
        return sum(self.counts.values())


@dataclass(frozen=True)
class Damaged:
    """A data set whose file cannot be read any more.

    Attributes:
        name: as of `Kept`.
        title, visitor: as of `Kept`; empty where nobody knows.
    """

    name: str
    title: str
    visitor: str


def is_own(name):
    """Whether this could be the name of a kept data set."""
    return _NAME.fullmatch(name) is not None


def keep(settings, title, data, visitor=""):
    """Keep data, so that it can be trained on.

    Args:
        settings: settings.Settings.
        title: for people; shortened where it is too long.
        data: user_data.OwnData.
        visitor: str, who brings it along.

    Returns:
        str, its name.

    Raises:
        DigitLabError: when the title is empty.
        records.Refused: when the disk, or all that runs may use of it, is full.
    """
    title = naming.clean(title, "A data set")
    file = io.BytesIO()
    np.savez_compressed(
        file,
        x=data.x,
        y=data.y,
        labels=np.array(data.labels),
        title=np.array(title),
        created=np.array(time.time()),
        visitor=np.array(visitor),
    )
    disk.check(settings, file.tell())
    name = f"own-{secrets.token_hex(4)}"
    path = _path(settings, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(_note(path)) as draft:
        draft.write_text(json.dumps({"title": title, "visitor": visitor}), encoding="utf-8")
    with atomic_write(path) as draft:
        draft.write_bytes(file.getvalue())
    return name


def names(settings):
    """Names of all data sets that are kept, in no order."""
    return [path.stem for path in _folder(settings).glob("own-*.npz") if is_own(path.stem)]


def is_here(settings, name):
    """Whether a data set is kept."""
    return is_own(name) and _path(settings, name).is_file()


def everything(settings):
    """What is kept: (list of Kept, the newest first; list of Damaged, by title)."""
    kept, damaged = [], []
    for name in names(settings):
        try:
            kept.append(describe(settings, name))
        except datasets.DataError:
            damaged.append(_damaged(settings, name))
    kept.sort(key=lambda one: one.created, reverse=True)
    damaged.sort(key=lambda one: (one.title, one.name))
    return kept, damaged


def all_kept(settings):
    """What is kept, the newest first: list of Kept. Damaged files are passed over."""
    return everything(settings)[0]


def shown_title(settings, name):
    """A kept data set's title, with a number where an older one is called the same.

    Raises:
        datasets.DataError: when it is missing or damaged.
    """
    title = describe(settings, name).title
    alike = [one.name for one in reversed(all_kept(settings)) if one.title == title]
    older = alike.index(name)
    return f"{title} ({older + 1})" if older else title


def owner(settings, name):
    """Who brought a data set along, its file damaged or not; empty where nobody knows."""
    try:
        return describe(settings, name).visitor
    except datasets.DataError:
        return _damaged(settings, name).visitor if is_here(settings, name) else ""


def describe(settings, name):
    """The Kept of a name. Raises datasets.DataError when it is missing or damaged."""
    with _as_data_error():
        arrays = _arrays(settings, name, ("y", "labels", "title", "created", "visitor"))
        labels = [str(label) for label in arrays["labels"]]
        counts = np.bincount(arrays["y"], minlength=len(labels)).tolist()
        return Kept(
            name,
            str(arrays["title"]),
            {label: count for label, count in zip(labels, counts, strict=True) if count},
            datetime.fromtimestamp(float(arrays["created"]), UTC),
            _size(_path(settings, name)),
            str(arrays["visitor"]),
        )


def source(settings, name):
    """Title and class names of a kept data set, as datasets.Source. Raises datasets.DataError."""
    with _as_data_error():
        arrays = _arrays(settings, name, ("labels", "title"))
        labels = tuple(str(label) for label in arrays["labels"])
        return user_data.source(name, str(arrays["title"]), labels)


def load(settings, name):
    """A kept data set for training.

    Returns:
        datasets.Dataset.

    Raises:
        datasets.DataError: when it is missing or damaged.
    """
    with _as_data_error():
        arrays = _arrays(settings, name, ("x", "y", "labels", "title"))
        x, y, labels = arrays["x"], arrays["y"], tuple(str(label) for label in arrays["labels"])
        if x.dtype != np.uint8 or y.dtype != np.uint8 or x.shape != (len(y), 28, 28):
            raise ValueError("images and labels do not fit")
        if y.size == 0 or y.max() >= len(labels):
            raise ValueError("labels of no class")
        return user_data.as_dataset(user_data.OwnData(x, y, labels), name, str(arrays["title"]))


def delete(settings, name):
    """Remove a kept data set; runs that have learned from it stay.

    Raises:
        records.WrongState: when a run that waits or trains needs it.
    """
    if not is_own(name):
        return
    with database.connect(settings) as db:
        user = next((run for run in db.runs.all(ACTIVE) if run.data == name), None)
    if user is not None:
        raise WrongState(f"{user.name} is {user.state} on this data set: stop it first.")
    path = _path(settings, name)
    path.unlink(missing_ok=True)
    _note(path).unlink(missing_ok=True)


def _folder(settings):
    return settings.directory / "data"


def _path(settings, name):
    """A data set's file. No name but ours ever becomes part of a path."""
    if not is_own(name):
        raise datasets.DataError(_GONE)
    return _folder(settings) / f"{name}.npz"


def _note(path):
    """The file that says whose a data set is."""
    return path.with_suffix(".json")


def _damaged(settings, name):
    """The Damaged of a name, from what its note says."""
    note = _read_note(_path(settings, name))
    return Damaged(name, str(note.get("title", "")), str(note.get("visitor", "")))


def _read_note(path):
    """What it says: dict, empty where it is missing or damaged."""
    try:
        note = json.loads(_note(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _size(path):
    """Bytes that a data set takes on the disk."""
    size = path.stat().st_size
    with contextlib.suppress(FileNotFoundError):  # of an earlier version
        size += _note(path).stat().st_size
    return size


def _arrays(settings, name, keys):
    with np.load(_path(settings, name), allow_pickle=False) as archive:
        return {key: archive[key] for key in keys}


@contextlib.contextmanager
def _as_data_error():
    """Whatever a file makes of itself, pages and workers get a sentence: NumPy raises nearly anything."""
    try:
        yield
    except datasets.DataError:
        raise
    except FileNotFoundError:
        raise datasets.DataError(_GONE) from None
    except Exception as error:
        raise datasets.DataError(
            f"This data set's file is damaged ({said(error)}). Delete it and upload it again."
        ) from None
