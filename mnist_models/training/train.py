"""Train a network from Python: what `mnist_models.train` does."""

import pkgutil
from pathlib import Path

import numpy as np

from mnist_models import catalog
from mnist_models.data import datasets, user_data
from mnist_models.errors import DigitLabError
from mnist_models.serving import trained_network
from mnist_models.training import folders
from mnist_models.training.changes import changed_recipe
from mnist_models.training.progress import Silence


def train(name, data=None, folder="trained", quick=False, say=print, **changes):
    """Train, export and load a network: see `mnist_models.train`."""
    network, folder = catalog.get(name), Path(folder)
    recipe = changed_recipe(network, quick, changes)
    folders.check(folder, "folder")
    if data is not None and network.data[0] == "faces":
        raise DigitLabError(f"{name} learns from faces. Choose a network for pictures of 28×28 pixels.")
    own = None if data is None else own_data(*data)
    run_folder = folders.run_folder(network, folder) if network.makes_pictures else None
    if network.kind == "regressor":
        options = {"faces": datasets.load_faces()}
    else:
        options = {"run_folder": run_folder, "own": own, "say": say}
    trainer = pkgutil.resolve_name(catalog.TRAINERS[network.kind])
    trainer(network, recipe, folder=folder, watch=Silence(), **options)
    return trained_network.load(name, folder)


def own_data(images, labels):
    """One's own arrays as what trainings take.

    Args:
        images: N×28×28 or N×28×28×1, uint8 or float in [0, 1], bright on black.
        labels: N, whole numbers from 0 to 9, or at most ten names.

    Returns:
        datasets.Dataset, of which trainings set a tenth aside to validate on.

    Raises:
        DigitLabError: when they do not fit together.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim not in (3, 4) or images.shape[1:] not in ((28, 28), (28, 28, 1)):
        raise DigitLabError(f"Images must be N×28×28, not {'×'.join(map(str, images.shape))}.")
    if labels.shape != (len(images),):
        raise DigitLabError(f"There must be a label for each of the {len(images)} images.")
    if images.dtype != np.uint8:
        images = np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8)
    names, numbers = np.unique(labels, return_inverse=True)
    if np.issubdtype(labels.dtype, np.integer) and names.min() >= 0 and names.max() <= 9:
        names, numbers = datasets.DIGITS, labels
    if len(names) > 10:
        raise DigitLabError(f"There can be at most ten classes, not {len(names)}.")
    made = user_data.make(images.reshape(-1, 28, 28), numbers.astype(np.uint8), tuple(map(str, names)))
    return user_data.as_dataset(made, "own-arrays", "Your arrays")
