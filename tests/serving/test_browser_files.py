import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from mnist_models import weights
from mnist_models.serving import browser_files
from tests import generators


@pytest.fixture
def folder(tmp_path):
    """Weights of a small generator."""
    (tmp_path / "weights").mkdir()
    return generators.write(tmp_path / "weights", ("digit_gan",))


@dataclass
class Answer:
    status: int
    headers: Headers
    content: bytes


def get(address, accepted="identity", files=None):
    """What a server answers that compresses what it sends, as Streamlit's does."""
    routes = [Mount("/browser", files or browser_files.BrowserFiles())]
    app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/{address}",
        "query_string": b"",
        "headers": [(b"accept-encoding", accepted.encode())],
    }
    sent = []

    async def receive():
        return await asyncio.Event().wait()  # the client stays

    async def send(message):
        sent.append(message)

    # In a thread of its own: where browser tests run too, there is a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(app(scope, receive, send))).result()
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], Headers(raw=sent[0]["headers"]), content)


def is_kept_for_ever(answer):
    return "immutable" in answer.headers.get("Cache-Control", "")


@pytest.mark.parametrize("accepted", ["identity", "gzip, deflate, br"])
def test_a_generator_is_served_as_it_is_under_a_name_with_its_hash(folder, accepted):
    source = folder / "digit_gan.onnx"
    address = browser_files.publish(weights.trained("digit_gan", folder))
    assert address == f"browser/digit_gan-{weights.sha256(source)[:8]}.onnx"
    answer = get(address, accepted)
    assert answer.content == source.read_bytes()
    assert answer.headers["Content-Length"] == str(source.stat().st_size)
    assert is_kept_for_ever(answer)


def test_publishing_again_gives_the_same_address(folder):
    network = weights.trained("digit_gan", folder)
    assert browser_files.publish(network) == browser_files.publish(network)


def test_a_generator_that_was_written_anew_is_not_served_under_its_old_name(folder):
    network = weights.trained("digit_gan", folder)
    old = browser_files.publish(network)
    path = folder / "digit_gan.onnx"
    path.write_bytes(path.read_bytes() + b"\0")
    weights.write("digit_gan", {"files": {path.name: weights.sha256(path)}}, folder)
    assert get(old).status == 404
    new = browser_files.publish(network)
    assert new != old
    assert get(new).content == path.read_bytes()
    path.unlink()
    assert get(new).status == 404


def test_a_network_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(weights.CardError, match="not trained yet"):
        browser_files.publish(weights.trained("digit_gan", tmp_path))


def test_a_part_is_published_under_its_own_name(tmp_path):
    path = tmp_path / "vae.decoder.onnx"
    path.write_bytes(b"a decoder")
    weights.write("vae", {"files": {path.name: weights.sha256(path)}}, tmp_path)
    address = browser_files.publish(weights.trained("vae", tmp_path), part=".decoder")
    assert address == f"browser/vae.decoder-{weights.sha256(path)[:8]}.onnx"
    assert get(address).content == b"a decoder"


def test_the_runtime_is_sent_packed_to_who_takes_it_so():
    address = browser_files.runtime().wasm
    packed = get(address, "br, gzip")
    plain = get(address)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content
    assert plain.content[:4] == b"\0asm"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 2
    for answer in (packed, plain):
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["Content-Type"] == "application/wasm"
        assert is_kept_for_ever(answer)


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("GZIP;q=0.5, br", True),
        ("br, *", True),
        ("*;q=0", False),
        ("gzip; q=0, *", False),
        ("gzip;q=0.000", False),
        ("gzip;q=0.001", True),
        ("br", False),
        ("x-gzipped", False),
        ("", False),
    ],
)
def test_who_takes_gzip(header, taken):
    assert browser_files.takes_gzip(header) == taken


def test_the_scripts_are_there():
    for address in (browser_files.runtime().worker, browser_files.built("element-*.js")):
        answer = get(address)
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert is_kept_for_ever(answer)


@pytest.mark.parametrize("path", ["", "../README.md", "/etc/passwd", "none-00000000.onnx", "reader.onnx"])
def test_nothing_else_is_there(path):
    answer = get(f"browser/{path}")
    assert answer.status == 404
    assert not is_kept_for_ever(answer)


def test_what_is_not_built_gets_a_sentence(tmp_path):
    with pytest.raises(browser_files.NotBuilt, match="lacks the files"):
        browser_files.runtime(tmp_path)


def test_the_runtime_is_what_was_packed(tmp_path):
    name = "runtime-01234567.wasm"
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(b"content"))
    files = browser_files.BrowserFiles(tmp_path)
    assert get(f"browser/{name}", files=files).content == b"content"
