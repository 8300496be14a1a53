"""From trained players to the files that others use, and back."""

import dataclasses
from datetime import UTC, datetime
from importlib.metadata import version

import keras
from keras import ops

from mnist_models import cards, datasets
from mnist_models.training import adversarial, export, hardware, train


def save(network, fitted, folder):
    """Write both players for ONNX Runtime and for further training, with their model card.

    `NAME.onnx` takes float32 N×latent_dim, standard normal, and returns N×H×W×C in [0, 1];
    `NAME.discriminator.onnx` takes such pictures and returns N×1, the probability of being real;
    `NAME.keras` holds both players as `load_players` reads them; `NAME.json` is the card.

    Args:
        network: catalog.AdversarialNetwork.
        fitted: adversarial.FittedPlayers.
        folder: pathlib.Path, made if need be.

    Returns:
        dict, the model card as written.

    Raises:
        export.ExportError: when ONNX Runtime computes something else than Keras.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator, discriminator = fitted.generator, fitted.discriminator
    latent = keras.Input(generator.input_shape[1:])
    image = keras.Input(discriminator.input_shape[1:])
    draws = keras.Model(latent, (generator(latent) + 1) / 2)
    opinion = adversarial.probability_of_real(fitted.recipe, discriminator(image * 2 - 1))
    judges = keras.Model(image, ops.expand_dims(opinion, 1))
    z = adversarial.fixed_latents(fitted.recipe)
    names = [network.name + ending for ending in (".onnx", ".discriminator.onnx", ".keras")]
    difference = max(
        export.to_onnx(draws, folder / names[0], ["pictures"], z),
        export.to_onnx(judges, folder / names[1], ["probability"], ops.convert_to_numpy(draws(z))),
    )
    both = keras.Model([latent, image], [generator(latent), discriminator(image)])
    both.save(folder / names[2], include_optimizer=False)
    card = _card(network, fitted) | {
        "largest_difference_of_onnx": difference,
        "files": {name: cards.sha256(folder / name) for name in names},
    }
    cards.write(network.name, card, folder)
    return card


def load_players(path):
    """Read `NAME.keras`.

    Args:
        path: of the file.

    Returns:
        (generator, discriminator): keras.Model, the generator with averaged weights.
    """
    both = keras.models.load_model(path)
    return both.get_layer("generator"), both.get_layer("discriminator")


def _card(network, fitted):
    progress = fitted.progress
    source = datasets.SOURCES[network.data]
    return {
        "name": network.name,
        "title": network.title,
        "summary": network.summary,
        "parameters": train.parameter_count(fitted.generator),
        "discriminator_parameters": train.parameter_count(fitted.discriminator),
        "data": {"sets": [network.data], "licences": [source.licence]},
        "recipe": dataclasses.asdict(fitted.recipe),
        "epochs_trained": progress.epoch,
        "steps_trained": progress.total_steps,
        "history": progress.history,
        "interrupted": fitted.interrupted,
        "training_seconds": round(progress.seconds),
        "hardware": hardware.describe(),
        "versions": {name: version(name) for name in ("tensorflow", "keras", "tf2onnx", "onnxruntime")},
        "trained_on": datetime.now(UTC).date().isoformat(),
        "limits": list(network.limits),
    }
