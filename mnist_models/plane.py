"""The plane of a variational autoencoder with two latent numbers."""

import numpy as np

# Standard deviations of the code's normal distribution from the middle to an edge of what is shown:
# 99.5 % of it lie inside in each direction.
EDGE = 2.8
TILES = 11  # pictures along either side of the sheet, which just fits a phone


def grid(count):
    """Points evenly spread over the plane, the top row first.

    Args:
        count: int, points along either side.

    Returns:
        float32 count×count×2: x to the right, y up.
    """
    along = np.linspace(-EDGE, EDGE, count, dtype=np.float32)
    x, y = np.meshgrid(along, along[::-1])
    return np.stack([x, y], axis=-1)


def sheet(pictures):
    """One picture of a grid of them.

    Args:
        pictures: float32 N×N×28×28×1 in [0, 1], the top row first.

    Returns:
        uint8 28·N×28·N.
    """
    rows, columns, height, width, _ = pictures.shape
    flat = pictures[..., 0].transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    return np.uint8(np.rint(255 * flat))
