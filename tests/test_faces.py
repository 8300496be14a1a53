import numpy as np
import pytest

from mnist_models import datasets, fetching


def write(folder, monkeypatch, **arrays):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(folder))
    np.savez(folder / "faces.npz", **arrays)


def test_every_tenth_face_is_kept_for_measuring(tmp_path, monkeypatch):
    x = np.arange(25, dtype=np.uint8)[:, None, None, None] * np.ones((1, 64, 64, 3), np.uint8)
    write(tmp_path, monkeypatch, x_train=x, age=np.arange(25, dtype=np.uint8))
    faces = datasets.load_faces()
    assert faces.age_test.tolist() == [9, 19]
    assert faces.x_test[:, 0, 0, 0].tolist() == [9, 19]
    assert sorted([*faces.age_train, *faces.age_test]) == list(range(25))
    assert (faces.x_train[:, 5, 5, 1] == faces.age_train).all()


@pytest.mark.parametrize(
    "arrays",
    [
        {"x_train": np.zeros((20, 64, 64), np.uint8), "age": np.zeros(20, np.uint8)},
        {"x_train": np.zeros((20, 64, 64, 3), np.float32), "age": np.zeros(20, np.uint8)},
        {"x_train": np.zeros((20, 64, 64, 3), np.uint8), "age": np.zeros(19, np.uint8)},
        {"x_train": np.zeros((20, 64, 64, 3), np.uint8)},
    ],
)
def test_other_arrays_are_refused(tmp_path, monkeypatch, arrays):
    write(tmp_path, monkeypatch, **arrays)
    with pytest.raises(datasets.DataError, match=r"faces\.npz"):
        datasets.load_faces()


def test_missing_faces_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(datasets.DataError, match="data fetch faces"):
        datasets.load_faces()


def test_fetching_faces_says_what_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    with pytest.raises(datasets.DataError, match=r"Put faces\.npz .* into"):
        fetching.fetch("faces")
