"""The device that trains, and images on it: what a step looks up is what the host has under those numbers."""

import numpy as np
import pytest
from keras import ops

from mnist_models import recipes
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError
from mnist_models.images.normalize import as_input
from mnist_models.training import backend, device, gan
from mnist_models.training.progress import Progress

RECIPE = recipes.GanRecipe(batch_size=4, latent_dim=3, mirror=True)
CHOSEN = np.array([7, 2, 2, 19])


def test_xla_waits_for_a_gpu_unless_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(device, "gpus", lambda: [])
    assert not device.xla_pays()
    monkeypatch.setattr(device, "gpus", lambda: ["NVIDIA L4"])
    assert device.xla_pays()
    monkeypatch.setenv(device.XLA_VARIABLE, "off")
    assert not device.xla_pays()


def test_a_wrong_word_is_refused(monkeypatch):
    monkeypatch.setenv(device.XLA_VARIABLE, "perhaps")
    with pytest.raises(DigitLabError, match="auto, on or off"):
        device.xla_pays()


@pytest.mark.parametrize("word", ["on", "off"])
def test_a_step_gives_the_same_with_and_without_xla(monkeypatch, word):
    monkeypatch.setenv(device.XLA_VARIABLE, word)
    step = backend.compile_step(lambda inputs: {"twice": inputs["x"] * 2}, [])
    assert step({"x": np.float32(2.0)})["twice"] == 4.0


def test_the_machine_is_described():
    assert "core" in device.describe() or device.gpus()


def images():
    return datasets.load_sample().x_train[:20]


def test_the_chosen_images_arrive_in_their_order_between_0_and_1():
    kept = device.put(images()[..., np.newaxis])
    found = ops.convert_to_numpy(device.look_up(kept, CHOSEN))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, as_input(images()[CHOSEN]), atol=1e-6)


def test_images_keep_their_bytes_until_a_step_looks_them_up():
    assert ops.convert_to_numpy(device.put(images())).dtype == np.uint8


def test_a_gan_sees_the_chosen_images_half_of_them_mirrored():
    kept = device.put(images()[..., np.newaxis])
    order = np.arange(20)[::-1]
    inputs = gan.draw(kept, order, RECIPE, Progress(target=1, step=1))
    inputs["mirrored"] = np.array([True, False, True, False]).reshape(4, 1, 1, 1)
    seen = ops.convert_to_numpy(gan.real_images(inputs, RECIPE))
    expected = 2 * as_input(images()[order[4:8]]) - 1
    expected[[0, 2]] = expected[[0, 2], :, ::-1]
    np.testing.assert_allclose(seen, expected, atol=1e-6)


def test_a_step_brings_numbers_instead_of_images():
    kept = device.put(images()[..., np.newaxis])
    inputs = gan.draw(kept, np.arange(20), RECIPE, Progress(target=1))
    assert inputs.pop("images") is kept
    brought = [value for value in inputs.values() if isinstance(value, np.ndarray)]
    assert sum(array.nbytes for array in brought) < images()[0].nbytes
