"""How a generator's pictures came about: the same latent vectors after every kept epoch."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageSequence

from mnist_models import weights as cards

GIF_MILLISECONDS = 150  # a frame
_LAST_MILLISECONDS = 2_000


@dataclass(frozen=True)
class Film:
    """Grids of pictures, four a row, not enlarged.

    Attributes:
        epochs: int, of every frame, rising.
        frames: uint8 N×H×W for grey pictures, N×H×W×3 for coloured ones.
    """

    epochs: tuple[int, ...]
    frames: np.ndarray

    def frame(self, epoch):
        """The last grid that is not younger than an epoch: uint8 H×W or H×W×3."""
        return self.frames[max(np.searchsorted(self.epochs, epoch, side="right") - 1, 0)]


def read(network):
    """The film of a generator's training.

    Args:
        network: a generator's name, or weights.Trained.

    Returns:
        Film, or None when no pictures were kept.

    Raises:
        weights.CardError: when the generator is not there, or its film is missing or altered.
    """
    network = cards.trained(network)
    return _read(network.name, network.weights, network.version())


@lru_cache(16)
def _read(name, weights, _version):
    card = cards.read(name, weights)
    file_name = f"{name}.training.webp"
    if file_name not in card["files"]:
        return None
    epochs = tuple(card["epochs_of_pictures"])
    with Image.open(cards.checked_file(name, file_name, weights)) as film:
        frames, shown_for = [], []
        for frame in ImageSequence.Iterator(film):
            frames.append(np.asarray(frame.convert("RGB")))
            shown_for.append(film.info.get("duration", 0))
    frames = _one_an_epoch(np.stack(frames), shown_for, len(epochs))
    grey = (frames[..., :1] == frames).all()
    return Film(epochs, frames[..., 0] if grey else frames)


def _one_an_epoch(frames, shown_for, epochs):
    """Frames as they were written: of grids that were alike WebP keeps one, and shows it for longer.

    Args:
        frames: N×H×W×3.
        shown_for: milliseconds, of every frame; all were written with the same.
        epochs: int, how many frames there were.
    """
    if len(frames) == epochs:
        return frames
    usual = max(1, sum(shown_for) // epochs)
    repeated = frames.repeat([max(1, round(each / usual)) for each in shown_for], axis=0)
    return repeated[np.minimum(np.arange(epochs), len(repeated) - 1)]


def as_gif(film, enlarged=2):
    """The film as an animation.

    Args:
        film: Film.
        enlarged: int, by which pixels are repeated.

    Returns:
        bytes of a GIF that repeats for ever and stays on its last frame for two seconds.
    """
    large = film.frames.repeat(enlarged, axis=1).repeat(enlarged, axis=2)
    images = [Image.fromarray(frame) for frame in large]
    durations = [GIF_MILLISECONDS] * (len(images) - 1) + [_LAST_MILLISECONDS]
    file = io.BytesIO()
    images[0].save(
        file, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0, disposal=2
    )
    return file.getvalue()
