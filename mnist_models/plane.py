"""The plane of a variational autoencoder with two latent numbers."""

import numpy as np

# Standard deviations of the code's normal distribution from the middle to an edge of what is shown:
# 99.5 % of it lie inside in each direction.
EDGE = 2.8


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
