"""From trained players to the files that others use, and back."""

import keras
import numpy as np
import onnxruntime
from keras import ops

from mnist_models.training import adversarial

CLOSE = 1e-3  # of ONNX Runtime's pictures to Keras's, in [0, 1]


class ExportFailed(RuntimeError):
    """An exported file computes something else than the network it came from."""


def export(name, fitted, folder):
    """Write both players for ONNX Runtime and for further training, and compare the results.

    `NAME.onnx` takes float32 N×latent_dim and returns N×H×W×C in [0, 1]; `NAME.discriminator.onnx`
    takes such pictures and returns N×1, the probability of being real; `NAME.keras` holds both
    players as `load_players` reads them.

    Args:
        name: str, of the network.
        fitted: adversarial.FittedPlayers.
        folder: pathlib.Path, made if need be.

    Returns:
        list of the three paths.

    Raises:
        ExportFailed: when ONNX Runtime computes something else than Keras.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.onnx", folder / f"{name}.discriminator.onnx", folder / f"{name}.keras"]
    generator, discriminator = fitted.generator, fitted.discriminator
    latent = keras.Input(generator.input_shape[1:])
    image = keras.Input(discriminator.input_shape[1:])
    draws = keras.Model(latent, (generator(latent) + 1) / 2)
    scores = discriminator(image * 2 - 1)
    judges = keras.Model(image, ops.expand_dims(adversarial.probability_of_real(fitted.recipe, scores), 1))
    z = adversarial.fixed_latents(fitted.recipe)
    _export(draws, paths[0], z)
    _export(judges, paths[1], ops.convert_to_numpy(draws(z)))
    keras.Model([latent, image], [generator(latent), discriminator(image)]).save(paths[2])
    return paths


def load_players(path):
    """Read `NAME.keras`.

    Returns:
        (generator, discriminator): keras.Model.
    """
    both = keras.models.load_model(path)
    return both.get_layer("generator"), both.get_layer("discriminator")


def _export(model, path, examples):
    expected = ops.convert_to_numpy(model(examples))
    model.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: examples})
    difference = np.abs(found - expected).max()
    if not difference < CLOSE:
        raise ExportFailed(f"{path.name} differs from the network it came from by {difference:.1e}.")
