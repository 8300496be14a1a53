"""What runs leave on the disk: how much it is, how much it may be, and the log of a run."""

import itertools
import shutil

from mnist_models.runs.records import Refused


def size(settings):
    """Bytes that all runs and all kept data take on the disk."""
    total = 0
    folders = settings.directory / "runs", settings.directory / "data"
    for path in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # a checkpoint that has just made room for a newer one
            continue
    return total


def check(settings, more=0):
    """Refuse when the disk, or what may be used of it, is full.

    Args:
        settings: settings.Settings.
        more: bytes that are about to be written.

    Raises:
        records.Refused
    """
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(settings.directory).free
    except OSError as error:
        raise Refused(f"The folder for runs cannot be used ({error.strerror}).") from None
    if free - more < 2 * settings.reserve:
        raise Refused(f"The disk is nearly full ({free / 1e6:.0f} MB are left). Delete runs first.")
    used = size(settings) + more
    if used > settings.disk:
        raise Refused(
            f"All runs and data sets together take {used / 1e9:.1f} GB, the limit is "
            f"{settings.disk / 1e9:.1f} GB. Delete some first."
        )


def log_tail(settings, run_id, lines=20):
    """The last lines that a run's process wrote, as one text; empty when there are none."""
    try:
        with open(settings.folder(run_id) / "log.txt", "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 200 * lines))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.replace("\r", "\n").splitlines()[-lines:])
