"""From a generator's name in the catalog to files in a folder: images, training, export, card."""

from pathlib import Path

import numpy as np

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.training import checkpoints, gan_loop, generator_export
from mnist_models.training.classifier import origins_of


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
    """Train both players, export and describe them.

    Args:
        network: catalog.Network.
        recipe: recipes.GanRecipe; a resumed training keeps its own.
        folder: pathlib.Path that gets the network's files.
        run_folder: pathlib.Path for checkpoints, pictures and history; see `gan_loop.fit`.
        watch: training.progress.Watch.
        say: called with sentences for whoever trains.
        resume: True to go on from the newest checkpoint.
        epochs: how many, or how many more with `resume`; None for the recipe's, or for those that an
            interrupted training had left.
        start_from: folder with the network's files, whose weights a new training begins with.
        own: datasets.Dataset of one's own to train on; None for the network's data.

    Returns:
        dict, the model card as written.

    Raises:
        datasets.DataError: when the images are missing or damaged.
        weights.CardError: when there is nothing to start from.
        ValueError: when training cannot begin, diverges or collapses. The message says why.
        export.ExportError: when the exported network differs.
    """
    start, origins = None, []
    if start_from is not None:
        origins = origins_of(network, Path(start_from))
        path = weights.checked_file(network.name, f"{network.name}.keras", Path(start_from))
        start = generator_export.load_players(path)
    images = own.x_train[..., np.newaxis] if own else load_images(network)
    try:
        fitted = gan_loop.fit(
            network,
            recipe,
            images,
            watch,
            run_folder,
            resume=resume,
            epochs=epochs,
            start=start,
            started_from=origins,
        )
    except (checkpoints.NoCheckpoint, FileExistsError, gan_loop.TrainingFailed) as error:
        raise ValueError(str(error)) from error
    for note in fitted.notes:
        say(note)
    if fitted.interrupted:
        say(f"Stopped after {fitted.progress.epoch} epochs.")
    say("Exporting …")
    source = own.source if own else datasets.source(network.data[0])
    return generator_export.save(network, fitted, source, Path(folder), run_folder / "pictures")


def load_images(network):
    """What a network learns from, without test images: uint8 N×H×W×C.

    Raises:
        datasets.DataError: when it is missing or damaged.
    """
    if network.data[0] == "faces":
        return datasets.load_faces().x_train
    return datasets.load(network.data[0]).x_train[..., np.newaxis]
