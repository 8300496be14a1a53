"""`import mnist_models as lab`: what a Python programmer sees."""

import doctest
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import mnist_models as lab
from mnist_models import catalog
from mnist_models.errors import DigitLabError
from mnist_models.serving import trained_network


@pytest.mark.parametrize("module", [lab, trained_network])
def test_examples_of_the_docstrings_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # trainings write beside
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


def test_a_classifier_reads_files_pictures_and_arrays(tmp_path, sample):
    picture = Image.fromarray(255 - sample.x_test[0]).resize((280, 280))
    picture.save(tmp_path / "digit.png")
    content = io.BytesIO()
    picture.save(content, "PNG")
    canvas = np.asarray(picture.convert("RGBA"))
    reader = lab.load("reader")
    for shown in (tmp_path / "digit.png", str(tmp_path / "digit.png"), content.getvalue(), picture, canvas):
        assert reader(shown).digit == sample.y_test[0]


def test_classifiers_take_batches(sample):
    reader = lab.load("reader")
    probabilities = reader.probabilities(sample.x_test[:50])
    assert probabilities.shape == (50, 10)
    assert (probabilities.argmax(axis=1) == sample.y_test[:50]).mean() > 0.9
    assert len(reader.classes) == 10


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match="Images must be"):
        lab.load("cnn").probabilities(np.zeros((2, 32, 32), np.uint8))


def test_a_generator_walks_from_one_picture_to_another():
    generator = lab.load("digit_gan")
    start, end = np.random.default_rng(1).standard_normal((2, generator.latent_dim), np.float32)
    frames = generator.walk(start, end, steps=5)
    assert frames.shape == (5, 28, 28, 1)
    np.testing.assert_array_equal(frames[[0, -1]], generator.pictures([start, end]))
    assert generator.sliders


def test_the_same_seed_gives_the_same_pictures():
    generator = lab.load("digit_gan")
    np.testing.assert_array_equal(generator.sample(2, seed=5), generator.sample(2, seed=5))
    assert (generator.sample(2, seed=5) != generator.sample(2, seed=6)).any()


def test_unknown_networks_and_those_that_only_measure_are_refused():
    for name in ("nobody", "age_judge"):
        with pytest.raises(catalog.UnknownNetwork):
            lab.load(name)


def test_names_are_those_of_the_catalog():
    assert set(lab.names()) == set(catalog.NETWORKS)


def test_importing_the_package_loads_no_library():
    code = "import sys, mnist_models; print({'numpy', 'onnxruntime', 'tensorflow'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_a_network_learns_from_arrays_with_names(tmp_path, sample):
    few = sample.y_train < 2
    images = sample.x_train[few][..., np.newaxis] / 255
    names = np.array(["ring", "stick"])[sample.y_train[few]]
    network = lab.train("mlp", (images, names), tmp_path, quick=True, epochs=8, hidden=(32,), say=str)
    assert network.classes == ("ring", "stick")
    test = sample.y_test < 2
    read = network.probabilities(sample.x_test[test])[:, :2].argmax(axis=1)
    assert (read == sample.y_test[test]).mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "cnn", "hidden": (64,)}, "hidden is not a setting of cnn"),
        ({"name": "cnn", "epochs": 0}, "Epochs must be from 1"),
        ({"name": "mlp", "data": (np.zeros((5, 9, 9)), np.zeros(5))}, "Images must be N×28×28"),
        ({"name": "mlp", "data": (np.zeros((5, 28, 28)), np.zeros(4))}, "a label for each of the 5"),
        ({"name": "face_gan", "data": (np.zeros((5, 28, 28)), np.zeros(5))}, "learns from faces"),
    ],
)
def test_what_cannot_be_trained_is_said(arguments, sentence, tmp_path):
    with pytest.raises(DigitLabError, match=sentence):
        lab.train(folder=tmp_path, **arguments)
