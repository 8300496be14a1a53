"""Measures of pictures and of answers: how varied, how like others, how often right. NumPy alone.

A distance between two sets of pictures is best read beside that between two real sets of the same size.
"""

import numpy as np

PATCH = 7
PATCHES = 128  # of every image and scale
PROJECTIONS = 512
SMALLEST = 16  # pixels, the last level of a pyramid


def confusion_matrix(labels, guesses, classes=10):
    """Counts, int classes×classes: rows are the true classes, columns the guesses."""
    pairs = np.asarray(labels, int) * classes + np.asarray(guesses, int)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def diversity(pictures):
    """Mean squared pixel distance of two different pictures, over all pairs.

    Args:
        pictures: float N×H×W×C, N ≥ 2.
    """
    # The mean of (a - b)² over pairs is twice the unbiased variance: no pair needs to be drawn.
    return float(2 * np.var(pictures, axis=0, ddof=1, dtype=np.float64).mean())


def mean_colour_distance(real, generated):
    """Euclidean distance of the mean colours of two sets of images, float N×H×W×C in [0, 1]."""
    means = [images.mean(axis=(0, 1, 2), dtype=np.float64) for images in (real, generated)]
    return float(np.linalg.norm(means[0] - means[1]))


def frechet_distance(a, b):
    """Fréchet distance of two clouds of features, taken as normal distributions.

    Heusel et al. 2017 (arXiv:1706.08500): |μ_a − μ_b|² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½). Comparable only
    between sets of the same size in the same features.

    Args:
        a, b: float N×F, M×F.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = symmetric_root(covariance_a)
    # Σ_a Σ_b has the eigenvalues of the symmetric Σ_a^½ Σ_b Σ_a^½.
    mixed = np.linalg.eigvalsh(root @ covariance_b @ root)
    shift = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum()
    trace = np.trace(covariance_a) + np.trace(covariance_b) - 2 * np.sqrt(np.clip(mixed, 0, None)).sum()
    return float(shift + trace)


def symmetric_root(covariances):
    """The symmetric square roots of covariance matrices: float …×F×F, as many."""
    values, vectors = np.linalg.eigh(covariances)
    return vectors * np.sqrt(np.clip(values, 0, None))[..., np.newaxis, :] @ vectors.swapaxes(-1, -2)


def nearest(pictures, training, batch=250):
    """The nearest training image of every picture.

    Args:
        pictures, training: float32 N×H×W×C, M×H×W×C in [0, 1].
        batch: int, pictures at once.

    Returns:
        (indices int N, distances float32 N: root mean squared pixel differences).
    """
    flat = training.reshape(len(training), -1)
    squares = np.einsum("ij,ij->i", flat, flat)
    indices, distances = [], []
    for first in range(0, len(pictures), batch):
        part = pictures[first : first + batch].reshape(-1, flat.shape[1])
        # |a - b|² = |a|² - 2ab + |b|²; |a|² is the same for all b.
        index = (squares - 2 * (part @ flat.T)).argmin(axis=1)
        indices.append(index)
        distances.append(np.sqrt(((part - flat[index]) ** 2).mean(axis=1)))
    return np.concatenate(indices), np.concatenate(distances)


def sliced_wasserstein(real, generated, seed=0):
    """Sliced Wasserstein distance of 7×7 patches of Laplacian pyramids, at every scale.

    Karras, Aila, Laine, Lehtinen 2018 (arXiv:1710.10196), section 5. Large where one set has structure
    (strands, edges, colours) that the other lacks. As in the paper 128 patches an image and level,
    colours of the patches normalised per set, 512 random directions, values × 1,000.

    Args:
        real, generated: float32 N×H×W×C in [0, 1], H = W a power of two times 16. The larger set
            is cut to the size of the smaller.
        seed: int, of the patches and directions.

    Returns:
        list of floats, finest scale first: 64, 32 and 16 pixels for 64×64 images.
    """
    count = min(len(real), len(generated))
    rng = np.random.default_rng(seed)
    return [
        1_000 * _patch_distance(_patches(a, rng), _patches(b, rng), rng)
        for a, b in zip(laplacian_pyramid(real[:count]), laplacian_pyramid(generated[:count]), strict=True)
    ]


def laplacian_pyramid(images):
    """What every halving of the resolution loses, and the 16-pixel images that are left.

    Burt and Adelson 1983. Adding it all up again gives the images.

    Args:
        images: float32 N×H×W×C.

    Returns:
        list of float32 N×h×w×C for h = H, H/2, …, 16.
    """
    levels = []
    while images.shape[1] > SMALLEST:
        smaller = _blur(images)[:, ::2, ::2]
        levels.append(images - enlarge(smaller))
        images = smaller
    return [*levels, images]


def enlarge(images):
    """Double height and width: zeros in between, then the pyramid's blur, four times as strong."""
    count, height, width, channels = images.shape
    spread = np.zeros((count, 2 * height, 2 * width, channels), np.float32)
    spread[:, ::2, ::2] = 4 * images
    return _blur(spread)


def _blur(images):
    """The binomial filter 1 4 6 4 1 along both axes, mirrored at the borders."""
    for axis in (1, 2):
        length = images.shape[axis]
        around = [(2, 2) if index == axis else (0, 0) for index in range(4)]
        padded = np.pad(images, around, mode="reflect")
        shifted = [padded.take(range(start, start + length), axis=axis) for start in range(5)]
        images = (shifted[0] + 4 * shifted[1] + 6 * shifted[2] + 4 * shifted[3] + shifted[4]) / 16
    return images.astype(np.float32, copy=False)


def _patches(images, rng):
    """Random patches, every colour normalised over the whole set: float32 M×147."""
    count, height, width, channels = images.shape
    index = np.repeat(np.arange(count), PATCHES)[:, None, None]
    top = rng.integers(0, height - PATCH + 1, index.size)[:, None, None]
    left = rng.integers(0, width - PATCH + 1, index.size)[:, None, None]
    offsets = np.arange(PATCH)
    patches = images[index, top + offsets[:, None], left + offsets]
    patches = patches - patches.mean(axis=(0, 1, 2))
    patches /= patches.std(axis=(0, 1, 2)) + 1e-8
    return patches.reshape(len(patches), PATCH * PATCH * channels)


def _patch_distance(a, b, rng):
    """Mean distance of the sorted projections on random directions."""
    total = 0.0
    for _ in range(PROJECTIONS // 32):  # 32 at a time, for the memory's sake
        directions = rng.standard_normal((32, a.shape[1])).astype(np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        total += np.abs(np.sort(directions @ a.T) - np.sort(directions @ b.T)).mean()
    return float(total / (PROJECTIONS // 32))
