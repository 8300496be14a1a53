"""The files that browsers load to draw by themselves: generators, and what runs them.

A generator is served from the folder that it was trained into, under a name with its hash, and the runtime
from `static/`, where it was built. A name never means other bytes, so a browser that has a file never asks
for it again.
"""

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import StreamingResponse
from starlette.staticfiles import StaticFiles

from mnist_models import weights
from mnist_models.errors import DigitLabError

ROUTE = "browser"
_STATIC = Path(__file__).resolve().parents[2] / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_HASHED = re.compile(r"-[0-9a-f]{8}\.\w+$")
_published = {}  # name → (path, state), of the generators that pages have shown


class NotBuilt(DigitLabError):
    """The files that run networks in a browser are missing. The message says where."""


@dataclass(frozen=True)
class Runtime:
    """Where browsers find what runs a network: addresses relative to the app's own.

    Attributes:
        worker: the script to start as a worker.
        wasm: ONNX Runtime for browsers.
    """

    worker: str
    wasm: str


def runtime(static=_STATIC):
    """The Runtime that was built into the folder.

    Raises:
        NotBuilt: when it is missing.
    """
    return Runtime(built("worker-*.js", static), built("runtime-*.wasm.gz", static).removesuffix(".gz"))


def built(pattern, static=_STATIC):
    """Address of a file that was built into the folder, relative to the app's own; raises NotBuilt."""
    for path in static.glob(pattern):
        return f"{ROUTE}/{path.name}"
    raise NotBuilt(f"The folder {static.name} lacks the files that run networks in a browser: restore it.")


def publish(network, part=""):
    """Let browsers load a generator from now on, until its file is written anew.

    Args:
        network: a generator, or another network with a part that makes pictures; its name, or
            weights.Trained.
        part: ".decoder" for an autoencoder's.

    Returns:
        str, its address relative to the app's own, such as "browser/digit_gan-61dc0e0f.onnx".

    Raises:
        weights.CardError: when the generator is missing or damaged.
    """
    network = weights.trained(network)
    name, source, state = _named(network.name, part, network.weights, network.version())
    _published[name] = source, state
    return f"{ROUTE}/{name}"


@lru_cache(64)  # hashing megabytes at every rerun of a page would be felt
def _named(name, part, folder, _version):
    source = weights.checked_file(name, f"{name}{part}.onnx", folder)
    state = _state(source.stat())
    return f"{name}{part}-{weights.sha256(source)[:8]}.onnx", source, state


def _state(stat):
    return stat.st_mtime_ns, stat.st_size


class BrowserFiles(StaticFiles):
    """The route of these files, for a web server.

    What lies packed in `static/`, NAME.gz, is asked for as NAME: it is sent as it is to who takes gzip, and
    unpacked to who does not.
    """

    def __init__(self, static=_STATIC):
        super().__init__(directory=static, check_dir=False)

    def lookup_path(self, path):
        if path in _published:
            source, state = _published[path]
            found = source.stat() if source.is_file() else None
            return (str(source), found) if found and _state(found) == state else ("", None)
        full_path, found = super().lookup_path(path)
        return (full_path, found) if found else super().lookup_path(f"{path}.gz")

    def file_response(self, full_path, stat_result, scope, status_code=200):
        is_packed = str(full_path).endswith(".gz")
        if is_packed and not takes_gzip(Headers(scope=scope).get("accept-encoding", "")):
            response = StreamingResponse(_unpacked(full_path), status_code, media_type="application/wasm")
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
            # Named even where there is none: else Streamlit would compress megabytes of weights, which
            # hardly shrink, at every request.
            if is_packed or str(full_path).endswith(".onnx"):
                response.headers["Content-Encoding"] = "gzip" if is_packed else "identity"
        if is_packed:
            response.headers["Vary"] = "Accept-Encoding"
        if _HASHED.search(scope["path"]):
            response.headers["Cache-Control"] = _FOR_EVER
        return response


def takes_gzip(accept_encoding):
    """Whether a client takes gzip.

    Args:
        accept_encoding: the header's value, such as "gzip;q=0.5, br", "" without one.
    """
    accepted = {}
    for choice in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in choice.split(";"))
        accepted[coding] = all(not re.fullmatch(r"q\s*=\s*0(\.0*)?", part) for part in parameters)
    return accepted.get("gzip", accepted.get("*", False))


def _unpacked(path):
    with gzip.open(path) as file:
        while chunk := file.read(1 << 16):
            yield chunk
