import gzip
import os
import time
from pathlib import Path

import pytest

from mnist_models import weights as cards
from mnist_models.serving import browser_files
from tests import generators


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    return generators.write(folder, ("digit_gan",))


@pytest.fixture
def static(tmp_path):
    return tmp_path / "static"


def test_a_generator_is_put_where_browsers_find_it_under_a_name_with_its_hash(weights, static):
    address = browser_files.publish(cards.trained("digit_gan", weights), static)
    source = weights / "digit_gan.onnx"
    assert address == f"generators/digit_gan-{cards.sha256(source)[:8]}.onnx.gz"
    assert gzip.decompress((static / address).read_bytes()) == source.read_bytes()


def test_publishing_again_changes_nothing(weights, static):
    first = browser_files.publish(cards.trained("digit_gan", weights), static)
    content = (static / first).read_bytes()
    assert browser_files.publish(cards.trained("digit_gan", weights), static) == first
    assert (static / first).read_bytes() == content
    assert len(list((static / "generators").iterdir())) == 1


def test_what_was_removed_is_put_there_again(weights, static):
    address = browser_files.publish(cards.trained("digit_gan", weights), static)
    (static / address).unlink()
    browser_files.publish(cards.trained("digit_gan", weights), static)
    assert (static / address).is_file()


def test_earlier_trainings_go_after_a_day_and_other_networks_stay(weights, static):
    folder = static / "generators"
    folder.mkdir(parents=True)
    yesterday = time.time() - 25 * 3600
    for name, when in (
        ("digit_gan-00000000.onnx.gz", yesterday),
        ("digit_gan-11111111.onnx.gz", None),
        ("face_gan-00000000.onnx.gz", yesterday),
    ):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, when and (when, when))
    address = browser_files.publish(cards.trained("digit_gan", weights), static)
    names = {path.name for path in folder.iterdir()}
    assert names == {"digit_gan-11111111.onnx.gz", "face_gan-00000000.onnx.gz", address.split("/")[1]}


def test_a_folder_that_cannot_be_written_gets_a_sentence(weights, static):
    static.write_text("a file where the folder should be")
    with pytest.raises(browser_files.PublishingError, match="cannot be written"):
        browser_files.publish(cards.trained("digit_gan", weights), static)


def test_a_network_that_is_not_there_gets_a_sentence(tmp_path, static):
    with pytest.raises(cards.CardError, match="not trained yet"):
        browser_files.publish(cards.trained("digit_gan", tmp_path), static)


def test_a_part_is_published_under_its_own_name(tmp_path, static):
    path = tmp_path / "vae.decoder.onnx"
    path.write_bytes(b"a decoder")
    cards.write("vae", {"files": {path.name: cards.sha256(path)}}, tmp_path)
    address = browser_files.publish(cards.trained("vae", tmp_path), static, part=".decoder")
    assert address == f"generators/vae.decoder-{cards.sha256(path)[:8]}.onnx.gz"


def test_the_runtime_of_the_browser_is_where_it_was_built(static):
    runtime = browser_files.runtime()
    for address in (runtime.worker, runtime.wasm):
        assert (cards.folder().parent / "static" / address).is_file()
    with pytest.raises(browser_files.PublishingError, match="lacks the files"):
        browser_files.runtime(static)


def test_an_outdated_file_that_another_visitor_has_just_removed(weights, static, monkeypatch):
    path = static / browser_files.publish(cards.trained("digit_gan", weights), static)
    gone = path.with_name(f"{path.name.rpartition('-')[0]}-00000000.onnx.gz")
    real = Path.glob
    monkeypatch.setattr(Path, "glob", lambda folder, pattern: [*real(folder, pattern), gone])
    assert static / browser_files.publish(cards.trained("digit_gan", weights), static) == path
