import json

import pytest

from mnist_models import catalog, weights


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "toy.onnx").write_bytes(b"weights")
    weights.write("toy", {"files": {"toy.onnx": weights.sha256(tmp_path / "toy.onnx")}}, tmp_path)
    return tmp_path


def test_what_is_written_is_read(tmp_path):
    weights.write("toy", {"title": "Zürich"}, tmp_path)
    assert weights.read("toy", tmp_path) == {"title": "Zürich"}
    assert [path.name for path in tmp_path.iterdir()] == ["toy.json"]


def test_a_file_as_described_is_given_out(folder):
    assert weights.checked_file("toy", "toy.onnx", folder) == folder / "toy.onnx"


def test_an_altered_file_is_refused(folder):
    (folder / "toy.onnx").write_bytes(b"w3ights")
    with pytest.raises(weights.CardError, match="not the file its card describes"):
        weights.checked_file("toy", "toy.onnx", folder)


def test_a_missing_file_is_refused(folder):
    (folder / "toy.onnx").unlink()
    with pytest.raises(weights.CardError, match="is missing"):
        weights.checked_file("toy", "toy.onnx", folder)


def test_a_file_that_the_card_does_not_name_is_refused(folder):
    (folder / "other.onnx").write_bytes(b"x")
    with pytest.raises(weights.CardError, match="is missing"):
        weights.checked_file("toy", "other.onnx", folder)


def test_a_missing_card_says_how_to_train_on_the_command_line_only(tmp_path):
    with pytest.raises(weights.CardError, match="cnn is not trained yet") as missing:
        weights.read("cnn", tmp_path)
    assert "mnist_models train cnn" in missing.value.on_the_command_line
    assert "python" not in str(missing.value)  # pages show this


@pytest.mark.parametrize("content", ["", "{", "\x00"])
def test_a_damaged_card_gets_a_sentence(tmp_path, content):
    (tmp_path / "toy.json").write_text(content)
    with pytest.raises(weights.CardError, match="damaged"):
        weights.read("toy", tmp_path)


def test_the_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv(weights.WEIGHTS_VARIABLE, str(tmp_path))
    (tmp_path / "toy.json").write_text(json.dumps({"name": "toy"}))
    assert weights.read("toy")["name"] == "toy"


def test_a_name_stands_for_the_shipped_network():
    network = weights.trained("cnn")
    assert (network.name, network.key, network.weights) == ("cnn", "cnn", weights.folder())
    assert network.title == "CNN"
    assert network.is_shipped
    assert weights.trained(network) is network
    with pytest.raises(catalog.UnknownNetwork):
        weights.trained("nonsense")


def test_every_writing_is_another_version(tmp_path):
    network = weights.trained("cnn", tmp_path)
    versions = [network.version()]
    for _ in range(3):
        weights.write("cnn", {"files": {}}, tmp_path)
        versions.append(network.version())
    assert versions[0] is None
    assert network.version() == versions[-1]
    assert len(set(versions)) == 4
