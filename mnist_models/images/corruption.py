"""What a digit suffers before the denoiser sees it: noise, and parts rubbed out."""

import numpy as np

# Rubbed-out parts become this grey, so that they can be told from bare (black) paper.
ERASED = np.float32(0.5)


def add_noise(images, sigma, rng):
    """Add Gaussian noise to every pixel.

    Args:
        images: float32 N×28×28×1 in [0, 1].
        sigma: standard deviation, a float or an array that broadcasts to the images.
        rng: numpy Generator.

    Returns:
        float32 of the same shape, clipped to [0, 1].
    """
    noise = rng.standard_normal(images.shape, np.float32)
    return np.clip(images + np.float32(sigma) * noise, 0, 1)


def erase(images, holes):
    """Paint holes grey.

    Args:
        images: float32 N×28×28×1 in [0, 1].
        holes: bool, of the same shape.

    Returns:
        float32 of the same shape.
    """
    return np.where(holes, ERASED, images)


def strokes_of_rubber(count, rng, side=28):
    """Holes as one straight stroke of a round rubber makes them, near the middle.

    Args:
        count: int.
        rng: numpy Generator.
        side: int, pixels.

    Returns:
        bool count×side×side×1; 4 to 11 pixels wide, up to 12 pixels longer than wide.
    """
    middle = rng.normal((side - 1) / 2, side / 6, (count, 1, 2))
    angle = rng.uniform(0, np.pi, (count, 1))
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    half_length = rng.uniform(0, 6, (count, 1))
    radius = rng.uniform(2, 5.5, (count, 1))
    pixels = np.stack(np.mgrid[:side, :side], axis=-1).reshape(1, -1, 2) - middle
    along = np.clip((pixels * direction).sum(axis=-1), -half_length, half_length)
    distance = np.linalg.norm(pixels - along[..., np.newaxis] * direction, axis=-1)
    return (distance < radius).reshape(count, side, side, 1)
