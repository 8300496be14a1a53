"""Where runs are kept, and how much they may use.

Defaults suit a class on one server. They are overridden by `settings.toml` in the data directory, and
that by environment variables: `workers` by `MNIST_MODELS_WORKERS`, and so on.
"""

import dataclasses
import functools
import ipaddress
import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mnist_models.errors import DigitLabError, said
from mnist_models.files import user_folders

DIRECTORY_VARIABLE = "MNIST_MODELS_RUNS"
FILE = "settings.toml"
_YES_OR_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


class SettingsError(DigitLabError):
    """A setting makes no sense. The message says which, and what would."""


@dataclass(frozen=True)
class Settings:
    """How runs are kept and limited.

    Attributes:
        directory: of everything here; on a local disk, since SQLite's locks fail on network ones.
        workers: runs that train at the same time; 0 for one per GPU, and one where there is none.
        most_epochs: that one run may ask for.
        most_waiting: runs that one visitor may have in the queue; visitors without cookies share them
            with all others without cookies at their address.
        most_in_queue: runs of all visitors that may be in the queue.
        disk: bytes that all runs and kept data sets together may take before no other is accepted.
        largest_upload: bytes of a file of data of one's own (Kaggle's training digits are 77 MB). Streamlit's
            own `server.maxUploadSize` must allow it too.
        reserve: bytes that a checkpoint leaves free on the disk.
        checkpoint_seconds: between checkpoints.
        niceness: how far workers on a CPU stand back for everything else, 0 to 19.
        shared: True to let every visitor stop, continue, rename and delete all runs, as on one's own
            machine; else only the browser that started a run may.
        warm: True to keep a process ready that has imported TensorFlow, for a start within 2 s. It takes
            900 MB of memory.
        warm_seconds: after which that process ends when nobody has visited.
        proxies: addresses or networks of proxies whose `X-Forwarded-For` is believed, with commas between
            them, such as "127.0.0.1, 10.1.0.0/16". It only says who shares a limit.
    """

    directory: Path
    workers: int = 0
    most_epochs: int = 200
    most_waiting: int = 3
    most_in_queue: int = 60
    disk: int = 10_000_000_000
    largest_upload: int = 100_000_000
    reserve: int = 50_000_000
    checkpoint_seconds: float = 15.0
    niceness: int = 10
    shared: bool = False
    warm: bool = True
    warm_seconds: float = 900.0
    proxies: tuple = ()

    @property
    def database(self):
        return self.directory / "runs.sqlite3"

    @property
    def slots(self):
        """How many runs train at the same time."""
        return self.workers or len(gpus()) or 1

    @classmethod
    def load(cls):
        """The settings as they are now.

        Raises:
            SettingsError: when the file or a variable holds something else than a setting.
        """
        folder = directory()
        try:
            given = _from_file(folder / FILE)
        except SettingsError as problem:
            problem.on_the_command_line = f"The file: {folder / FILE}"
            raise
        return cls(directory=folder, **(given | _from_environment()))

    def folder(self, run_id):
        """A run's folder. `run_id` must come from the database, never from an address."""
        return self.directory / "runs" / run_id


def directory():
    """`$MNIST_MODELS_RUNS`, or a folder among the user's data."""
    chosen = os.environ.get(DIRECTORY_VARIABLE)
    return Path(chosen) if chosen else user_folders.data() / "runs"


@functools.cache
def gpus():
    """NVIDIA's GPUs, as its driver names them, with their memory: such as ("NVIDIA L4, 23034 MiB",).

    Asked of the driver, so that no process need import TensorFlow for it.
    """
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    if shutil.which(command[0]) is None:
        return ()
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in listed.stdout.splitlines() if line.strip())


def _networks(where, text):
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(str(ipaddress.ip_network(part)) for part in parts)
    except ValueError:
        raise SettingsError(f"{where} must be addresses with commas between them, not '{text}'.") from None


_FIELDS = {field.name: field.type for field in dataclasses.fields(Settings) if field.name != "directory"}


def _from_file(path):
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name} cannot be read ({said(error)}).") from None
    unknown = given.keys() - _FIELDS.keys()
    if unknown:
        raise SettingsError(
            f"{path.name}: there is no setting '{min(unknown)}'. Known: {', '.join(_FIELDS)}."
        )
    return {
        name: _convert(f"{path.name}: {name}", str(value), _FIELDS[name]) for name, value in given.items()
    }


def _from_environment():
    variables = {name: f"MNIST_MODELS_{name.upper()}" for name in _FIELDS}
    return {
        name: _convert(variable, os.environ[variable], _FIELDS[name])
        for name, variable in variables.items()
        if variable in os.environ
    }


def _convert(where, text, kind):
    if kind is bool:
        if text.lower() not in _YES_OR_NO:
            raise SettingsError(f"{where} must be yes or no, not '{text}'.")
        return _YES_OR_NO[text.lower()]
    if kind is tuple:
        return _networks(where, text)
    try:
        number = kind(text)
    except ValueError:
        raise SettingsError(f"{where} must be a number, not '{text}'.") from None
    if not 0 <= number < float("inf"):
        raise SettingsError(f"{where} must be 0 or more, not {text}.")
    return number
