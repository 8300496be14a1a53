"""How good a classifier is: accuracy, precision and recall of every digit, the confusion matrix."""

from dataclasses import dataclass

import numpy as np

from mnist_models import metrics
from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.images import normalize, photo_scenes, strokes
from mnist_models.serving import classifier

FAT_PENS = 0.2, 0.25, 0.33, 0.45  # of the height of the drawn digit
PHOTOS = 60  # of every kind
_BATCH = 1_000


@dataclass(frozen=True)
class Report:
    """Figures of a classifier on one set of images.

    Attributes:
        images: how many were read.
        accuracy: share read right.
        precision: of every class, the share of its guesses that were right; 0 where none was made.
        recall: of every class, the share of its images read right.
        confusion: int 10×10, rows true, columns read.
        where: what was read, for people.
    """

    images: int
    accuracy: float
    precision: list[float]
    recall: list[float]
    confusion: list[list[int]]
    where: str


def report(labels, guesses, where, classes=10):
    """Compare labels with guesses.

    Args:
        labels, guesses: int arrays N, 0 to classes-1.
        where: what was read, for people.

    Example:
        >>> report(np.array([1, 1, 7]), np.array([1, 7, 7]), "three digits").accuracy
        0.6666666666666666
    """
    confusion = metrics.confusion_matrix(labels, guesses, classes)
    right = np.diag(confusion)
    return Report(
        images=len(labels),
        accuracy=float(right.sum() / max(1, len(labels))),
        precision=(right / np.maximum(1, confusion.sum(axis=0))).tolist(),
        recall=(right / np.maximum(1, confusion.sum(axis=1))).tolist(),
        confusion=confusion.tolist(),
        where=where,
    )


def evaluate(name, dataset, weights=None):
    """Read a data set's test images with a trained network.

    Args:
        name: a classifier of the catalog.
        dataset: datasets.Dataset; on the embedded sample, its 2,000 held-out digits are read.
        weights: folder; the shipped one when None.

    Returns:
        Report.
    """
    network = cards.trained(name, weights)
    where = f"{dataset.name}: {len(dataset.x_test):,} test images"
    if dataset.is_sample:
        where = f"{dataset.name}: the {len(dataset.x_test):,} held-out digits of the embedded sample"
    return report(dataset.y_test, guess(network, normalize.as_input(dataset.x_test)), where)


def evaluate_drawings(name, recorded, seed=0, weights=None):
    """Read pen digits of writers that nothing was trained on, drawn as on the Draw page.

    Every digit is drawn once, anywhere on the canvas, 60 to 240 pixels high, with lines from 8
    pixels to a fifth of the height.

    Args:
        name: a classifier of the catalog.
        recorded: datasets.StrokeData; its last 1,250 digits are read.
        seed: int.
        weights: folder; the shipped one when None.

    Returns:
        (Report, share of the drawings the network was unsure of).
    """
    rng = np.random.default_rng(seed)
    images = np.stack([draw_anywhere(digit, rng) for digit in recorded.strokes[datasets.STROKE_TEST]])
    labels = recorded.labels[datasets.STROKE_TEST]
    network = cards.trained(name, weights)
    probabilities = classifier.predict(network, images)
    unsure = float((probabilities.max(axis=1) < classifier.threshold(network)).mean())
    where = f"strokes: {len(labels):,} drawings by writers that nothing was trained on"
    return report(labels, probabilities.argmax(axis=1), where), unsure


def draw_anywhere(digit, rng):
    """Draw strokes at a random place, height and line width: float32 28×28×1 in [0, 1]."""
    height = rng.uniform(60, 240)
    width = rng.uniform(8, max(8, height / 5))
    placed = strokes.place(digit, height, *rng.uniform(0, strokes.CANVAS, 2), line_width=width)
    return normalize.canvas_to_mnist(strokes.draw(placed, width))


def evaluate_fat_pens(name, recorded, seed=0, weights=None):
    """Read the same writers' digits drawn with fat pens, 60 to 200 pixels high, ink included.

    Returns:
        dict from the pen's share of the digit's height to {"right", "surely_wrong", "unsure"}, shares of the
        drawings.
    """
    network = cards.trained(name, weights)
    labels = recorded.labels[datasets.STROKE_TEST]
    figures = {}
    for share in FAT_PENS:
        rng = np.random.default_rng(seed)
        images = np.stack([_draw_fat(digit, share, rng) for digit in recorded.strokes[datasets.STROKE_TEST]])
        figures[str(share)] = _shares(network, images, labels)
    return figures


def evaluate_photos(name, seed=0, weights=None):
    """Read photos of held-out digits: sixty of every kind in `photo_scenes.SCENES`.

    Returns:
        dict from the kind to {"read": right and sure, "surely_wrong", "photos"}, counts.
    """
    network = cards.trained(name, weights)
    sample = datasets.load_sample()
    figures = {}
    for kind, scene in photo_scenes.SCENES.items():
        rng = np.random.default_rng([seed, len(figures)])
        counts = {"read": 0, "surely_wrong": 0, "photos": PHOTOS}
        for number in rng.integers(0, len(sample.x_held_out), PHOTOS):
            photo = photo_scenes.photograph(sample.x_held_out[number], scene, rng)
            try:
                reading = classifier.read(network, normalize.photo_to_mnist(photo))
            except normalize.EmptyCanvas:
                continue
            right = reading.digit == sample.y_held_out[number]
            counts["read"] += bool(right and reading.is_sure)
            counts["surely_wrong"] += bool(reading.is_sure and not right)
        figures[kind] = counts
    return figures


def _draw_fat(digit, share, rng):
    height = rng.uniform(60, 200)
    width = share * height
    placed = strokes.place(digit, height - width, *rng.uniform(0, strokes.CANVAS, 2), line_width=width)
    return normalize.canvas_to_mnist(strokes.draw(placed, width))


def _shares(network, images, labels):
    probabilities = classifier.predict(network, images)
    right = probabilities.argmax(axis=1) == labels
    sure = probabilities.max(axis=1) >= classifier.threshold(network)
    return {
        "right": float(right.mean()),
        "surely_wrong": float((sure & ~right).mean()),
        "unsure": float((~sure).mean()),
    }


def guess(network, images):
    """The most probable class of every image: int N for float32 N×28×28×1 in [0, 1]."""
    batches = range(0, len(images), _BATCH)
    return np.concatenate([classifier.predict(network, images[i : i + _BATCH]).argmax(1) for i in batches])
