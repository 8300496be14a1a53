"""Pictures of a training: the same latent vectors again and again, as PNG files and as a GIF."""

import numpy as np
from PIL import Image

from mnist_models.errors import DigitLabError
from mnist_models.files.atomic import atomic_write

COLUMNS = 4
MOST_TIMED = 120  # grids kept besides those of every epoch
WIDTH = 512  # pixels, about, of a grid


def tile(pictures):
    """Arrange pictures in rows of four, enlarged by a whole number without smoothing.

    Args:
        pictures: float32 N×H×W×C in [0, 1], C = 1 or 3.

    Returns:
        uint8 image, rows×columns, with a third axis for colour.
    """
    count, height, width, channels = pictures.shape
    rows = -(-count // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, height, width, channels), np.uint8)
    sheet[:count] = np.round(np.clip(pictures, 0, 1) * 255)
    sheet = sheet.reshape(rows, COLUMNS, height, width, channels).transpose(0, 2, 1, 3, 4)
    factor = max(1, WIDTH // (COLUMNS * width))
    image = sheet.reshape(rows * height, COLUMNS * width, channels).repeat(factor, axis=0).repeat(factor, 1)
    return image[..., 0] if channels == 1 else image


def save(folder, step, pictures, epoch=None):
    """Keep a grid; of those between epochs, the more the longer ago are dropped.

    Args:
        folder: pathlib.Path of an existing folder.
        step: int, steps done.
        pictures: as for `tile`.
        epoch: int, if an epoch has just ended.

    Returns:
        The file's path, `STEP.png` or `STEP-epoch-EPOCH.png`; sorted by name they are sorted by time.
    """
    path = folder / (f"{step:09d}.png" if epoch is None else f"{step:09d}-epoch-{epoch:04d}.png")
    with atomic_write(path) as draft:  # whoever watches the folder never sees half a picture
        Image.fromarray(tile(pictures)).save(draft, format="png", optimize=True)
    timed = sorted(file for file in folder.glob("*.png") if "epoch" not in file.name)
    if len(timed) > MOST_TIMED:
        for file in timed[1::2]:
            file.unlink()
    return path


def animate(folder, path, milliseconds=120, frames=100):
    """Make a GIF of the kept grids.

    Args:
        folder: pathlib.Path that `save` wrote to.
        path: of the GIF.
        milliseconds: a frame.
        frames: int, at most; evenly chosen, the last grid always among them.

    Raises:
        DigitLabError: when the folder holds no grid.
    """
    files = sorted(folder.glob("*.png"))
    if not files:
        raise DigitLabError(f"There are no pictures in {folder}.")
    images = [Image.open(file).convert("RGB") for file in evenly_chosen(files, frames)]
    durations = [milliseconds] * (len(images) - 1) + [2_000]
    with atomic_write(path) as draft:
        images[0].save(draft, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)


def keep_epochs(folder, path, width, frames=40):
    """Put the grids of a training's epochs into one small file, an animated WebP.

    Args:
        folder: pathlib.Path that `save` wrote to.
        path: of the WebP file. Its frames show four pictures a row, not enlarged.
        width: of a picture, pixels.
        frames: int, at most; evenly chosen, the last epoch always among them.

    Returns:
        list of int, the epoch of every frame.

    Raises:
        DigitLabError: when no epoch has ended.
    """
    files = sorted(folder.glob("*-epoch-*.png"))
    if not files:
        raise DigitLabError(f"There are no pictures of a whole epoch in {folder}.")
    chosen = evenly_chosen(files, frames)
    sheets = [Image.open(file) for file in chosen]
    factor = sheets[0].width // (COLUMNS * width)
    size = sheets[0].width // factor, sheets[0].height // factor
    images = [sheet.resize(size, Image.Resampling.NEAREST) for sheet in sheets]
    # Digits are small enough to be kept exactly; for faces a quality of 85 saves nine tenths.
    colour = images[0].mode == "RGB"
    options = {"duration": 200, "lossless": not colour, "quality": 85, "method": 4}
    with atomic_write(path) as draft:
        images[0].save(draft, "WEBP", save_all=True, append_images=images[1:], **options)
    return [int(file.stem.rsplit("-", 1)[1]) for file in chosen]


def evenly_chosen(items, count):
    """At most `count` of the items, the first and the last among them."""
    indices = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[index] for index in np.unique(indices)]
