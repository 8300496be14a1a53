import shutil
import subprocess
import sys

import numpy as np
import pytest

from mnist_models import catalog, weights
from mnist_models.images.normalize import as_input
from mnist_models.serving import classifier, sessions

CLASSIFIERS = [network.name for network in catalog.CLASSIFIERS.values()]


@pytest.mark.parametrize("name", CLASSIFIERS)
class TestEveryClassifier:
    def test_gives_ten_probabilities(self, name, sample):
        images = sample.x_test[:20, ..., None] / np.float32(255)
        probabilities = classifier.predict(name, images)
        assert probabilities.shape == (20, 10)
        assert probabilities.dtype == np.float32
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)

    def test_reads_held_out_digits(self, name, sample):
        if "mnist" not in catalog.get(name).data:
            pytest.skip("reads clothes")
        guesses = classifier.predict(name, sample.x_test[..., None] / np.float32(255)).argmax(axis=1)
        assert (guesses == sample.y_test).mean() >= 0.98

    def test_its_keras_file_answers_alike(self, name, sample):
        pytest.importorskip("keras")
        from mnist_models.training import models

        digits = sample.x_test[:200, ..., None] / np.float32(255)
        model = models.load(catalog.get(name))
        np.testing.assert_allclose(np.asarray(model(digits)), classifier.predict(name, digits), atol=2e-3)


def test_a_reading_names_the_most_probable_digit(sample):
    image = sample.x_test[0, ..., None] / np.float32(255)
    reading = classifier.read("reader", image)
    assert reading.digit == sample.y_test[0]
    assert reading.is_sure
    assert reading.probabilities.argmax() == reading.digit


def test_noise_is_not_read_with_certainty():
    noise = np.random.default_rng(3).random((28, 28, 1)).astype(np.float32)
    assert not classifier.read("reader", noise).is_sure


@pytest.mark.parametrize("name", ["judge", "fashion_cnn"])
def test_a_judge_has_a_feature_layer(name, sample):
    images = sample.x_test[:3, ..., None] / np.float32(255)
    probabilities, features = sessions.outputs(sessions.session(name, layers=("features",)), images)
    assert probabilities.shape == (3, 10)
    assert features.shape == (3, 64)


def test_a_network_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(weights.CardError, match="not trained yet"):
        classifier.predict(weights.trained("reader", tmp_path), np.zeros((1, 28, 28, 1), np.float32))


def test_a_network_that_was_tampered_with_is_not_run(tmp_path):
    for file_name in ("cnn.json", "cnn.onnx"):
        (tmp_path / file_name).write_bytes((weights.folder() / file_name).read_bytes())
    with open(tmp_path / "cnn.onnx", "ab") as file:
        file.write(b"\0")
    with pytest.raises(weights.CardError, match="not the file"):
        classifier.predict(weights.trained("cnn", tmp_path), np.zeros((1, 28, 28, 1), np.float32))


def test_reading_loads_no_training_library():
    code = (
        "import sys, numpy as np; from mnist_models.serving import classifier;"
        "classifier.read('reader', np.zeros((28, 28, 1), np.float32));"
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_a_network_that_was_written_anew_is_read_anew(tmp_path, sample):
    """As when a run is resumed."""
    network, digits = weights.trained("mlp", tmp_path), as_input(sample.x_test[:5])
    for source, threshold in (("cnn", 0.6), ("mlp", 0.7)):
        path = tmp_path / "mlp.onnx"
        shutil.copy(weights.folder() / f"{source}.onnx", path)
        weights.write("mlp", {"files": {path.name: weights.sha256(path)}, "sure_above": threshold}, tmp_path)
        np.testing.assert_array_equal(classifier.predict(network, digits), classifier.predict(source, digits))
        assert classifier.threshold(network) == threshold


def test_a_network_that_is_gone_is_not_served_from_memory(tmp_path):
    network, digit = weights.trained("mlp", tmp_path), np.zeros((28, 28, 1), np.float32)
    for name in ("mlp.onnx", "mlp.json"):
        shutil.copy(weights.folder() / name, tmp_path)
    classifier.read(network, digit)
    (tmp_path / "mlp.json").unlink()
    with pytest.raises(weights.CardError, match="not trained yet"):
        classifier.read(network, digit)


def test_many_inputs_are_computed_a_few_at_a_time(sample):
    """ONNX Runtime keeps the memory of the largest batch."""
    images = as_input(sample.x_test[:50])
    session, sizes = sessions.session("mlp"), []

    class Recorder:
        get_inputs = session.get_inputs

        def run(self, outputs, inputs):
            sizes.append(len(next(iter(inputs.values()))))
            return session.run(outputs, inputs)

    answers = sessions.run(Recorder(), images)
    assert sum(sizes) == 50
    assert max(sizes) <= 16
    one_by_one = np.concatenate([classifier.predict("mlp", image[np.newaxis]) for image in images])
    np.testing.assert_allclose(answers, one_by_one, atol=1e-6)
    assert sessions.run(session, images[:0]).shape == (0, 10)
