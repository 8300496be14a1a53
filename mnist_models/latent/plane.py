"""The plane of a variational autoencoder with two latent numbers."""

import numpy as np

TILES = 11  # pictures along either side of the sheet, which just fits a phone


def edge(codes):
    """How far the plane is worth showing from its middle, in both directions.

    Args:
        codes: float32 N×2, of real digits.

    Returns:
        float; 95 % of the numbers are nearer to the middle. Farther out there is much room for few digits.
    """
    return round(float(np.quantile(np.abs(codes), 0.95)), 1)


def grid(count, edge):
    """Points evenly spread over the plane, the top row first.

    Args:
        count: int, points along either side.
        edge: float, the outermost points' distance from the middle, in both directions.

    Returns:
        float32 count×count×2: x to the right, y up.
    """
    along = np.linspace(-edge, edge, count, dtype=np.float32)
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
