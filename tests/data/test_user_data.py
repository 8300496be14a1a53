import contextlib

import numpy as np
import pytest

from mnist_models.data import datasets, user_data
from tests.damage import damaged_copies
from tests.data.test_image_folders import CASES, png, zipped
from tests.data.test_kaggle_csv import train_csv


def some(sample, count=40):
    return user_data.make(sample.x_train[:count], sample.y_train[:count], datasets.DIGITS)


def test_a_csv_file(sample):
    data = user_data.from_file("Train.CSV", train_csv(sample.x_train[:40], sample.y_train[:40]))
    assert data.labels == datasets.DIGITS
    assert sum(data.counts.values()) == 40
    examples = data.examples()
    assert list(examples) == list(data.counts)
    for name, image in examples.items():
        places = [n for n in range(40) if (sample.x_train[n] == image).all()]
        assert [str(sample.y_train[n]) for n in places] == [name]


def test_a_zip_and_a_folder(sample, tmp_path):
    from PIL import Image

    members = []
    for number in range(6):
        place = f"{'odd' if number % 2 else 'even'}/{number}.png"
        members.append((place, png(Image.fromarray(sample.x_train[number]))))
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(members[-1][1])
    zip_data = user_data.from_file("a.zip", zipped(members))
    assert zip_data.counts == user_data.from_folder(tmp_path).counts == {"even": 3, "odd": 3}


def test_images_come_in_a_random_order(sample):
    """A training of few images takes the first ones: they must not all be of one class."""
    order = np.argsort(sample.y_train[:400], kind="stable")
    data = user_data.make(sample.x_train[order], sample.y_train[order], datasets.DIGITS)
    assert len(set(data.y[:50].tolist())) > 5
    shown = {image.tobytes(): label for image, label in zip(data.x, data.y, strict=True)}
    assert all(shown[sample.x_train[n].tobytes()] == sample.y_train[n] for n in order)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [([3, 3, 3], "All images are of one class \\('3'\\)"), ([3, 3, 4], "The class '4' has one image only")],
)
def test_too_little_to_learn_from(sample, labels, sentence):
    with pytest.raises(datasets.DataError, match=sentence):
        user_data.make(sample.x_train[:3], np.array(labels, np.uint8), datasets.DIGITS)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [("a.rar", b"Rar!", "Choose a zip"), ("a.zip", b"", "The file is empty"), ("a.csv", b"", "is empty")],
)
def test_other_files(name, data, sentence):
    with pytest.raises(datasets.DataError, match=sentence):
        user_data.from_file(name, data)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.zip")), ids=lambda path: path.stem)
def test_damage_ends_in_data_or_in_a_sentence(path):
    for damaged in damaged_copies(path.read_bytes(), 100):
        with contextlib.suppress(datasets.DataError):
            user_data.from_file("a.zip", damaged)


def test_as_a_data_set(sample):
    dataset = user_data.as_dataset(some(sample), "own-00000000", "Ours")
    assert dataset.source.title == "Ours"
    assert dataset.source.labels == datasets.DIGITS
    assert dataset.x_train.shape == (40, 28, 28)
    assert len(dataset.x_test) == len(dataset.x_held_out) == 0
