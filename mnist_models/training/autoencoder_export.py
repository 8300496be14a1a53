"""From a trained encoder and decoder to the files that others use, and back."""

import keras

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.images.normalize import as_input
from mnist_models.training import classifier, export


def save(network, fitted, data, folder):
    """Write both parts for ONNX Runtime and for further training, with their model card.

    `NAME.onnx` takes and returns float32 N×28×28×1 in [0, 1]; `NAME.encoder.onnx` takes the same and
    returns N×latent_dim codes (of a variational autoencoder: the means); `NAME.decoder.onnx` draws
    N×28×28×1 from codes; `NAME.keras` holds both parts as `load_parts` reads them; `NAME.json` is
    the card.

    Args:
        network: catalog.Network.
        fitted: autoencoder_loop.FittedParts.
        data: training.data.TrainingData it was trained on.
        folder: pathlib.Path, made if need be.

    Returns:
        dict, the model card as written.

    Raises:
        export.ExportError: when ONNX Runtime computes something else than Keras.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder, decoder = fitted.encoder, fitted.decoder
    image, code = keras.Input((28, 28, 1)), keras.Input((fitted.recipe.latent_dim,))
    encodes = keras.Model(image, encoder(image)[:, : fitted.recipe.latent_dim])
    draws = keras.Model(code, decoder(code))
    whole = keras.Model(image, draws(encodes(image)))
    digits = as_input(datasets.load_sample().x_train[: export.CHECKED_DIGITS])
    codes = keras.ops.convert_to_numpy(encodes(digits))
    names = [network.name + ending for ending in (".onnx", ".encoder.onnx", ".decoder.onnx", ".keras")]
    difference = max(
        export.to_onnx(whole, folder / names[0], ["pictures"], digits),
        export.to_onnx(encodes, folder / names[1], ["codes"], digits),
        export.to_onnx(draws, folder / names[2], ["pictures"], codes),
    )
    both = keras.Model([image, code], [encoder(image), decoder(code)])
    both.save(folder / names[3], include_optimizer=False)
    card = _card(network, fitted, data) | {
        "largest_difference_of_onnx": difference,
        "files": {name: weights.sha256(folder / name) for name in names},
    }
    weights.write(network.name, card, folder)
    return card


def load_parts(path):
    """Read `NAME.keras`: (encoder, decoder), as the network's builder makes them."""
    both = keras.models.load_model(path)
    return both.get_layer("encoder"), both.get_layer("decoder")


def _card(network, fitted, data):
    progress = fitted.progress
    best = progress.history[progress.best_epoch - 1] if progress.history else {}
    return export.card_facts(network) | {
        "parameters": classifier.parameter_count(fitted.encoder) + classifier.parameter_count(fitted.decoder),
        "encoder_parameters": classifier.parameter_count(fitted.encoder),
        "data": data.description | {"training_images": len(data.x[: fitted.recipe.images or None])},
        "recipe": fitted.recipe.model_dump(),
        "started_from": progress.origin,
        "epochs_trained": progress.epoch,
        "best_epoch": progress.best_epoch,
        "validation": {name: best[f"val_{name}"] for name in ("loss", "error") if best},
        "history": progress.history,
        "interrupted": fitted.interrupted,
        "training_seconds": round(progress.seconds),
    }
