"""Files from which an interrupted training goes on as if nothing had happened.

A checkpoint is one .npz file: the values of all variables and a JSON note. The last two are kept, so that one
damaged afterwards costs minutes, not the training. No pickles.
"""

import errno
import json
import os
import shutil
import zipfile
import zlib

import numpy as np

from mnist_models.errors import DigitLabError
from mnist_models.files.atomic import atomic_write
from mnist_models.training import progress

KEPT = 2
EVERY = 30  # seconds between checkpoints; the worst loss when a process is killed
RESERVE = 50_000_000  # bytes that a checkpoint leaves free on the disk
_DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


class NoCheckpoint(DigitLabError):
    """A folder holds no usable checkpoint. The message says what was found."""

    on_the_command_line = "Name the training's folder with --run, or train without --resume."


class DiskFull(progress.Stop):
    """A checkpoint would leave too little room on the disk: training ends, its best weights are kept."""


def save(folder, step, groups, note):
    """Write a checkpoint and delete all but the newest two.

    Args:
        folder: pathlib.Path of an existing folder.
        step: int, steps done; later checkpoints have more.
        groups: dict from a name to a list of arrays.
        note: what else to remember, as JSON holds it.

    Raises:
        DiskFull: when it would leave less than `RESERVE` free. Earlier checkpoints stay.
    """
    arrays = {
        f"{name}/{index:03d}": value for name, values in groups.items() for index, value in enumerate(values)
    }
    path = folder / f"checkpoint-{step:09d}.npz"
    # One training writes here: what lies about was left by a kill, and must not fill the disk.
    for left in folder.glob(".checkpoint-*.draft"):
        left.unlink()
    _check_room(folder, sum(value.nbytes for value in arrays.values()))
    try:
        with atomic_write(path) as draft, open(draft, "wb") as file:
            np.savez(file, note=np.frombuffer(json.dumps(note).encode(), np.uint8), **arrays)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _disk_full(folder) from None
    for old in _newest_first(folder)[KEPT:]:
        old.unlink()


def save_last(write, request=None):
    """Write the checkpoint that a training ends with, if there is room.

    Args:
        write: function without arguments that calls `save`.
        request: the KeyboardInterrupt that ended the training, or None.

    Returns:
        tuple of sentences for whoever trained.

    Raises:
        progress.Pause: again, when that was the request.
    """
    notes = (str(request),) if request and str(request) else ()
    if not isinstance(request, DiskFull):
        try:
            write()
        except DiskFull as full:
            notes += (str(full),)
    if isinstance(request, progress.Pause):
        raise request
    return notes


def _check_room(folder, needed):
    if shutil.disk_usage(folder).free - needed < RESERVE:
        raise _disk_full(folder)


def _disk_full(folder):
    free = shutil.disk_usage(folder).free
    return DiskFull(
        f"The disk is nearly full: {free / 1e6:.0f} MB are left, too little for another checkpoint. Delete "
        "something, then go on from the checkpoint before."
    )


def load(folder):
    """Read the newest checkpoint that is not damaged.

    Args:
        folder: pathlib.Path.

    Returns:
        (groups, note, skipped): as given to `save`, and the paths of newer files that are damaged.

    Raises:
        NoCheckpoint: when there is none to go on from.
    """
    skipped = []
    for path in _newest_first(folder):
        try:
            groups, note = _read(path)
        except _DAMAGED:
            skipped.append(path)
        else:
            return groups, note, skipped
    found = f"only damaged ones: {', '.join(path.name for path in skipped)}" if skipped else "none"
    raise NoCheckpoint(f"There is no checkpoint to go on from in {folder} ({found}).")


def _read(path):
    groups = {}
    with np.load(path, allow_pickle=False) as archive:
        note = json.loads(archive["note"].tobytes())
        for key in sorted(set(archive.files) - {"note"}):
            groups.setdefault(key.split("/")[0], []).append(archive[key])
    return groups, note


def _newest_first(folder):
    return sorted(folder.glob("checkpoint-*.npz"), reverse=True)
