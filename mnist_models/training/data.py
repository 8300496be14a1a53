"""What a network is trained and validated on, as arrays."""

from dataclasses import dataclass

import numpy as np

from mnist_models.data import datasets
from mnist_models.training import stroke_variants

VALIDATION = 5_000  # digits, at most; a tenth of smaller data sets
VARIANTS = 6  # drawings made of every training stroke digit
SCRIBBLES_SHARE = 0.12  # of all training images
NEVER_TRAINED_ON = {
    "mnist": "canonical training digits 8,000 to 9,999 and the test set",
    "fashion_mnist": "the test set",
}


@dataclass(frozen=True)
class TrainingData:
    """Images to learn from and images to choose epochs and thresholds on.

    Attributes:
        x, y: uint8 N×28×28; uint8 N labels, or float32 N×10 where some targets are spread out.
        x_val, y_val: uint8, never trained on, never part of a test set.
        description: for the model card.
        notes: sentences for whoever trains.
        distortions: as in `datasets.Source`.
        classes: how many there are. A classifier has ten outputs; those beyond the classes are never its
            reading.
    """

    x: np.ndarray
    y: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    description: dict
    notes: tuple[str, ...] = ()
    distortions: str = "digits"
    classes: int = 10


def prepare(network, seed, own=None):
    """Load and split what a network of the catalog is trained on.

    Args:
        network: catalog.Network.
        seed: int, for drawn strokes, and for the split of data of one's own.
        own: datasets.Dataset of one's own that it is trained on in place of the catalog's; None for
            those.

    Raises:
        datasets.DataError: when the network's first data set is missing or damaged.
    """
    if own is not None:
        return _own(own, seed)
    dataset = datasets.load(network.data[0])
    data = _images(dataset, network.data[0] == datasets.SAMPLE)
    if "strokes" not in network.data:
        return data
    if datasets.find("strokes") is None:
        note = f"The pen strokes are not on this machine: training on MNIST alone. {datasets.ASK}"
        return _with(data, notes=(*data.notes, note))
    return _with_drawings(data, datasets.load_strokes(), seed)


def some(data, count):
    """TrainingData with only so many training images, drawn at random but always the same; all of them for a
    count of 0.
    """
    if not 0 < count < len(data.x):
        return data
    chosen = np.random.default_rng(0).permutation(len(data.x))[:count]
    description = data.description | {"training_images": count}
    return _with(data, x=data.x[chosen], y=data.y[chosen], description=description)


def stratified(labels, share, seed):
    """Split images so that every class is in both parts, in proportion.

    Args:
        labels: whole numbers N, at least two of each that occurs.
        share: of every class for the second part, at least one image.
        seed: int.

    Returns:
        (first, second): places in `labels`, both in a random order.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    is_second = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = order[labels[order] == label]
        is_second[places[: max(1, round(share * len(places)))]] = True
    return order[~is_second[order]], order[is_second[order]]


def _own(dataset, seed):
    share = min(0.1, VALIDATION / len(dataset.x_train))
    training, validation = stratified(dataset.y_train, share, seed)
    return TrainingData(
        x=dataset.x_train[training],
        y=dataset.y_train[training],
        x_val=dataset.x_train[validation],
        y_val=dataset.y_train[validation],
        description=facts(dataset.source)
        | {
            "embedded_sample": False,
            "training_images": len(training),
            "validation_images": len(validation),
            "never_trained_on": "the validation images",
        },
        classes=len(dataset.own.labels),
    )


def facts(source):
    """What a model card says of one data set: a dict.

    Args:
        source: datasets.Source.
    """
    known = {"sets": [source.name], "licences": [source.licence]}
    is_own = source.name not in datasets.SOURCES
    return known | {"titles": [source.title], "classes": list(source.labels)} if is_own else known


def _images(dataset, chosen_sample):
    held_back = min(VALIDATION, len(dataset.x_train) // 10)
    train, validation = slice(None, -held_back), slice(-held_back, None)
    notes = ()
    if dataset.is_sample and not chosen_sample:
        notes = (
            f"MNIST is not on this machine: training on the embedded sample of 8,000 digits. {datasets.ASK}",
        )
    return TrainingData(
        x=dataset.x_train[train],
        y=dataset.y_train[train],
        x_val=dataset.x_train[validation],
        y_val=dataset.y_train[validation],
        description={
            "sets": [dataset.name],
            "licences": [datasets.SOURCES[dataset.name].licence],
            "embedded_sample": dataset.is_sample,
            "training_images": len(dataset.x_train) - held_back,
            "validation_images": held_back,
            "never_trained_on": NEVER_TRAINED_ON[dataset.name],
        },
        notes=notes,
        distortions=dataset.source.distortions,
    )


def _with_drawings(data, recorded, seed):
    """MNIST, drawn pen digits and scribbles together."""
    training = recorded.strokes[datasets.STROKE_TRAINING]
    labels = recorded.labels[datasets.STROKE_TRAINING]
    drawn = stroke_variants.draw_variants(
        training, VARIANTS, seed, labels, stroke_variants.FAT_SHARE
    ).reshape(-1, 28, 28)
    drawn_labels = np.repeat(labels, VARIANTS)
    digits = len(data.x) + len(drawn)
    count = round(SCRIBBLES_SHARE / (1 - SCRIBBLES_SHARE) * digits)
    scribbles = stroke_variants.draw_scribbles(count, training, seed + 1)
    # At widths that can be read: the threshold of being sure is chosen on these.
    validation = stroke_variants.draw_variants(recorded.strokes[datasets.STROKE_VALIDATION], 3, seed + 2)
    # A scribble's target is no digit at all: every digit alike.
    spread_out = np.full((count, 10), 0.1, np.float32)
    labels = np.concatenate([data.y, drawn_labels])
    return _with(
        data,
        x=np.concatenate([data.x, drawn, scribbles]),
        y=np.concatenate([np.eye(10, dtype=np.float32)[labels], spread_out]),
        x_val=np.concatenate([data.x_val, validation.reshape(-1, 28, 28)]),
        y_val=np.concatenate([data.y_val, np.repeat(recorded.labels[datasets.STROKE_VALIDATION], 3)]),
        description=data.description
        | {
            "sets": [*data.description["sets"], "strokes"],
            "licences": [*data.description["licences"], datasets.SOURCES["strokes"].licence],
            "training_strokes": len(training),
            "drawings_of_each_stroke_digit": VARIANTS,
            "scribbles": count,
            "validation_strokes": len(validation),
            "never_trained_on": data.description["never_trained_on"]
            + ", and the last 1,250 stroke digits (about five writers)",
        },
    )


def _with(data, **changes):
    return TrainingData(**(vars(data) | changes))
