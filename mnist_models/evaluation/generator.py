"""Measures of generated pictures: are they sure, varied, like the real ones, and no copies?

NumPy and ONNX Runtime only. Every measure is best read beside the same figure of real pictures
against real pictures, which `measure_digits` and `measure_faces` give.
"""

import numpy as np
import onnxruntime

from mnist_models import weights as cards
from mnist_models.data import datasets

PICTURES = 10_000  # generated to be measured; of faces as many as there are test faces
SURE = 0.9  # the judge's probability from which a picture counts as recognised
PATCH = 7
PATCHES = 128  # of every image and scale
PROJECTIONS = 512
SMALLEST = 16  # pixels, the last level of a pyramid


def evaluate(network, weights=None, seed=0):
    """Measure a trained generator of the catalog with its exported files.

    Args:
        network: catalog.Network.
        weights: folder; the shipped one when None.
        seed: int, of the latent vectors.

    Returns:
        dict, as from `measure_digits` or `measure_faces`.

    Raises:
        weights.CardError: when the generator or its judge is missing or damaged.
        datasets.DataError: when the data set is.
    """
    generator = cards.checked_file(network.name, f"{network.name}.onnx", weights)
    latent_dim = cards.read(network.name, weights)["recipe"]["latent_dim"]
    rng = np.random.default_rng(seed)
    if network.judge is None:
        faces = datasets.load_faces()
        test, training = (x.astype(np.float32) / 255 for x in (faces.x_test, faces.x_train))
        latents = rng.standard_normal((len(test), latent_dim), np.float32)
        return measure_faces(run(generator, latents), test, training, seed)
    judged_from = cards.measuring_folder(network.judge, weights)
    judge, layers = (
        cards.checked_file(network.judge, f"{network.judge}{ending}.onnx", judged_from)
        for ending in ("", ".layers")
    )
    data = datasets.load(network.data[0])
    test, training = (x[..., np.newaxis].astype(np.float32) / 255 for x in (data.x_test, data.x_train))
    latents = rng.standard_normal((PICTURES, latent_dim), np.float32)
    return measure_digits(run(generator, latents), test, training, judge, layers)


def measure_digits(generated, test, training, judge, layers):
    """All measures of pictures with classes (digits, clothes).

    Args:
        generated, test, training: float32 N×28×28×1 in [0, 1].
        judge: path of a classifier's ONNX file, N×28×28×1 → N×10 probabilities.
        layers: path of an ONNX file of the same classifier with an output "features", N×F.

    Returns:
        dict: "sure", share of pictures of whose class the judge is at least 90 % sure;
        "class_shares", list of ten; "frechet" and "frechet_real", distances of generated and
        of training images to the test images; as "nearest", "nearest_real" the medians of the distance to
        the nearest training image, for generated and for test images, with the smallest as
        "nearest_least", "nearest_real_least"; "diversity", "diversity_real".
    """
    probabilities = run(judge, generated)
    classes = probabilities.argmax(axis=1)
    features = {
        name: run(layers, images, "features")
        for name, images in (("generated", generated), ("test", test), ("training", training))
    }
    _, distances = nearest(generated[:1_000], training)
    _, real_distances = nearest(test[:1_000], training)
    return {
        "sure": float((probabilities.max(axis=1) >= SURE).mean()),
        "class_shares": (np.bincount(classes, minlength=10) / len(classes)).tolist(),
        "frechet": frechet_distance(features["generated"], features["test"]),
        "frechet_real": frechet_distance(features["training"], features["test"]),
        "nearest": float(np.median(distances)),
        "nearest_real": float(np.median(real_distances)),
        "nearest_least": float(distances.min()),
        "nearest_real_least": float(real_distances.min()),
        "diversity": diversity(generated),
        "diversity_real": diversity(test),
    }


def measure_faces(generated, test, training, seed=0):
    """All measures of faces.

    Args:
        generated, test, training: float32 N×64×64×3 in [0, 1]. As many training faces as there are
            test faces stand for "real against real".
        seed: int, of the patches and directions.

    Returns:
        dict: "swd" and "swd_real", sliced Wasserstein distances ×1,000 to the test faces at 64, 32 and 16
        pixels; "mean_colour" and "mean_colour_real", distances of the mean colours; "diversity"
        and "diversity_real"; "nearest", "nearest_real" and their "_least" as in `measure_digits`.
    """
    chosen = np.random.default_rng(seed).permutation(len(training))[: len(test)]
    some = training[chosen]
    others = np.delete(training, chosen, axis=0)
    _, distances = nearest(generated[:500], training)
    _, real_distances = nearest(some[:500], others)
    return {
        "swd": sliced_wasserstein(test, generated, seed),
        "swd_real": sliced_wasserstein(test, some, seed),
        "mean_colour": mean_colour_distance(test, generated),
        "mean_colour_real": mean_colour_distance(test, some),
        "diversity": diversity(generated),
        "diversity_real": diversity(test),
        "nearest": float(np.median(distances)),
        "nearest_real": float(np.median(real_distances)),
        "nearest_least": float(distances.min()),
        "nearest_real_least": float(real_distances.min()),
    }


def run(path, inputs, output=None, batch=500):
    """Run an ONNX file.

    Args:
        path: of the file, which has one input.
        inputs: float32 array, N first.
        output: name of an output; None for the first.
        batch: int, rows at once.

    Returns:
        float32 array, N first.
    """
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    output = output or session.get_outputs()[0].name
    parts = [session.run([output], {name: inputs[i : i + batch]})[0] for i in range(0, len(inputs), batch)]
    return np.concatenate(parts)


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
