"""The digit that pages show before a visitor has drawn one."""

from functools import cache

from mnist_models.data import datasets
from mnist_models.images import normalize

CAPTION = "Example: an MNIST digit"
_PLACE = 4  # among the held-out digits, on which nothing was trained


@cache
def digit():
    """A held-out digit of the embedded sample: float32 28×28×1 in [0, 1]."""
    held_out = datasets.load_sample().x_held_out
    return normalize.as_input(held_out[_PLACE : _PLACE + 1])[0]
