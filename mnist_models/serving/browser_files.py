"""Put a generator where browsers can load it.

Streamlit serves `static/` beside `app.py` and nothing outside it, no links either. A generator is
copied there from the weights folder when a page first shows it, gzipped once rather than at every
request, under a name with its hash. So the repository holds every generator once, whoever trains one
sees it at once, and browsers may keep what they have loaded.
"""

import contextlib
import gzip
import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mnist_models import weights as cards
from mnist_models.errors import said
from mnist_models.files.atomic import atomic_write

_STATIC = Path(__file__).resolve().parents[2] / "static"
_OUTDATED = 24 * 3600  # seconds after which a generator that nobody has asked for since is removed


class PublishingError(Exception):
    """The folder for the browser's files cannot be written. The message says which."""


@dataclass(frozen=True)
class Runtime:
    """Where browsers find what runs a network: addresses relative to the folder that Streamlit serves.

    Attributes:
        worker: the script to start as a worker.
        wasm: ONNX Runtime for browsers, gzipped.
    """

    worker: str
    wasm: str


def runtime(static=_STATIC):
    """The Runtime that was built into the folder.

    Raises:
        PublishingError: when it is missing.
    """
    found = [next(static.glob(f"dream/{pattern}"), None) for pattern in ("worker-*.js", "runtime-*.wasm.gz")]
    if None in found:
        raise PublishingError(f"{static / 'dream'} lacks the files that run networks in a browser.")
    return Runtime(*(path.relative_to(static).as_posix() for path in found))


def publish(network, static=_STATIC, part=""):
    """Make sure that a generator is among the files that browsers can load.

    Args:
        network: a generator, or another network with a part that makes pictures; its name, or
            weights.Trained.
        static: pathlib.Path of the folder that Streamlit serves.
        part: ".decoder" for an autoencoder's.

    Returns:
        str, its address relative to that folder, such as "generators/digit_gan-61dc0e0f.onnx.gz".

    Raises:
        weights.CardError: when the generator is missing or damaged.
        PublishingError: when the folder cannot be written.
    """
    network = cards.trained(network)
    stem = f"{network.name}{part}"
    source, checksum = _checked(network.name, part, network.weights, network.version())
    path = static / "generators" / f"{stem}-{checksum[:8]}.onnx.gz"
    try:
        if path.is_file():
            os.utime(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, gzip.compress(source.read_bytes(), mtime=0))
        _remove_outdated(stem, path)
    except OSError as error:
        raise PublishingError(f"{path.parent.name} cannot be written ({said(error)}).") from None
    return path.relative_to(static).as_posix()


@lru_cache(64)  # hashing megabytes at every rerun of a page would be felt
def _checked(name, part, weights, _version):
    source = cards.checked_file(name, f"{name}{part}.onnx", weights)
    return source, cards.sha256(source)


def _write(path, content):
    with atomic_write(path) as draft:  # another visitor may ask for it meanwhile
        draft.write_bytes(content)


def _remove_outdated(stem, kept):
    for path in kept.parent.glob(f"{stem}-*.onnx.gz"):
        with contextlib.suppress(FileNotFoundError):  # another visitor has just removed it
            if path != kept and time.time() - path.stat().st_mtime > _OUTDATED:
                path.unlink()
