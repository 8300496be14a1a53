"""Folders that trainings write to: checked before hours of work, and held by one training at a time."""

import contextlib
import os
import shutil
from pathlib import Path

from mnist_models.errors import DigitLabError

try:
    import fcntl
except ImportError:  # Windows, where two trainings in one folder are not noticed
    fcntl = None

ROOM = 100_000_000  # bytes: a network's files, and a checkpoint


def run_folder(network, output):
    """Where a network's checkpoints are when nobody says otherwise: beside its files."""
    return Path(output) / f"{network.name}.run"


def check(folder, option):
    """Refuse a folder that nothing could be written to. Nothing is made yet.

    Args:
        folder: pathlib.Path.
        option: what the person calls it, such as "--output".

    Raises:
        DigitLabError: a sentence that says why.
    """
    folder = Path(folder)
    there = next((path for path in (folder, *folder.absolute().parents) if os.path.lexists(path)), None)
    if there is None or not there.is_dir():
        raise DigitLabError(f"{option} {folder}: {there or folder} is not a folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise DigitLabError(f"{option} {folder}: {there} cannot be written to.")
    free = shutil.disk_usage(there).free
    if free < ROOM:
        raise DigitLabError(
            f"{option} {folder}: the disk is nearly full, {free / 1e6:.0f} MB are left and "
            f"{ROOM / 1e6:.0f} MB are needed. Delete something first."
        )


@contextlib.contextmanager
def held(folder, name):
    """Keep other trainings of a network out of a folder, which is made where it is missing.

    The system lets go of it when this process ends, however that happens.

    Raises:
        DigitLabError: when another training writes there.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    path = folder / f".{name}.lock"
    file = _locked(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _locked(path):
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
                return file
            os.close(file)  # the training before removed it just now
        except BlockingIOError:
            os.close(file)
            raise DigitLabError(
                f"Another training writes to {path.parent}. Wait for it, or choose another folder."
            ) from None
