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
        whole_pixels: True to shift by whole pixels only, which blurs nothing.
        erase: side in pixels of a square that is painted over with one random grey, anywhere, in half of
            the images (Zhong et al. 2020, "Random Erasing Data Augmentation", arXiv:1708.04896).
    """

    rotation: float = 7.0
    slant: float = 0.12
    scale: float = 0.07
    shift: float = 1.5
    elastic: float = 0.9
    mirror: bool = False
    whole_pixels: bool = False
    erase: int = 0


# By what is in the pictures: a digit may lean or wobble but not be mirrored, a photographed garment
# the other way round. Its cloth is in single pixels, which resampling would blur.
KINDS = {
    "digits": Augmentation(),
    "garments": Augmentation(
        rotation=0, slant=0, scale=0, shift=1, elastic=0, mirror=True, whole_pixels=True, erase=9
    ),
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
    # A border of zeros, so that points outside read paper instead of wrapping round; on the far sides it is
    # two pixels wide, since every point reads its right and lower neighbours, too.
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    top, left = np.clip(top + 1, 0, height + 1), np.clip(left + 1, 0, width + 1)
    row = width + 3
    index = (np.arange(count, dtype=np.int32) * (height + 3) * row)[:, None, None] + top * row + left
    flat = padded.ravel()
    upper = flat[index] * (1 - right) + flat[index + 1] * right
    lower = flat[index + row] * (1 - right) + flat[index + row + 1] * right
    result = upper * (1 - down) + lower * down
    if images.dtype == np.uint8:
        result *= np.float32(1 / 255)
    if augmentation.erase:
        _paint_over(result, augmentation.erase, rng)
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
    shift = rng.uniform(-augmentation.shift, augmentation.shift, (count, 1, 2)).astype(np.float32)
    points += centre + (np.rint(shift) if augmentation.whole_pixels else shift)
    points = points.reshape(count, height, width, 2)
    if augmentation.elastic:
        points += _elastic_field(count, height, width, augmentation.elastic, rng)
    return points[..., 0], points[..., 1]


def _paint_over(images, side, rng):
    """Squares of that side, in half of the images; they may reach over the edge."""
    count = len(images)
    in_rows, in_columns = (_stretch(count, length, side, rng) for length in images.shape[1:])
    square = in_rows[:, :, np.newaxis] & in_columns[:, np.newaxis]
    chosen = rng.random((count, 1, 1)) < 0.5
    np.copyto(images, rng.random((count, 1, 1), np.float32), where=square & chosen)


def _stretch(count, length, side, rng):
    """For every image one stretch of that many neighbouring pixels along a side: bool N×length."""
    places = np.arange(length) - rng.integers(-(side // 2), length - side // 2, (count, 1))
    return (places >= 0) & (places < side)


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
