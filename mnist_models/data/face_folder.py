"""Faces from a folder of photographs: `python -m mnist_models data add faces FOLDER`."""

import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from mnist_models.data import datasets
from mnist_models.files.atomic import atomic_write
from mnist_models.images import image_files
from mnist_models.images.image_files import PHOTO_TYPES

FEWEST = 100  # photographs; fewer are learned by heart
_UTKFACE_NAME = re.compile(r"(\d{1,3})_\d_")  # AGE_GENDER_…


def read(folder, progress=lambda paths: paths):
    """Read every picture in a folder and below it, the middle square of each, 64×64 pixels.

    Args:
        folder: pathlib.Path.
        progress: wraps the list of files that is gone through, as tqdm does.

    Returns:
        (x, age): uint8 N×64×64×3; uint8 N years where every file name begins with an age as in
        UTKFace (`25_1_….jpg`), else None.

    Raises:
        datasets.DataError: when there is no such folder, a picture cannot be read, or there are fewer
            than 100.
    """
    if not folder.is_dir():
        raise datasets.DataError(f"There is no folder {folder}.")
    endings = {f".{ending}" for ending in PHOTO_TYPES}
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in endings)
    if len(paths) < FEWEST:
        raise datasets.DataError(f"{folder} holds {len(paths)} pictures; training takes at least {FEWEST}.")
    x = np.stack([_face(path) for path in progress(paths)])
    ages = [_UTKFACE_NAME.match(path.name) for path in paths]
    if not all(ages):
        return x, None
    return x, np.array([min(int(age[1]), 255) for age in ages], np.uint8)


def add(folder, progress=lambda paths: paths):
    """Make a folder's photographs the data set "faces".

    Args:
        folder, progress: as for `read`.

    Returns:
        pathlib.Path of the file written.

    Raises:
        datasets.DataError: as `read` does.
    """
    target = datasets.cache_folder() / datasets.file_name("faces")
    write(target, *read(Path(folder), progress))
    return target


def write(target, x, age=None):
    """Write the data set's file in one step; arrays as `read` returns them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as draft, open(draft, "wb") as file:
        np.savez(file, x_train=x, **({} if age is None else {"age": age}))


def _face(path):
    height, width, _ = datasets.SOURCES["faces"].shape
    try:
        upright = image_files.open_image(path.read_bytes()).convert("RGB")
        return np.asarray(ImageOps.fit(upright, (width, height), Image.Resampling.LANCZOS))
    except (OSError, image_files.UnreadableImage) as error:
        raise datasets.DataError(f"{path} cannot be read ({error}). Remove it and try again.") from None
