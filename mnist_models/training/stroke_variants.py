"""Pen strokes drawn over and over, each time by a slightly different hand and pen.

30 people wrote the strokes that `reader` learns from; many more will draw. So every digit is drawn
in several variants: another slant, proportion, wobble and line width, through the very same
`strokes.draw_mask` and `normalize.centre_digit` as on the Draw page.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np

from mnist_models.images import normalize, strokes
from mnist_models.training import non_digits

# Pixels. The Draw page's range is 60 to 240; after normalisation only the line width relative to
# the height matters, and small pictures are drawn faster.
HEIGHTS = 60, 130
# Line width over the height between the ends of strokes. Fat lines come from a small digit drawn with the
# default pen, or from a sketchpad's thick brush; beyond 1 nobody could read what is left.
THINNEST, THICK, FATTEST = 1 / 32, 1 / 4.6, 1.0
FAT_SHARE = 0.2  # of the drawings to learn from
SLASHED_SHARE = 0.15  # of the zeros to learn from: some people cross them out, to tell them from an O


def draw_variants(digits, count, seed, labels=None, fat_share=0.0):
    """Draw every digit several times.

    Args:
        digits: list of N digits, each a list of arrays P×2 (x, y, y down).
        count: how many variants of each.
        seed: int.
        labels: int N, to draw `SLASHED_SHARE` of the zeros with a slash; None for no slashes.
        fat_share: share of the drawings that are made with a fat pen.

    Returns:
        uint8 array N×count×28×28.
    """
    zeros = [label == 0 for label in (labels if labels is not None else [-1] * len(digits))]
    draw = partial(_variants, count=count, seed=seed, fat_share=fat_share)
    return _in_processes(draw, list(zip(digits, zeros, strict=True))).reshape(
        len(digits), count, normalize.FIELD, normalize.FIELD
    )


def draw_scribbles(count, digits, seed):
    """Draw what is no digit: scribbles, letters, shapes, and two digits at once.

    Args:
        count: how many.
        digits: list of digits as strokes, for the pairs; may be empty.
        seed: int.

    Returns:
        uint8 array count×28×28.
    """
    return _in_processes(partial(_scribble, digits=digits, seed=seed), range(count))


def deform(digit, rng):
    """Another hand's version of the same strokes: rotated, slanted, stretched and bent.

    Returns:
        list of arrays P×2, about one unit high, centred on the origin.
    """
    points = np.concatenate(digit)
    centre = (points.max(axis=0) + points.min(axis=0)) / 2
    size = max(np.ptp(points, axis=0).max(), 1e-6)
    angle = np.deg2rad(rng.normal(0, 5))
    shear, stretch = rng.normal(0, 0.18), np.exp(rng.normal(0, 0.12))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[stretch, 0], [shear, 1 / stretch]])
    waves = rng.uniform(1.5, 5, (2, 2)) * rng.choice([-1, 1], (2, 2))
    phases, reach = rng.uniform(0, 2 * np.pi, 2), rng.uniform(0, 0.045, 2)
    tremor = rng.uniform(0, 0.012)
    deformed = []
    for stroke in digit:
        stroke = (np.asarray(stroke, float) - centre) / size @ matrix
        stroke = stroke + reach * np.sin(stroke @ waves + phases)
        deformed.append(stroke + _smooth_noise(len(stroke), rng) * tremor)
    return deformed


def slashed(zero, rng):
    """A zero crossed out by one more stroke, which may stand out at both ends."""
    points = np.concatenate(zero)
    low, high = points.min(axis=0), points.max(axis=0)
    ends = np.array([[0.0, 1.0], [1.0, 0.0]]) + rng.normal(
        0, 0.12, (2, 2)
    )  # lower left to upper right, y down
    if rng.random() < 0.1:
        ends[:, 0] = ends[::-1, 0]
    return [*zero, low + ends * (high - low)]


def render(digit, rng, fat_share=0.0):
    """Draw strokes with a random pen and normalise them: uint8 28×28."""
    height = rng.uniform(*HEIGHTS)
    if rng.random() < fat_share:
        width = height * rng.uniform(THICK, FATTEST)
    else:
        width = height * np.exp(rng.uniform(np.log(THINNEST), np.log(THICK)))
    # Half a line of margin all around; two thirds of all digits are higher than wide.
    side = int(height + 2 * width + 4)
    placed = strokes.place(digit, height, line_width=width, canvas=side)
    mask = strokes.draw_mask(placed, width, canvas=side)
    image = normalize.centre_digit(mask.astype(np.float32) / 255)
    return np.uint8(np.rint(255 * image[..., 0]))


def _variants(index, item, count, seed, fat_share):
    digit, is_zero = item
    rng = np.random.default_rng([seed, index])
    variants = []
    for _ in range(count):
        slash = is_zero and rng.random() < SLASHED_SHARE
        variants.append(render(deform(slashed(digit, rng) if slash else digit, rng), rng, fat_share))
    return np.stack(variants)


def _scribble(index, _, digits, seed):
    rng = np.random.default_rng([seed, index])
    return render(non_digits.draw(rng, digits), rng, FAT_SHARE / 2)


def _in_processes(function, items):
    """Map `function(index, item)` over items on all cores that this process may use, in order.

    The processes are new ones rather than forked: TensorFlow's threads, and the locks they hold at that
    moment, would be missing in a fork, which may then wait for ever.
    """
    with ProcessPoolExecutor(_cores(), get_context("spawn")) as pool:
        return np.stack(list(pool.map(function, range(len(items)), items, chunksize=100)))


def _cores():
    """How many cores this process may use: containers and `taskset` grant fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _smooth_noise(length, rng):
    noise = rng.normal(size=(length + 4, 2))
    return (noise[:-4] + noise[1:-3] + noise[2:-2] + noise[3:-1] + noise[4:]) / np.sqrt(5)
