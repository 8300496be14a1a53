import keras
import numpy as np
import pytest

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.evaluation import generator as evaluation_generated
from mnist_models.training import export, gan_loop, generator_export
from tests.training.test_gan_loop import RECIPE, network

SOURCE = datasets.SOURCES["mnist"]


def fitted():
    keras.utils.set_random_seed(3)
    generator, discriminator = gan_loop.build(network(), RECIPE)
    progress = gan_loop.Progress(target=7, epoch=7, total_steps=70)
    return gan_loop.FittedPlayers(generator, discriminator, RECIPE, progress, False, ())


def test_files_hold_what_was_trained(tmp_path):
    players = fitted()
    card = generator_export.save(network(), players, SOURCE, tmp_path)
    z = gan_loop.fixed_latents(RECIPE.replace(seed=9))
    pictures = evaluation_generated.run(weights.checked_file("digit_gan", "digit_gan.onnx", tmp_path), z)
    assert pictures.shape == (64, 8, 8, 1)
    assert 0 <= pictures.min() < pictures.max() <= 1
    np.testing.assert_allclose(pictures, gan_loop.generate(players.generator, z), atol=1e-5)
    path = weights.checked_file("digit_gan", "digit_gan.discriminator.onnx", tmp_path)
    logits = keras.ops.convert_to_numpy(players.discriminator(pictures * 2 - 1, training=False))
    np.testing.assert_allclose(evaluation_generated.run(path, pictures), 1 / (1 + np.exp(-logits)), atol=1e-5)
    loaded = generator_export.load_players(weights.checked_file("digit_gan", "digit_gan.keras", tmp_path))
    for model, trained in zip(loaded, (players.generator, players.discriminator), strict=True):
        for weight, expected in zip(model.get_weights(), trained.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, expected)
    assert card == weights.read("digit_gan", tmp_path)
    assert (card["epochs_trained"], card["steps_trained"]) == (7, 70)
    assert card["recipe"]["latent_dim"] == RECIPE.latent_dim


def test_a_wrong_export_is_refused(tmp_path, monkeypatch):
    class Wrong(export.onnxruntime.InferenceSession):
        def run(self, names, inputs):
            return [output + 0.01 for output in super().run(names, inputs)]

    monkeypatch.setattr(export.onnxruntime, "InferenceSession", Wrong)
    with pytest.raises(export.ExportError, match="differ"):
        generator_export.save(network(), fitted(), SOURCE, tmp_path)
    assert not list(tmp_path.iterdir())
