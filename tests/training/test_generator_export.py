from dataclasses import replace

import keras
import numpy as np
import pytest
from test_adversarial import RECIPE, network

from mnist_models import evaluation_generated
from mnist_models.training import adversarial, generator_export


def fitted():
    keras.utils.set_random_seed(3)
    generator, discriminator = adversarial.build(network(), RECIPE)
    progress = adversarial.Progress(target=0)
    return adversarial.FittedPlayers(generator, discriminator, RECIPE, progress, False, ())


def test_files_hold_what_was_trained(tmp_path):
    players = fitted()
    generator_path, discriminator_path, keras_path = generator_export.export("tiny", players, tmp_path)
    z = adversarial.fixed_latents(replace(RECIPE, seed=9))
    pictures = evaluation_generated.run(str(generator_path), z)
    assert pictures.shape == (64, 8, 8, 1)
    assert 0 <= pictures.min() < pictures.max() <= 1
    np.testing.assert_allclose(pictures, adversarial.generate(players.generator, z), atol=1e-5)
    opinions = evaluation_generated.run(str(discriminator_path), pictures)
    logits = players.discriminator(pictures * 2 - 1, training=False)
    np.testing.assert_allclose(opinions, 1 / (1 + np.exp(-np.array(logits))), atol=1e-5)
    for loaded, trained in zip(
        generator_export.load_players(keras_path), (players.generator, players.discriminator), strict=True
    ):
        for weight, expected in zip(loaded.get_weights(), trained.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, expected)


def test_a_wrong_export_is_refused(tmp_path, monkeypatch):
    class Wrong(generator_export.onnxruntime.InferenceSession):
        def run(self, names, inputs):
            return [output + 0.01 for output in super().run(names, inputs)]

    monkeypatch.setattr(generator_export.onnxruntime, "InferenceSession", Wrong)
    with pytest.raises(generator_export.ExportFailed, match="differs from the network"):
        generator_export.export("tiny", fitted(), tmp_path)
