"""Files as bad disks, cables and hands leave them."""

import numpy as np


def damaged_copies(whole, count):
    """Copies of a file with up to seven other bytes, every fifth also cut short.

    Args:
        whole: bytes of the file.
        count: how many copies.

    Yields:
        bytes, the same ones every time.
    """
    random = np.random.default_rng(1)
    for _ in range(count):
        damaged = bytearray(whole)
        for place in random.integers(len(whole), size=random.integers(1, 8)):
            damaged[place] = random.integers(256)
        if random.random() < 0.2:
            damaged = damaged[: random.integers(1, len(damaged))]
        yield bytes(damaged)
