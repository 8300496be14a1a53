from dataclasses import replace

import numpy as np
import pytest

from mnist_models import catalog
from mnist_models.data import datasets, user_data
from mnist_models.training import data as training_data


class TestSplitting:
    def test_every_class_is_in_both_parts_in_proportion(self):
        labels = np.repeat([0, 3, 9], [200, 100, 2])
        first, second = training_data.stratified(labels, 0.1, seed=1)
        assert sorted([*first, *second]) == list(range(302))
        assert np.unique(labels[second], return_counts=True)[1].tolist() == [20, 10, 1]
        assert np.unique(labels[first], return_counts=True)[1].tolist() == [180, 90, 1]
        assert len(set(labels[first][:50].tolist())) > 1  # not sorted by class

    def test_a_seed_gives_the_same_split_again(self):
        labels = np.arange(100) % 10
        again = [training_data.stratified(labels, 0.1, seed) for seed in (1, 1, 2)]
        np.testing.assert_array_equal(again[0][1], again[1][1])
        assert (again[0][1] != again[2][1]).any()


@pytest.mark.usefixtures("sample")
def test_a_share_of_the_images_is_always_the_same():
    data = training_data.prepare(catalog.get("judge"), seed=1)
    some, again = (training_data.some(data, 300) for _ in range(2))
    np.testing.assert_array_equal(some.x, again.x)
    assert len(some.x) == len(some.y) == some.description["training_images"] == 300
    assert {image.tobytes() for image in some.x} <= {image.tobytes() for image in data.x}
    assert len(set(some.y.tolist())) == 10


@pytest.mark.usefixtures("stroke_file")
def test_data_of_ones_own_comes_alone(sample):
    x, y = sample.x_train[:300], sample.y_train[:300]
    own = user_data.as_dataset(user_data.make(x, y, datasets.DIGITS), "own-00000000", "Ours")
    data = training_data.prepare(catalog.get("reader"), seed=1, own=own)
    assert len(data.x) + len(data.x_val) == 300
    assert 20 <= len(data.x_val) <= 40
    assert not {image.tobytes() for image in data.x} & {image.tobytes() for image in data.x_val}
    assert data.y.shape == (len(data.x),)
    facts = data.description
    assert facts["sets"] == ["own-00000000"]
    assert facts["classes"] == list(datasets.DIGITS)
    assert facts["training_images"] == len(data.x)
    assert data.classes == 10
    assert datasets.with_licences(facts) == f"Ours ({user_data.LICENCE})"


def test_distortions_suit_the_data(sample, monkeypatch):
    fashion = replace(sample, name="fashion_mnist")
    monkeypatch.setattr(datasets, "load", {"fashion_mnist": fashion, "mnist": sample}.get)
    network = catalog.get("cnn")
    assert training_data.prepare(network, 1).distortions == "digits"
    garments = training_data.prepare(replace(network, data=("fashion_mnist",)), 1)
    assert garments.distortions == "garments"
    assert training_data.some(garments, 100).distortions == "garments"


def test_the_classes_of_data_of_ones_own_are_counted(sample):
    few = sample.y_train[:300] < 3
    own = user_data.make(sample.x_train[:300][few], sample.y_train[:300][few], ("a", "b", "c"))
    own = user_data.as_dataset(own, "own-00000000", "Ours")
    assert training_data.prepare(catalog.get("mlp"), seed=1, own=own).classes == 3
