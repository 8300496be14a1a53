import gzip
import hashlib
import os

import numpy as np
import pytest

from mnist_models.data import datasets

# SHA-256 of the held-out digits' bytes, from the canonical MNIST file.
HELD_OUT_SHA256 = "fb009b588ce7793da713b688e7c3616a88363d85426649d18518893d19e75086"


def full_mnist(**changes):
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (60_000, 28, 28), np.uint8),
        "y_train": rng.integers(0, 10, 60_000, np.uint8),
        "x_test": rng.integers(0, 256, (10_000, 28, 28), np.uint8),
        "y_test": rng.integers(0, 10, 10_000, np.uint8),
    }
    return arrays | changes


class TestSample:
    def test_is_what_load_falls_back_to(self):
        data = datasets.load("mnist")
        assert data.is_sample
        assert data.x_train.shape == (8_000, 28, 28)
        assert data.x_test.shape == (2_000, 28, 28)
        assert data.x_train.dtype == data.y_train.dtype == np.uint8

    def test_holds_the_canonical_digits(self, sample):
        digest = hashlib.sha256(sample.x_held_out.tobytes() + sample.y_held_out.tobytes()).hexdigest()
        assert digest == HELD_OUT_SHA256

    def test_held_out_digits_are_not_among_those_trained_on(self, sample):
        trained = {digit.tobytes() for digit in sample.x_train}
        assert not any(digit.tobytes() in trained for digit in sample.x_held_out)


class TestLoad:
    def test_the_held_out_digits_are_taken_out_of_the_training_digits(self, data_folder):
        arrays = full_mnist()
        np.savez(data_folder / "mnist.npz", **arrays)
        data = datasets.load("mnist")
        assert not data.is_sample
        assert len(data.x_train) == len(data.y_train) == 58_000
        np.testing.assert_array_equal(data.x_held_out, arrays["x_train"][8_000:10_000])
        np.testing.assert_array_equal(data.x_train[8_000], arrays["x_train"][10_000])
        assert str(data_folder) in data.origin

    def test_what_was_got_ready_is_loaded_once_without_its_file_being_read(self, data_folder):
        path = data_folder / "mnist.npz"
        np.savez(path, **full_mnist())
        datasets.get_ready("mnist")
        times = path.stat()
        path.write_bytes(b"not read")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert len(datasets.load("mnist").x_train) == 58_000
        with pytest.raises(datasets.DataError):
            datasets.load("mnist")

    def test_a_file_that_changed_after_it_was_got_ready_is_read_again(self, data_folder):
        path = data_folder / "mnist.npz"
        np.savez(path, **full_mnist())
        datasets.get_ready("mnist")
        np.savez(path, **full_mnist(y_test=np.full(10_000, 7, np.uint8)))
        os.utime(path, ns=(0, 0))
        assert set(datasets.load("mnist").y_test) == {7}

    def test_finds_what_keras_has_downloaded(self, tmp_path, monkeypatch):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        (tmp_path / "datasets").mkdir()
        np.savez(tmp_path / "datasets" / "mnist.npz", **full_mnist())
        assert not datasets.load("mnist").is_sample

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"x_train": np.zeros((59_999, 28, 28), np.uint8)}, "x_train is uint8 59999×28×28"),
            ({"x_test": np.zeros((10_000, 32, 32), np.uint8)}, "x_test is uint8 10000×32×32"),
            ({"x_test": np.zeros((10_000, 28, 28), np.float32)}, "x_test is float32"),
            ({"y_train": np.full(60_000, 10, np.uint8)}, "y_train is not 60000 labels from 0 to 9"),
            ({"y_test": np.zeros(9, np.uint8)}, "y_test is not 10000 labels"),
        ],
    )
    def test_a_wrongly_shaped_file_gets_a_sentence(self, data_folder, changes, message):
        np.savez(data_folder / "mnist.npz", **full_mnist(**changes))
        with pytest.raises(datasets.DataError, match=message):
            datasets.load("mnist")

    def test_a_missing_array_gets_a_sentence(self, data_folder):
        np.savez(data_folder / "mnist.npz", x_train=np.zeros(3))
        with pytest.raises(datasets.DataError, match="lacks y_train"):
            datasets.load("mnist")

    @pytest.mark.parametrize("keep", [0, 100, 20_000_000])
    def test_a_truncated_file_gets_a_sentence(self, data_folder, keep):
        path = data_folder / "mnist.npz"
        np.savez(path, **full_mnist())
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(datasets.DataError, match="damaged"):
            datasets.load("mnist")

    def test_a_flipped_byte_gets_a_sentence(self, data_folder):
        path = data_folder / "mnist.npz"
        np.savez(path, **full_mnist())
        data = bytearray(path.read_bytes())
        data[1_000_000] ^= 255
        path.write_bytes(data)
        with pytest.raises(datasets.DataError, match="damaged"):
            datasets.load("mnist")

    def test_pickles_are_not_opened(self, data_folder):
        np.savez(data_folder / "mnist.npz", **full_mnist(y_test=np.array([{}], object)))
        with pytest.raises(datasets.DataError, match="damaged"):
            datasets.load("mnist")

    def test_an_unknown_name_lists_the_known(self):
        with pytest.raises(datasets.DataError, match=r"no data set 'emnist'.*mnist"):
            datasets.load("emnist")


class TestStrokes:
    def test_are_read_with_y_pointing_down(self, stroke_file):
        data = datasets.load_strokes()
        assert len(data.strokes) == len(data.labels) == 2_400
        seven = data.strokes[1][0]
        assert seven[0, 1] < seven[-1, 1]  # the bar of a seven is above its foot

    def test_missing_ones_say_how_to_get_them(self):
        with pytest.raises(datasets.DataError) as missing:
            datasets.load_strokes()
        assert "data fetch strokes" in missing.value.on_the_command_line
        assert "python" not in str(missing.value)  # pages show this

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x1f\x8b broken",
            gzip.compress(b"{", mtime=0),
            gzip.compress(b'{"label": 11, "strokes": [[[1, 2]]]}\n', mtime=0),
        ],
    )
    def test_damaged_ones_get_a_sentence(self, data_folder, content):
        (data_folder / datasets.STROKES_FILE).write_bytes(content)
        with pytest.raises(datasets.DataError, match="pen_digits"):
            datasets.load_strokes()


def test_describe_says_where_data_is_and_how_big(stroke_file):
    assert str(stroke_file) in datasets.describe("strokes")
    assert " MB" in datasets.describe("strokes")
    assert "data fetch mnist" in datasets.describe("mnist")
