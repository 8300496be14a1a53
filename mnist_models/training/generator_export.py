"""From trained players to the files that others use, and back."""

import keras
from keras import ops

from mnist_models import weights
from mnist_models.training import classifier, data, export, gan_loop, sample_grids


def save(network, fitted, source, folder, pictures=None):
    """Write both players for ONNX Runtime and for further training, with their model card.

    `NAME.onnx` takes float32 N×latent_dim, standard normal, and returns N×H×W×C in [0, 1];
    `NAME.discriminator.onnx` takes such pictures and returns N×1, the probability of being real;
    `NAME.keras` holds both players as `load_players` reads them; `NAME.training.webp` a frame of
    pictures an epoch; `NAME.json` is the card. Where the folder holds the same training at fewer
    steps, the card keeps what was measured then as "earlier".

    Args:
        network: catalog.Network.
        fitted: gan_loop.FittedPlayers.
        source: datasets.Source of what it was trained on.
        folder: pathlib.Path, made if need be.
        pictures: pathlib.Path of the training's picture grids; None for none.

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
    opinion = gan_loop.probability_of_real(fitted.recipe, discriminator(image * 2 - 1))
    judges = keras.Model(image, ops.expand_dims(opinion, 1))
    z = gan_loop.fixed_latents(fitted.recipe)
    names = [network.name + ending for ending in (".onnx", ".discriminator.onnx", ".keras")]
    difference = max(
        export.to_onnx(draws, folder / names[0], ["pictures"], z),
        export.to_onnx(judges, folder / names[1], ["probability"], ops.convert_to_numpy(draws(z))),
    )
    both = keras.Model([latent, image], [generator(latent), discriminator(image)])
    both.save(folder / names[2], include_optimizer=False)
    shown = []
    if pictures is not None and any(pictures.glob("*-epoch-*.png")):
        names.append(f"{network.name}.training.webp")
        shown = sample_grids.keep_epochs(pictures, folder / names[-1], generator.output_shape[2])
    card = _card(network, fitted, source) | {
        "earlier": _earlier(network, fitted, folder),
        "epochs_of_pictures": shown,
        "largest_difference_of_onnx": difference,
        "files": {name: weights.sha256(folder / name) for name in names},
    }
    weights.write(network.name, card, folder)
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


def _earlier(network, fitted, folder):
    """What was measured of the same training when it was younger, oldest first."""
    try:
        card = weights.read(network.name, folder)
    except weights.CardError:
        return []
    progress = fitted.progress
    same = card["history"] == progress.history[: card["epochs_trained"]]
    if not same:
        return []
    if "test" not in card or card.get("steps_trained") == progress.total_steps:
        return card["earlier"]
    return [*card["earlier"], {"epochs_trained": card["epochs_trained"], "test": card["test"]}]


def _card(network, fitted, source):
    progress = fitted.progress
    return export.card_facts(network) | {
        "parameters": classifier.parameter_count(fitted.generator),
        "discriminator_parameters": classifier.parameter_count(fitted.discriminator),
        "data": data.facts(source) | {"sets": list(network.data)},
        "recipe": fitted.recipe.model_dump(),
        "started_from": progress.started_from,
        "recipes_before": progress.recipes_before,
        "epochs_trained": progress.epoch,
        "steps_trained": progress.total_steps,
        "history": progress.history,
        "interrupted": fitted.interrupted,
        "training_seconds": round(progress.seconds),
    }
