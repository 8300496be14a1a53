from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mnist_models.data import datasets, download, face_folder


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
    ],
)
def test_other_arrays_are_refused(tmp_path, monkeypatch, arrays):
    write(tmp_path, monkeypatch, **arrays)
    with pytest.raises(datasets.DataError, match=r"faces\.npz"):
        datasets.load_faces()


def test_missing_faces_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(datasets.DataError) as missing:
        datasets.load_faces()
    assert "data fetch faces" in missing.value.on_the_command_line


def test_photographs_of_a_folder_become_the_data_set(tmp_path, monkeypatch):
    photos = tmp_path / "photos" / "below"
    photos.mkdir(parents=True)
    for number in range(100):
        Image.new("RGB", (80, 100), (number, 0, 200)).save(photos / f"{number + 1}_0_2.png")
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    face_folder.add(tmp_path / "photos")
    faces = datasets.load_faces()
    assert faces.x_train.shape == (90, 64, 64, 3)
    np.testing.assert_array_equal(faces.x_train[:, 30, 30, 0], faces.age_train - 1)


def test_faces_without_ages_can_be_trained_on(tmp_path, monkeypatch):
    write(tmp_path, monkeypatch, x_train=np.zeros((20, 64, 64, 3), np.uint8))
    faces = datasets.load_faces()
    assert (len(faces.x_train), faces.age_train, faces.age_test) == (18, None, None)


def test_a_folder_of_few_or_broken_photographs_gets_a_sentence(tmp_path):
    with pytest.raises(datasets.DataError, match="holds 0 pictures"):
        face_folder.read(tmp_path)
    for number in range(100):
        (tmp_path / f"{number}.png").write_text("no picture")
    with pytest.raises(datasets.DataError, match=r"0\.png cannot be read"):
        face_folder.read(tmp_path)
    with pytest.raises(datasets.DataError, match="no folder"):
        face_folder.read(tmp_path / "absent")


def test_fetching_faces_asks_scikit_learn_for_lfw(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    images = np.full((20, 64, 64, 3), 0.5, np.float32)
    monkeypatch.setattr("sklearn.datasets.fetch_lfw_people", lambda **_: SimpleNamespace(images=images))
    download.fetch("faces")
    assert (datasets.load_faces().x_train == 128).all()
