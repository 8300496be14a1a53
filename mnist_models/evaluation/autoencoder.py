"""How good an autoencoder is: what it loses, what it repairs, and what its codes are worth.

NumPy, ONNX Runtime and scikit-learn only: networks are measured as they are served.
"""

from functools import partial

import numpy as np

from mnist_models import weights as cards
from mnist_models.evaluation.generator import SURE
from mnist_models.images import corruption
from mnist_models.images.normalize import as_input
from mnist_models.latent import plane
from mnist_models.serving import autoencoder, classifier

SIGMA = 0.5  # of the noise that a denoiser is measured with
PLANE_POINTS = 40  # along either side of the plane


def evaluate(network, dataset, weights=None, seed=0):
    """Measure a trained autoencoder of the catalog with its exported files.

    Args:
        network: catalog.Network.
        dataset: datasets.Dataset; on the embedded sample, its 2,000 held-out digits are the test.
        weights: folder; the shipped one when None.
        seed: int, of noise and holes.

    Returns:
        dict of `measure` with "images", how many; for a denoiser also `measure_repairs`, for a plane
        `measure_plane`.

    Raises:
        weights.CardError: when one of its files (or `judge`, for a plane) is missing or damaged.
    """
    trained = cards.trained(network.name, weights)
    encode, decode = partial(autoencoder.encode, trained), partial(autoencoder.decode, trained)
    training, test = as_input(dataset.x_train), as_input(dataset.x_test)
    figures = {"images": len(test)} | measure(encode, decode, training, dataset.y_train, test, dataset.y_test)
    if network.recipe.noise:
        figures |= measure_repairs(partial(autoencoder.reconstruct, trained), test, seed)
    if network.recipe.kl_weight:
        judge = cards.trained("judge", cards.measuring_folder("judge", weights))
        figures |= measure_plane(decode, partial(classifier.predict, judge), plane.edge(encode(test)))
    return figures


def measure(encode, decode, training, y_training, test, y_test):
    """What every autoencoder is measured by.

    Args:
        encode, decode: functions, float32 N×28×28×1 → N×latent_dim and back.
        training, test: float32 N×28×28×1 in [0, 1].
        y_training, y_test: int N.

    Returns:
        dict: "error", the pixels' mean squared error on test images; "error_pca", that of a principal
        component analysis with as many numbers; "codes_read", the share of test codes that a linear
        classifier fitted on training codes reads.
    """
    codes, test_codes = encode(training), encode(test)
    return {
        "error": mean_squared(decode(test_codes), test),
        "error_pca": pca_error(training, test, codes.shape[1]),
        "codes_read": share_read(codes, y_training, test_codes, y_test),
    }


def measure_repairs(repair, test, seed=0):
    """How well a denoiser repairs.

    Args:
        repair: a function, float32 N×28×28×1 → the same.
        test: float32 N×28×28×1 in [0, 1].
        seed: int.

    Returns:
        dict: "noise_sigma"; "noisy_error" and "denoised_error", mean squared errors before and after;
        "hole_error", inside parts rubbed out by one stroke of a rubber, and "hole_error_bare", if
        these were left as bare paper.
    """
    rng = np.random.default_rng(seed)
    noisy = corruption.add_noise(test, SIGMA, rng)
    holes = corruption.strokes_of_rubber(len(test), rng)
    filled = repair(corruption.erase(test, holes))
    return {
        "noise_sigma": SIGMA,
        "noisy_error": mean_squared(noisy, test),
        "denoised_error": mean_squared(repair(noisy), test),
        "hole_error": mean_squared(filled[holes], test[holes]),
        "hole_error_bare": float((test[holes] ** 2).mean()),
    }


def measure_plane(decode, read, edge):
    """Which digits are on a plane.

    Args:
        decode: a function, float32 N×2 → N×28×28×1.
        read: a function, float32 N×28×28×1 → N×10 probabilities.
        edge: float, as from `plane.edge`.

    Returns:
        dict: "plane_edge"; "plane_shares", list of ten, the share of the shown plane where the judge is
        at least 90 % sure of that digit; "plane_sure", their sum.
    """
    pictures = decode(plane.grid(PLANE_POINTS, edge).reshape(-1, 2))
    probabilities = read(pictures)
    sure = probabilities.max(axis=1) >= SURE
    shares = np.bincount(probabilities.argmax(axis=1)[sure], minlength=10) / len(pictures)
    return {"plane_edge": edge, "plane_shares": shares.tolist(), "plane_sure": float(sure.mean())}


def mean_squared(a, b):
    """Mean squared difference of two arrays, a float."""
    return float(((a - b) ** 2).mean(dtype=np.float64))


def pca_error(training, test, components):
    """Mean squared error of test images after a principal component analysis.

    Args:
        training, test: float32 N×28×28×1.
        components: int, how many of the training images' components are kept.
    """
    training, test = training.reshape(len(training), -1), test.reshape(len(test), -1)
    mean = training.mean(axis=0)
    centred = training - mean
    _, vectors = np.linalg.eigh(centred.T @ centred)
    kept = vectors[:, -components:]
    return mean_squared((test - mean) @ kept @ kept.T, test - mean)


def share_read(codes, labels, test_codes, test_labels):
    """The share of test codes that a linear classifier fitted on training codes reads.

    Args:
        codes, test_codes: float32 N×D, M×D.
        labels, test_labels: int N, M.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    return float(classifier.fit(codes, labels).score(test_codes, test_labels))
