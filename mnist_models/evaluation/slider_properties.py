"""What is measured in the pictures of which generator, to find and test directions of its sliders."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.images import measurements
from mnist_models.serving import classifier


@dataclass(frozen=True)
class Property:
    """Something that can be measured in a picture.

    Attributes:
        name: as in the model card, such as "slant" or "like_7".
        title: of its slider.
        is_class: True for the likeness to one of a classifier's classes.
    """

    name: str
    title: str
    is_class: bool = False


@dataclass(frozen=True)
class Meter:
    """Measures pictures.

    Attributes:
        properties: tuple of K Property.
        measure: takes float32 N×H×W×C in [0, 1], returns float64 N×K.
    """

    properties: tuple[Property, ...]
    measure: Callable[[np.ndarray], np.ndarray]


_SHAPES = {
    "mnist": (
        (Property("slant", "Slant"), measurements.slant),
        (Property("thickness", "Line thickness"), measurements.thickness),
        (Property("width", "Width"), measurements.width),
    ),
    "fashion_mnist": (
        (Property("brightness", "Brightness"), measurements.fabric),
        (Property("width", "Width"), measurements.extent),
    ),
    "faces": (
        (Property("brightness", "Brightness"), measurements.brightness),
        (Property("warmth", "Warmth"), measurements.warmth),
        (Property("light_from_right", "Light from the right"), measurements.light_from_right),
    ),
}
_TITLE = "Likeness to {}"


def meter_of(network, weights=None):
    """What can be measured in a generator's pictures.

    Shape and colour by `measurements`; of digits and clothes also the judge's logit of every class, of
    faces the age that `age_judge` guesses.

    Args:
        network: catalog.Network.
        weights: folder of the generator, and of the judge if it is there too (else the shipped one
            measures); the shipped ones when None.

    Returns:
        Meter; measuring raises weights.CardError when the judge is missing or damaged.
    """
    shapes = _SHAPES[network.data[0]]
    measures = [measure for _, measure in shapes]
    named = [one for one, _ in shapes]
    if network.judge:
        labels = datasets.SOURCES[network.data[0]].labels
        named += [
            Property(f"like_{i}", f"More like {_with_article(label)}", True) for i, label in enumerate(labels)
        ]
    else:
        named.append(Property("age", "Age"))

    def measure(pictures):
        columns = [shape(pictures) for shape in measures]
        if network.judge:
            judge = cards.trained(network.judge, cards.measuring_folder(network.judge, weights))
            columns.extend(measurements.logits(classifier.predict(judge, pictures)).T)
        else:
            judge = cards.trained("age_judge", cards.measuring_folder("age_judge", weights))
            columns.append(classifier.predict(judge, pictures)[:, 0])
        return np.stack(columns, axis=1).astype(np.float64)

    return Meter(tuple(named), measure)


def _with_article(label):
    if label == "trousers":
        return label
    return f"an {label}" if label[0] in "8aeiou" else f"a {label}"
