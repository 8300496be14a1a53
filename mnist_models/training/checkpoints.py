"""Files from which an interrupted training goes on as if nothing had happened.

A checkpoint is one .npz file: the values of all variables and a JSON note. It is written under
another name and then renamed, so that a crash never leaves half a file; the last two are kept, so that
one damaged afterwards costs minutes, not the training. No pickles.
"""

import json
import os
import zipfile
import zlib

import numpy as np

KEPT = 2
_DAMAGED = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


class NoCheckpoint(Exception):
    """A folder holds no usable checkpoint. The message says what was found."""


def save(folder, step, groups, note):
    """Write a checkpoint and delete all but the newest two.

    Args:
        folder: pathlib.Path of an existing folder.
        step: int, steps done; later checkpoints have more.
        groups: dict from a name to a list of arrays.
        note: what else to remember, as JSON holds it.
    """
    arrays = {
        f"{name}/{index:03d}": value for name, values in groups.items() for index, value in enumerate(values)
    }
    path = folder / f"checkpoint-{step:09d}.npz"
    unfinished = folder / "checkpoint.unfinished"
    with open(unfinished, "wb") as file:
        np.savez(file, note=np.frombuffer(json.dumps(note).encode(), np.uint8), **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    for old in _newest_first(folder)[KEPT:]:
        old.unlink()


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
