"""From a generator's name in the catalog to files in a folder: images, training, export, card."""

from pathlib import Path

import numpy as np

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.training import checkpoints, data, gan_loop, generator_export, restore, teaching
from mnist_models.training.classifier import origins_of

LEAST_UNSEEN = 10_000  # images from which covariances can be told


def train(
    network,
    recipe,
    folder,
    run_folder,
    watch,
    say=print,
    *,
    resume=False,
    changes=None,
    epochs=None,
    start_from=None,
    taught_by=(),
    own=None,
):
    """Train both players, export and describe them.

    Args:
        network: catalog.Network.
        recipe: recipes.GanRecipe; a resumed training keeps its own, but for `changes`.
        folder: pathlib.Path that gets the network's files.
        run_folder: pathlib.Path for checkpoints, pictures and history; see `gan_loop.fit`.
        watch: training.progress.Watch.
        say: called with sentences for whoever trains.
        resume: True to go on from the newest checkpoint.
        changes: dict of fields of the recipe that a resumed training is to change from now on.
        epochs: how many, or how many more with `resume`; None for the recipe's, or for those that an
            interrupted training had left.
        start_from: folder with the network's files, whose weights a new training begins with.
        taught_by: folders with networks of the judge's kind, trained apart, that are the teacher from now on.
        own: datasets.Dataset of one's own to train on; None for the network's data.

    Returns:
        dict, the model card as written.

    Raises:
        datasets.DataError: when the images are missing or damaged.
        weights.CardError: when there is nothing to start from or to be taught by.
        ValueError: when training cannot begin, diverges or collapses. The message says why.
        export.ExportError: when the exported network differs.
    """
    start, origins = None, []
    if start_from is not None:
        origins = origins_of(network, Path(start_from))
        path = weights.checked_file(network.name, f"{network.name}.keras", Path(start_from))
        start = generator_export.load_players(path)
    classifiers = [_classifier(network, Path(each)) for each in taught_by]
    if teaching.wanted(recipe) and not resume and not classifiers:
        say("The teacher learns first …")
    images, labels = (own.x_train[..., np.newaxis], own.y_train) if own else load_images(network)
    try:
        fitted = gan_loop.fit(
            network,
            recipe,
            images,
            watch,
            run_folder,
            labels=labels,
            resume=resume,
            changes=changes,
            epochs=epochs,
            start=start,
            started_from=origins,
            taught_by=classifiers,
            unseen=() if own else _unseen(network, taught_by, len(images)),
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


def _classifier(network, folder):
    """A network of the judge's kind that is not the judge itself."""
    if network.judge is None:
        raise ValueError(f"{network.name} learns from pictures without classes; no classifier can teach it.")
    path = weights.checked_file(network.judge, f"{network.judge}.keras", folder)
    if weights.sha256(path) == weights.read(network.judge)["files"][path.name]:
        raise ValueError(f"{path} measures what {network.name} draws, so it must not teach it.")
    return restore.load(catalog.get(network.judge), folder)


def _unseen(network, folders, count):
    """For every classifier, the images that it did not learn from; if these are too few, all."""
    recipes = [weights.read(network.judge, Path(each))["recipe"] for each in folders]
    left_out = [data.left_out(recipe["images"], count) for recipe in recipes]
    return [each if len(each) >= LEAST_UNSEEN else np.arange(count) for each in left_out]


def load_images(network):
    """What a network learns from, without test images.

    Returns:
        (images uint8 N×H×W×C, labels int N or None).

    Raises:
        datasets.DataError: when it is missing or damaged.
    """
    if network.data[0] == "faces":
        return datasets.load_faces().x_train, None
    dataset = datasets.load(network.data[0])
    return dataset.x_train[..., np.newaxis], dataset.y_train
