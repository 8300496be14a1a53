"""Measures of generated pictures: are they sure, varied, like the real ones, and no copies?

NumPy and ONNX Runtime only. Every measure is best read beside the same figure of real pictures
against real pictures, which `measure_digits` and `measure_faces` give.
"""

from functools import partial

import numpy as np

from mnist_models import metrics
from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.serving import sessions

PICTURES = 10_000  # generated to be measured; of faces as many as there are test faces
SURE = 0.9  # the judge's probability from which a picture counts as recognised
FEATURES = "features"  # the judge's layer in which distributions are compared


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
    generator = sessions.session(cards.trained(network.name, weights))
    latent_dim = cards.read(network.name, weights)["recipe"]["latent_dim"]
    rng = np.random.default_rng(seed)
    if network.judge is None:
        faces = datasets.load_faces()
        test, training = (x.astype(np.float32) / 255 for x in (faces.x_test, faces.x_train))
        latents = rng.standard_normal((len(test), latent_dim), np.float32)
        return measure_faces(sessions.run(generator, latents), test, training, seed)
    judge = cards.trained(network.judge, cards.measuring_folder(network.judge, weights))
    judged_by = sessions.session(judge, layers=(FEATURES,))
    data = datasets.load(network.data[0])
    test, training = (x[..., np.newaxis].astype(np.float32) / 255 for x in (data.x_test, data.x_train))
    latents = rng.standard_normal((PICTURES, latent_dim), np.float32)
    generated = sessions.run(generator, latents)
    return measure_digits(generated, test, training, partial(sessions.outputs, judged_by), seed)


def measure_digits(generated, test, training, judge, seed=0):
    """All measures of pictures with classes (digits, clothes).

    Args:
        generated, test, training: float32 N×28×28×1 in [0, 1].
            As many training images as there are test images stand for "real against real".
        judge: a function of such images: (float32 N×10 probabilities, float32 N×F features).
        seed: int, of the choice of training images.

    Returns:
        dict: "sure", share of pictures of whose class the judge is at least 90 % sure;
        "class_shares", list of ten; "frechet" and "frechet_real", distances of generated and
        of training images to the test images; as "nearest", "nearest_real" the medians of the distance to
        the nearest training image, for generated and for test images, with the smallest as
        "nearest_least", "nearest_real_least"; "diversity", "diversity_real".
    """
    probabilities, features = judge(generated)
    classes = probabilities.argmax(axis=1)
    some = training[np.random.default_rng(seed).permutation(len(training))[: len(test)]]
    _, test_features = judge(test)
    _, real_features = judge(some)
    _, distances = metrics.nearest(generated[:1_000], training)
    _, real_distances = metrics.nearest(test[:1_000], training)
    return {
        "sure": float((probabilities.max(axis=1) >= SURE).mean()),
        "class_shares": (np.bincount(classes, minlength=10) / len(classes)).tolist(),
        "frechet": metrics.frechet_distance(features, test_features),
        "frechet_real": metrics.frechet_distance(real_features, test_features),
        "nearest": float(np.median(distances)),
        "nearest_real": float(np.median(real_distances)),
        "nearest_least": float(distances.min()),
        "nearest_real_least": float(real_distances.min()),
        "diversity": metrics.diversity(generated),
        "diversity_real": metrics.diversity(test),
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
    _, distances = metrics.nearest(generated[:500], training)
    _, real_distances = metrics.nearest(some[:500], others)
    return {
        "swd": metrics.sliced_wasserstein(test, generated, seed),
        "swd_real": metrics.sliced_wasserstein(test, some, seed),
        "mean_colour": metrics.mean_colour_distance(test, generated),
        "mean_colour_real": metrics.mean_colour_distance(test, some),
        "diversity": metrics.diversity(generated),
        "diversity_real": metrics.diversity(test),
        "nearest": float(np.median(distances)),
        "nearest_real": float(np.median(real_distances)),
        "nearest_least": float(distances.min()),
        "nearest_real_least": float(real_distances.min()),
    }
