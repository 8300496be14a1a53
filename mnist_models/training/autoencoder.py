"""From an autoencoder's name in the catalog to files in a folder: data, training, export, card."""

from pathlib import Path

from mnist_models import weights
from mnist_models.training import autoencoder_export, autoencoder_loop, checkpoints, gan_loop
from mnist_models.training import data as training_data


def train(
    network,
    recipe,
    folder,
    run_folder,
    watch,
    say=print,
    *,
    resume=False,
    epochs=None,
    start_from=None,
    own=None,
):
    """Train an encoder and a decoder, export and describe them.

    Args:
        network: catalog.Network.
        recipe: recipes.AutoencoderRecipe; a resumed training keeps its own.
        folder: pathlib.Path that gets the network's files.
        run_folder: pathlib.Path for checkpoints, pictures and history; see `autoencoder_loop.fit`.
        watch: training.progress.Watch.
        say: called with sentences for whoever trains.
        resume: True to go on from the newest checkpoint.
        epochs: how many, or how many more with `resume`; None for the recipe's, or for those that an
            interrupted training had left.
        start_from: folder with the network's files, or the .keras file of another network with the same
            layers, whose weights a new training begins with.
        own: datasets.Dataset of one's own to train on; None for the network's data.

    Returns:
        dict, the model card as written.

    Raises:
        datasets.DataError: when the images are missing or damaged.
        weights.CardError: when there is nothing to start from.
        ValueError: when training cannot begin, or diverges. The message says why.
        export.ExportError: when the exported network differs.
    """
    start = origin = None
    if start_from is not None:
        path = Path(start_from)
        if path.is_dir():
            path = weights.checked_file(network.name, f"{network.name}.keras", path)
        start = autoencoder_export.load_parts(path)
        origin = {"file": path.name, "sha256": weights.sha256(path)}
    data = training_data.prepare(network, recipe.seed, own)
    for note in data.notes:
        say(note)
    try:
        fitted = autoencoder_loop.fit(
            network,
            recipe,
            data,
            watch,
            run_folder,
            resume=resume,
            epochs=epochs,
            start=start,
            origin=origin,
        )
    except (checkpoints.NoCheckpoint, FileExistsError, gan_loop.TrainingFailed) as error:
        raise ValueError(str(error)) from error
    for note in fitted.notes:
        say(note)
    if fitted.interrupted:
        say(f"Stopped. Keeping the weights of epoch {fitted.progress.best_epoch or 1}.")
    say("Exporting …")
    return autoencoder_export.save(network, fitted, data, Path(folder))
