import keras
import numpy as np
import pytest

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.serving import sessions
from mnist_models.training import export, gan, models
from mnist_models.training.progress import Fitted, Progress
from tests.training.test_gan_loop import RECIPE, network

SOURCE = datasets.SOURCES["mnist"]


def fitted():
    keras.utils.set_random_seed(3)
    generator, discriminator = models.build(network(), RECIPE)
    progress = Progress(target=7, epoch=7, total_steps=70)
    return Fitted((generator, discriminator), RECIPE, progress, interrupted=False)


def test_files_hold_what_was_trained(tmp_path):
    players = fitted()
    card = export.save_generator(network(), players, gan.exported(players), SOURCE, tmp_path)
    z = gan.fixed_latents(RECIPE.replace(seed=9))
    generator = weights.trained("digit_gan", tmp_path)
    pictures = sessions.run(sessions.session(generator), z)
    assert pictures.shape == (64, 8, 8, 1)
    assert 0 <= pictures.min() < pictures.max() <= 1
    np.testing.assert_allclose(pictures, gan.generate(players.models[0], z), atol=2e-3)
    ratings = sessions.run(sessions.session(generator, ".discriminator"), pictures)
    logits = keras.ops.convert_to_numpy(players.models[1](pictures * 2 - 1, training=False))
    np.testing.assert_allclose(ratings, 1 / (1 + np.exp(-logits)), atol=2e-3)
    loaded = export.load_pair(
        weights.checked_file("digit_gan", "digit_gan.keras", tmp_path), "generator", "discriminator"
    )
    for model, trained in zip(loaded, players.models, strict=True):
        for weight, expected in zip(model.get_weights(), trained.get_weights(), strict=True):
            np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-6)
    assert card == weights.read("digit_gan", tmp_path)
    assert (card["epochs_trained"], card["steps_trained"]) == (7, 70)
    assert card["recipe"]["latent_dim"] == RECIPE.latent_dim


def test_a_wrong_export_is_refused(tmp_path, monkeypatch):
    class Wrong(export.onnxruntime.InferenceSession):
        def run(self, names, inputs):
            return [output + 0.01 for output in super().run(names, inputs)]

    monkeypatch.setattr(export.onnxruntime, "InferenceSession", Wrong)
    with pytest.raises(export.ExportError, match="differ"):
        export.save_generator(network(), fitted(), gan.exported(fitted()), SOURCE, tmp_path)
    assert not list(tmp_path.iterdir())
