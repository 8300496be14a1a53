"""Random distortions of 28×28 images, a batch at a time.

Affine changes (rotation, slant, scale, shift) and a smooth elastic one (Simard, Steinkraus, Platt
2003, "Best Practices for Convolutional Neural Networks") are added up in one coordinate field, so
that every image is resampled, and blurred, only once. NumPy, so that it runs in a data thread
beside the training step and is the same for every Keras backend.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """How far images are distorted; the figures are standard deviations unless said otherwise.

    Attributes:
        rotation: degrees.
        slant: horizontal shear.
        scale: natural logarithm of each axis's scale.
        shift: pixels, at most, in each direction, evenly spread.
        elastic: pixels by which the corners of a 4×4 grid move.
        mirror: True to swap left and right in half of the images.
    """

    rotation: float = 7.0
    slant: float = 0.12
    scale: float = 0.07
    shift: float = 1.5
    elastic: float = 0.9
    mirror: bool = False


# By what is in the pictures: a digit may lean or wobble but not be mirrored, a photographed garment
# the other way round.
KINDS = {
    "digits": Augmentation(),
    "garments": Augmentation(rotation=0, slant=0, scale=0.04, shift=2, elastic=0, mirror=True),
}


def warp(images, augmentation, rng):
    """Distort every image in another way.

    Args:
        images: uint8 N×H×W, or float32 in [0, 1].
        augmentation: Augmentation.
        rng: numpy Generator.

    Returns:
        float32 N×H×W×1 in [0, 1].
    """
    count, height, width = images.shape
    if augmentation.mirror:
        mirrored = rng.random(count) < 0.5
        images = np.where(mirrored[:, np.newaxis, np.newaxis], images[:, :, ::-1], images)
    y, x = _sample_points(count, height, width, augmentation, rng)
    top, left = np.floor(y).astype(np.int32), np.floor(x).astype(np.int32)
    down, right = y - top, x - left
    # A border of zeros, so that points outside read paper instead of wrapping round.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    top, left = np.clip(top + 1, 0, height), np.clip(left + 1, 0, width)
    row = width + 2
    index = (np.arange(count, dtype=np.int32) * (height + 2) * row)[:, None, None] + top * row + left
    flat = padded.ravel()
    upper = flat[index] * (1 - right) + flat[index + 1] * right
    lower = flat[index + row] * (1 - right) + flat[index + row + 1] * right
    result = upper * (1 - down) + lower * down
    if images.dtype == np.uint8:
        result *= np.float32(1 / 255)
    return result[..., np.newaxis].astype(np.float32)


def _sample_points(count, height, width, augmentation, rng):
    """Where in the source every pixel of the result is read: y and x, float32 N×H×W."""
    angle = np.deg2rad(rng.normal(0, augmentation.rotation, count))
    slant = rng.normal(0, augmentation.slant, count)
    scale_y, scale_x = np.exp(rng.normal(0, augmentation.scale, (2, count)))
    matrix = np.empty((count, 2, 2), np.float32)
    matrix[:, 0] = np.stack([np.cos(angle) / scale_y, -np.sin(angle) / scale_y], axis=1)
    matrix[:, 1] = np.stack([(np.sin(angle) + slant) / scale_x, np.cos(angle) / scale_x], axis=1)
    centre = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
    grid = np.stack(np.mgrid[:height, :width], axis=-1).reshape(-1, 2).astype(np.float32) - centre
    points = grid @ matrix.transpose(0, 2, 1)
    points += centre + rng.uniform(-augmentation.shift, augmentation.shift, (count, 1, 2)).astype(np.float32)
    points = points.reshape(count, height, width, 2)
    if augmentation.elastic:
        points += _elastic_field(count, height, width, augmentation.elastic, rng)
    return points[..., 0], points[..., 1]


def _elastic_field(count, height, width, strength, rng):
    """A smooth random displacement: a 4×4 grid of arrows, interpolated. float32 N×H×W×2."""
    arrows = rng.normal(0, strength, (count, 2, 4, 4)).astype(np.float32)
    field = _spread(height) @ arrows @ _spread(width).T
    return field.transpose(0, 2, 3, 1)


def _spread(length):
    """Weights that turn 4 grid values into `length` smoothly changing ones: float32 length×4."""
    distance = np.abs(np.linspace(0, 3, length)[:, None] - np.arange(4)[None])
    weights = np.exp(-(distance**2) / 0.8)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
