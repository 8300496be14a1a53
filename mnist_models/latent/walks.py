"""Walks through a generator's latent space. NumPy only.

A latent vector is what a generator makes a picture of: float32 of `latent_dim` numbers, drawn from
a standard normal.
"""

import numpy as np


def sample(count, latent_dim, seed, truncation=1.0):
    """Random latent vectors.

    Args:
        count: int, N.
        latent_dim: int.
        seed: int; the same seed gives the same vectors, whatever the truncation.
        truncation: as in `truncate`.

    Returns:
        float32 N×latent_dim.
    """
    return truncate(np.random.default_rng(seed).standard_normal((count, latent_dim), np.float32), truncation)


def truncate(z, strength):
    """Shrink latent vectors towards 0, where pictures are more ordinary and look cleaner.

    Args:
        z: float32 array, latent_dim last.
        strength: from 0 (every picture the same) to 1 (as drawn).

    Returns:
        float32 array of the same shape.

    Raises:
        ValueError: for another strength.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"Truncation goes from 0 to 1; {strength} is outside.")
    return np.asarray(z, np.float32) * np.float32(strength)


def linear(start, end, steps):
    """Latent vectors on the straight line from one to another.

    Half-way between two random vectors the line comes closer to 0 than random vectors ever do
    (1/√2 of their length), so pictures there are plainer; `spherical` avoids it.

    Args:
        start, end: float32 arrays of latent_dim numbers.
        steps: int, at least 2; both ends are among them.

    Returns:
        float32 steps×latent_dim.

    Raises:
        ValueError: when there are fewer than two steps or the vectors differ in length.
    """
    start, end = _pair(start, end)
    t = _times(steps)
    return ((1 - t) * start + t * end).astype(np.float32)


def spherical(start, end, steps):
    """Latent vectors on the arc from one to another (Shoemake 1985; for generators White 2016).

    Directions turn at constant speed (arXiv:1609.04468), lengths go evenly from one to the other: the way
    between two vectors of the same length keeps that length.

    Args:
        start, end: float32 arrays of latent_dim numbers. Opposite ones are joined by some half circle.
        steps: int, at least 2; both ends are among them.

    Returns:
        float32 steps×latent_dim.

    Raises:
        ValueError: when there are fewer than two steps or the vectors differ in length.
    """
    start, end = _pair(start, end)
    t = _times(steps)
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) == 0:  # 0 points nowhere, so there is nothing to turn
        return linear(start, end, steps)
    first, last = start / lengths[0], end / lengths[1]
    angle = np.arccos(np.clip(first @ last, -1, 1))
    turned = np.cos(t * angle) * first + np.sin(t * angle) * _perpendicular(first, last)
    return (((1 - t) * lengths[0] + t * lengths[1]) * turned).astype(np.float32)


def tour(start, steps, seed):
    """A circle around 0 through a latent vector: an endless walk at constant speed and length.

    Args:
        start: float32 array of latent_dim numbers; the first of the tour.
        steps: int, at least 3. One more step after the last leads back to the first.
        seed: int, of the plane in which the circle lies.

    Returns:
        float32 steps×latent_dim.

    Raises:
        ValueError: when there are fewer than three steps.
    """
    if steps < 3:
        raise ValueError(f"A tour needs at least 3 steps, not {steps}.")
    start = np.asarray(start, np.float64)
    length = np.linalg.norm(start)
    if length == 0:
        return np.zeros((steps, start.size), np.float32)
    first = start / length
    across = _perpendicular(first, np.random.default_rng(seed).standard_normal(start.size))
    angle = 2 * np.pi * np.arange(steps)[:, np.newaxis] / steps
    return (length * (np.cos(angle) * first + np.sin(angle) * across)).astype(np.float32)


def along(z, direction, steps):
    """Latent vectors from one end of a direction's slider to the other.

    Args:
        z: float32 array of latent_dim numbers, where the slider stands in the middle.
        direction: `serving.sliders.Direction`.
        steps: int, at least 2.

    Returns:
        float32 steps×latent_dim.
    """
    ends = [np.asarray(z) + side * direction.reach * direction.vector for side in (-1, 1)]
    return linear(*ends, steps)


def moved_to(vector, direction, place):
    """The vector moved along a direction until it stands at `place` on it, as the sliders do.

    Args:
        vector, direction: float32 arrays of N numbers, the direction of unit length.
        place: float, the wanted product of both.
    """
    return vector + (place - vector @ direction) * direction


def _pair(start, end):
    start, end = np.asarray(start, np.float64), np.asarray(end, np.float64)
    if start.ndim != 1 or start.shape != end.shape:
        raise ValueError(
            f"A walk joins two vectors of as many numbers, not of shapes {start.shape}, {end.shape}."
        )
    return start, end


def _times(steps):
    if steps < 2:
        raise ValueError(f"A walk needs at least 2 steps, not {steps}.")
    return np.linspace(0, 1, steps)[:, np.newaxis]


def _perpendicular(first, other):
    """The unit vector at right angles to the unit vector `first`, in its plane with `other`.

    0 where there is but one dimension.
    """
    if first.size == 1:  # on a line there is nowhere to turn
        return np.zeros(1)
    across = other - (other @ first) * first
    if np.linalg.norm(across) < 1e-6 * np.linalg.norm(other):  # parallel: any plane will do
        other = np.eye(first.size)[np.abs(first).argmin()]
        across = other - (other @ first) * first
    return across / np.linalg.norm(across)
