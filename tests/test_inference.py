import subprocess
import sys

import numpy as np
import pytest

from mnist_models import cards, catalog, inference

CLASSIFIERS = [network.name for network in catalog.CLASSIFIERS.values()]


@pytest.mark.parametrize("name", CLASSIFIERS)
class TestEveryClassifier:
    def test_gives_ten_probabilities(self, name, sample):
        images = sample.x_test[:20, ..., None] / np.float32(255)
        probabilities = inference.predict(name, images)
        assert probabilities.shape == (20, 10)
        assert probabilities.dtype == np.float32
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)

    def test_reads_held_out_digits(self, name, sample):
        if "mnist" not in catalog.get(name).data:
            pytest.skip("reads clothes")
        guesses = inference.predict(name, sample.x_test[..., None] / np.float32(255)).argmax(axis=1)
        assert (guesses == sample.y_test).mean() >= 0.98

    def test_its_keras_file_answers_alike(self, name, sample):
        pytest.importorskip("keras")
        from mnist_models.training import restore

        digits = sample.x_test[:200, ..., None] / np.float32(255)
        model = restore.load(catalog.get(name))
        np.testing.assert_allclose(np.asarray(model(digits)), inference.predict(name, digits), atol=1e-4)


def test_a_reading_names_the_most_probable_digit(sample):
    image = sample.x_test[0, ..., None] / np.float32(255)
    reading = inference.read("reader", image)
    assert reading.digit == sample.y_test[0]
    assert reading.is_sure
    assert reading.probabilities.argmax() == reading.digit


def test_noise_is_not_read_with_certainty():
    noise = np.random.default_rng(3).random((28, 28, 1)).astype(np.float32)
    assert not inference.read("reader", noise).is_sure


@pytest.mark.parametrize("name", ["judge", "fashion_cnn"])
def test_a_judge_has_a_feature_layer(name, sample):
    session = inference.session(f"{name}.layers.onnx", name)
    (output,) = session.get_outputs()
    assert output.name == "features"
    images = sample.x_test[:3, ..., None] / np.float32(255)
    assert session.run(["features"], {session.get_inputs()[0].name: images})[0].shape == (3, 64)


def test_a_network_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(cards.CardError, match="not trained yet"):
        inference.predict("reader", np.zeros((1, 28, 28, 1), np.float32), tmp_path)


def test_a_network_that_was_tampered_with_is_not_run(tmp_path):
    for file_name in ("cnn.json", "cnn.onnx"):
        (tmp_path / file_name).write_bytes((cards.folder() / file_name).read_bytes())
    with open(tmp_path / "cnn.onnx", "ab") as file:
        file.write(b"\0")
    with pytest.raises(cards.CardError, match="not the file"):
        inference.predict("cnn", np.zeros((1, 28, 28, 1), np.float32), tmp_path)


def test_reading_loads_no_training_library():
    code = (
        "import sys, numpy as np; from mnist_models import inference;"
        "inference.read('reader', np.zeros((28, 28, 1), np.float32));"
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
