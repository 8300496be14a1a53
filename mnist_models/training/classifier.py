"""From a name in the catalog to files in a folder: data, training, export, model card."""

import pkgutil
import tempfile
from pathlib import Path

import numpy as np

from mnist_models import weights
from mnist_models.images.normalize import as_input
from mnist_models.training import data as training_data
from mnist_models.training import export, folders, loop, models
from mnist_models.training.loop import Run
from mnist_models.training.progress import TrainingFailed

# The share of validation digits that a network may call unsure; its threshold follows from it.
UNSURE = 0.01


def train(
    network,
    recipe,
    folder,
    watch,
    say=print,
    start_from=None,
    *,
    run_folder=None,
    resume=False,
    epochs=None,
    own=None,
):
    """Train, export and describe one network.

    Args:
        network: catalog.Network.
        recipe: recipes.ClassifierRecipe.
        folder: pathlib.Path that gets the network's files.
        watch: training.progress.Watch.
        say: called with sentences for whoever trains.
        start_from: folder with the same network's files, whose weights training begins with.
        run_folder: pathlib.Path for checkpoints; None keeps none.
        resume: True to go on from the newest checkpoint.
        epochs: how many, or how many more with `resume`; None for the recipe's, or for those that an
            interrupted training had left.
        own: datasets.Dataset of one's own to train on; None for the network's data.

    Returns:
        dict, the model card as written.

    Raises:
        datasets.DataError: when data is missing or damaged.
        DigitLabError: when the recipe is impossible, training diverges, or there is nothing to go on from.
            The message says why.
        progress.Pause: when the watch did; nothing is exported then.
        export.ExportError: when the exported network differs.
    """
    export.check_is_possible(network)
    say("Preparing data …")
    data = training_data.prepare(network, recipe.seed, own)
    data = training_data.some(data, recipe.images)
    for note in data.notes:
        say(note)
    fit = pkgutil.resolve_name(network.trainer)
    start, origins = None, []
    if start_from:
        start, origins = models.load(network, start_from), export.origins_of(network, Path(start_from))
    run = Run(recipe, run_folder, resume=resume, epochs=epochs, started_from=origins)
    fitted = loop.reported(lambda: fit(network, run, data, watch, start), watch, say)
    if fitted.interrupted:
        say(f"Stopped. Keeping the weights of epoch {fitted.progress.best_epoch or 1}.")
    say("Exporting …")
    (model,) = fitted.models
    try:
        files, difference = export.save_classifier(network, model, Path(folder))
    except OSError as error:
        raise TrainingFailed(_rescued(network, model, Path(folder), run_folder, error)) from error
    card = _card(network, data, fitted) | {
        "largest_difference_of_onnx": difference,
        "sure_above": _threshold(model, data),
        "files": files,
    }
    weights.write(network.name, card, Path(folder))
    return card


def _rescued(network, model, folder, run_folder, error):
    """Keep what was learned where there is room for it, when it cannot be saved where it should be; a
    sentence that says where."""
    said = f"{folder} cannot be written ({error.strerror or error})."
    for place in (run_folder, folders.run_folder(network, Path("trained")), Path(tempfile.gettempdir())):
        if place is None:
            continue
        try:
            place.mkdir(parents=True, exist_ok=True)
            path = export.save_weights(network.name, model, place)
        except OSError:
            continue
        return f"{said} What was learned is in {path}."
    return f"{said} What was learned is lost: nothing else can be written either."


def _card(network, data, fitted):
    progress = fitted.progress
    best = progress.history[progress.best_epoch - 1] if progress.history else {}
    return export.card_facts(network, progress) | {
        "parameters": models.parameter_count(fitted.models[0]),
        "data": data.description,
        "recipe": fitted.recipe.model_dump(),
        "started_from": progress.started_from or [],
        "epochs_trained": progress.epoch,
        "best_epoch": progress.best_epoch,
        "interrupted": fitted.interrupted,
        "validation": {key.removeprefix("val_"): best[key] for key in best if key.startswith("val_")},
        "training_seconds": round(progress.seconds),
    }


def _threshold(model, data):
    """The probability that all but 1 % of the validation images reach, among the classes that there are."""
    outputs = np.asarray(model.predict(as_input(data.x_val), batch_size=500, verbose=0))
    named = outputs[:, : data.classes]
    shares = named.max(axis=1) / np.maximum(named.sum(axis=1), np.finfo(np.float32).tiny)
    return float(np.quantile(shares, UNSURE))
