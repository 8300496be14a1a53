"""Distortions through which gradients flow, for real and generated images alike.

Zhao, Liu, Lin, Zhu, Han 2020, "Differentiable Augmentation for Data-Efficient GAN Training"
(arXiv:2006.10738). A discriminator that only ever sees distorted images cannot learn the training
images by heart, and since the generator's images are distorted in the same way it gains nothing by
producing distorted ones. The random numbers are drawn by NumPy outside the compiled step, so that a
training can be repeated number by number under every backend.
"""

import numpy as np
from keras import ops

BRIGHTNESS = 0.5  # added, at most, to pixels in [-1, 1]
CONTRAST = 0.5, 1.5  # factors of the distance to the image's own mean
SHIFT = 1 / 8  # of the side length: 8 pixels of 64


def draw(rng, count, height, width):
    """Random numbers for one distortion each of `count` images.

    Args:
        rng: numpy Generator.
        count, height, width: int, of the images.

    Returns:
        dict of arrays that `distort` takes: "brightness" and "contrast" float32 N×1×1×1, "down" and
        "right" int32 N, in pixels.
    """
    return {
        "brightness": rng.uniform(-BRIGHTNESS, BRIGHTNESS, (count, 1, 1, 1)).astype(np.float32),
        "contrast": rng.uniform(*CONTRAST, (count, 1, 1, 1)).astype(np.float32),
        "down": _shifts(rng, count, height),
        "right": _shifts(rng, count, width),
    }


def distort(images, numbers):
    """Change brightness and contrast, then shift; what comes in from outside is mid-grey.

    Args:
        images: float32 tensor N×H×W×C in [-1, 1].
        numbers: as from `draw`.

    Returns:
        float32 tensor N×H×W×C; bright images may leave [-1, 1].
    """
    height, width = images.shape[1:3]
    images = images + numbers["brightness"]
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    images = (images - mean) * numbers["contrast"] + mean
    # A shift as a product with a matrix of zeros and ones: its gradient is the transposed product,
    # much faster on CPUs than the scattering that the gradient of an indexed read would be.
    rows = _shift_matrices(numbers["down"], height)
    columns = _shift_matrices(numbers["right"], width)
    images = ops.einsum("nyi,nixc->nyxc", rows, images)
    return ops.einsum("nxj,nyjc->nyxc", columns, images)


def _shifts(rng, count, side):
    furthest = round(side * SHIFT)
    return rng.integers(-furthest, furthest, count, dtype=np.int32, endpoint=True)


def _shift_matrices(shifts, side):
    """float32 N×side×side: row i has its one in column i - shift, or none if that lies outside."""
    source = ops.arange(side, dtype="int32")[None] - shifts[:, None]
    return ops.one_hot(source, side, dtype="float32")
