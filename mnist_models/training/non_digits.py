"""Drawings that are no digits, so that `reader` learns to say "unsure".

Trained to spread its probability evenly over such drawings (outlier exposure: Hendrycks, Mazeika,
Dietterich 2019, "Deep Anomaly Detection with Outlier Exposure"), a network stays unsure of other
non-digits too. Letters that people write like digits (O, I, l, S, q, g, b, y) are left out.
"""

import numpy as np

# Strokes of letters as points "xy" on a grid, x 0 to 4 to the right, y 0 to 6 down.
_LETTERS = {
    "A": "06 20 46|14 34",
    "B": "00 06|00 20 31 32 23 03|23 34 35 26 06",
    "C": "41 30 10 01 05 16 36 45",
    "D": "00 06|00 20 41 45 26 06",
    "E": "40 00 06 46|03 33",
    "F": "40 00 06|03 33",
    "G": "41 30 10 01 05 16 36 45 43 23",
    "H": "00 06|40 46|03 43",
    "J": "10 40|30 35 26 16 05",
    "K": "00 06|40 03 46",
    "L": "00 06 46",
    "M": "06 00 23 40 46",
    "N": "06 00 46 40",
    "P": "06 00 30 41 42 33 03",
    "Q": "20 01 05 26 45 41 20|34 46",
    "R": "06 00 30 41 42 33 03|23 46",
    "T": "00 40|20 26",
    "U": "00 05 16 36 45 40",
    "V": "00 26 40",
    "W": "00 16 22 36 40",
    "X": "00 46|40 06",
    "Y": "00 23 40|23 26",
    "Z": "00 40 06 46",
    "a": "33 22 12 03 05 16 26 34 32|32 35 46",
    "d": "33 22 12 03 05 16 26 34|30 36",
    "e": "04 34 33 22 12 03 05 16 26 35",
    "f": "30 20 11 16|02 32",
    "h": "00 06|03 12 22 33 36",
    "k": "00 06|32 04 36",
    "m": "02 06|03 12 23 26|23 32 43 46",
    "n": "02 06|03 12 22 33 36",
    "p": "02 08|03 12 22 33 34 26 15 04",
    "r": "02 06|04 13 22 32",
    "t": "20 25 36|02 42",
    "u": "02 05 16 26 35|32 36",
    "v": "02 26 42",
    "w": "02 16 23 36 42",
    "x": "02 46|42 06",
    "z": "02 42 06 46",
    "i": "22 26|20 20",
    "j": "22 27 18|20 20",
    "?": "01 10 30 41 33 24 25|27 27",
    "&": "46 11 20 31 04 05 16 26 44",
    "+": "20 26|03 43",
    "=": "02 42|04 44",
    "#": "10 06|40 36|02 42|04 44",
    "*": "20 26|01 45|41 05",
    "@": "33 22 13 24 34 32 41 20 02 05 26 46",
    "triangle": "06 20 46 06",
    "box": "00 40 46 06 00",
    "arrow": "03 43|31 43 35",
    "house": "06 03 20 43 46 06",
    "heart": "21 10 02 26 42 30 21",
    "star": "16 20 36 02 42 16",
    "tick": "03 16 40",
    "smile": "04 16 36 44|11 11|31 31",
}


def draw(rng, digits=()):
    """A random non-digit.

    Args:
        rng: numpy Generator.
        digits: digits as stroke lists; where given, some results are two of them side by side.

    Returns:
        list of float arrays P×2 of x, y, in any units, y down.
    """
    kinds = [_letter, _letter, _wander, _zigzag, _loops, _lines]
    if len(digits):
        kinds.append(lambda rng: _pair(rng, digits))
    return kinds[rng.integers(len(kinds))](rng)


def _letter(rng):
    from mnist_models.training.stroke_variants import deform

    points = _LETTERS[rng.choice(list(_LETTERS))]
    strokes = [
        np.array([(int(point[0]) * 0.9, int(point[1])) for point in stroke.split()], float)
        for stroke in points.split("|")
    ]
    corners = int(rng.integers(0, 4))  # how often corners are cut: from angular to round hands
    strokes = [_round_corners(stroke + rng.normal(0, 0.18, stroke.shape), corners) for stroke in strokes]
    return deform(strokes, rng)


def _wander(rng):
    """One to three long strokes that turn at random, as a child's scribble does."""
    strokes = []
    for _ in range(rng.integers(1, 4)):
        length = int(rng.integers(30, 120))
        bend = np.cumsum(rng.normal(0, rng.uniform(0.15, 0.6), length)) + rng.normal(0, 0.1)
        steps = np.stack([np.cos(bend), np.sin(bend)], axis=1)
        steps += 0.15 * rng.normal(size=2)
        path = np.cumsum(steps, axis=0)
        strokes.append(path + rng.uniform(-12, 12, 2))
    return strokes


def _zigzag(rng):
    """Hatching to and fro, in any direction."""
    turns = int(rng.integers(4, 14))
    along = np.linspace(0, rng.uniform(0.5, 2), turns) + rng.normal(0, 0.05, turns)
    across = np.where(np.arange(turns) % 2, 1.0, 0.0) + rng.normal(0, 0.12, turns)
    path = _round_corners(np.stack([along, across], axis=1), int(rng.integers(0, 3)))
    return [_turn(path, rng.uniform(0, np.pi))]


def _loops(rng):
    """Spirals and rolling loops of at least two turns."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2, 5), 120)
    radius = 1 + rng.uniform(-0.9, 0.9) * angle / angle[-1]
    roll = rng.uniform(-0.5, 0.5) * angle
    path = np.stack([radius * np.cos(angle) + roll, radius * rng.uniform(0.5, 1.5) * np.sin(angle)], axis=1)
    return [_turn(path, rng.uniform(0, 2 * np.pi))]


def _lines(rng):
    """Three to eight straight lines across each other."""
    return [rng.uniform(0, 1, (2, 2)) for _ in range(rng.integers(3, 9))]


def _pair(rng, digits):
    """Two digits side by side: a number, which a digit reader should not call one digit."""
    left, right = (_unit(digits[index]) for index in rng.integers(len(digits), size=2))
    gap = max(stroke[:, 0].max() for stroke in left) + rng.uniform(0.05, 0.4)
    offset = np.array([gap, rng.normal(0, 0.06)])
    return left + [stroke + offset for stroke in right]


def _unit(digit):
    """Move strokes to the origin and scale them to height one."""
    points = np.concatenate(digit)
    return [(stroke - points.min(axis=0)) / max(np.ptp(points[:, 1]), 1e-6) for stroke in digit]


def _round_corners(path, times):
    """Cut every corner, several times (Chaikin 1974)."""
    for _ in range(times):
        cut = np.stack([0.75 * path[:-1] + 0.25 * path[1:], 0.25 * path[:-1] + 0.75 * path[1:]], axis=1)
        path = np.concatenate([path[:1], cut.reshape(-1, 2), path[-1:]])
    return path


def _turn(path, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return path @ np.array([[cos, sin], [-sin, cos]])
