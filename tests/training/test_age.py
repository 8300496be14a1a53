import dataclasses

import numpy as np
import pytest

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.evaluation import age as evaluation_age
from mnist_models.serving import classifier
from mnist_models.training import age
from mnist_models.training.progress import Silence

NETWORK = catalog.get("age_judge")


def faces(count, seed=0):
    """Grey squares, the brighter the older, from 10 to 60 years."""
    years = np.random.default_rng(seed).integers(10, 61, count)
    images = np.repeat(years * 4, 64 * 64 * 3).reshape(count, 64, 64, 3).astype(np.uint8)
    return images, years.astype(np.uint8)


@pytest.fixture
def data():
    (x_train, age_train), (x_test, age_test) = faces(320), faces(40, seed=1)
    return datasets.FaceData(x_train, x_test, age_train, age_test, origin="a test")


def test_ages_are_learned_measured_and_exported(tmp_path, data, monkeypatch):
    monkeypatch.setattr(age, "CONTRAST", 0.0)  # here brightness is age
    recipe = NETWORK.recipe.replace(epochs=6, weight_average=0.5, batch_size=16)
    card = age.train(NETWORK, recipe, data, tmp_path, Silence())
    figures = evaluation_age.evaluate(data, tmp_path)
    assert figures["mean_absolute_error"] < 0.6 * figures["mean_absolute_error_of_the_median"]
    assert figures["images"] == 40
    assert "without profit" in " ".join(card["limits"])
    assert weights.read("age_judge", tmp_path) == card
    guesses = classifier.predict(weights.trained("age_judge", tmp_path), data.x_test / np.float32(255))
    assert guesses.shape == (40, 1)
    assert (tmp_path / "age_judge.onnx").stat().st_size < 1_000_000


def test_faces_without_ages_are_refused(tmp_path, data):
    ageless = dataclasses.replace(data, age_train=None, age_test=None)
    with pytest.raises(datasets.DataError, match="without ages"):
        age.train(NETWORK, NETWORK.recipe, ageless, tmp_path, Silence())
    with pytest.raises(datasets.DataError, match="without ages"):
        evaluation_age.evaluate(ageless, tmp_path)


def test_distorted_faces_stay_faces(rng):
    images = rng.integers(0, 256, (30, 64, 64, 3), dtype=np.uint8)
    distorted = age.distort(images, rng)
    assert distorted.shape == images.shape
    assert distorted.dtype == np.float32
    assert distorted.min() >= 0
    assert distorted.max() <= 1
    assert np.abs(distorted.mean(axis=(1, 2, 3)) - images.mean(axis=(1, 2, 3)) / 255).max() > 0.03


def test_some_faces_are_mirrored_and_none_turned(rng):
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    images = np.broadcast_to(ramp[None, None, :, None], (60, 64, 64, 3))
    distorted = age.distort(images, rng)
    rising = distorted[:, 32, 50, 0] > distorted[:, 32, 14, 0]
    assert 15 < rising.sum() < 45
    np.testing.assert_allclose(distorted[:, 5], distorted[:, 60], atol=1e-6)
