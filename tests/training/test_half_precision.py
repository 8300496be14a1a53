import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from mnist_models.training import half_precision


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model(np.zeros((1, 28, 28, 1), np.float32))
    return model


@pytest.fixture
def images(rng):
    return rng.random((20, 28, 28, 1), np.float32)


def test_an_onnx_file_takes_half_the_bytes_and_answers_alike(model, images, tmp_path):
    path = tmp_path / "model.onnx"
    model.export(path, format="onnx", verbose=False)
    before, large = _answer(path, images), path.stat().st_size
    half_precision.halve_onnx(path)
    after = _answer(path, images)
    assert path.stat().st_size < 0.6 * large
    assert after.dtype == np.float32
    np.testing.assert_allclose(after, before, atol=2e-3)
    assert (after != before).any()
    onnx.checker.check_model(onnx.load(path))


def test_halving_twice_changes_nothing(model, tmp_path):
    path = tmp_path / "model.onnx"
    model.export(path, format="onnx", verbose=False)
    half_precision.halve_onnx(path)
    once = path.read_bytes()
    half_precision.halve_onnx(path)
    assert path.read_bytes() == once


def test_keras_loads_float32_from_a_halved_file(model, images, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    large = path.stat().st_size
    half_precision.halve_keras(path)
    assert path.stat().st_size < 0.6 * large
    loaded = keras.models.load_model(path)
    assert {weight.dtype for weight in loaded.weights} == {"float32"}
    np.testing.assert_allclose(loaded(images), model(images), atol=2e-3)


def test_what_float16_cannot_hold_is_left_alone(tmp_path):
    huge = keras.Sequential([keras.Input((600,)), keras.layers.Dense(64)])
    huge.layers[0].set_weights([np.full((600, 64), 1e6, np.float32), np.zeros(64, np.float32)])
    huge.save(tmp_path / "huge.keras")
    half_precision.halve_keras(tmp_path / "huge.keras")
    assert keras.models.load_model(tmp_path / "huge.keras").get_weights()[0].max() == 1e6


def _answer(path, images):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})[0]
