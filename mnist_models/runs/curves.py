"""The curves of a run: which metrics share a chart, smoothed and thinned for the eye."""

import math
from dataclasses import dataclass

from mnist_models import catalog

MOST_POINTS = 400  # of a curve on the page: more than a chart has pixels for


@dataclass(frozen=True)
class Panel:
    """One chart.

    Attributes:
        title: of its vertical axis.
        metrics: dict from a metric's name to what its curve is called.
        is_share: True for metrics between 0 and 1, which never need a logarithmic axis.
    """

    title: str
    metrics: dict
    is_share: bool = False


@dataclass(frozen=True)
class Curve:
    """A metric over time.

    Attributes:
        metric: its name.
        epochs: where its points are, with fractions.
        values: as many.
    """

    metric: str
    epochs: tuple[float, ...]
    values: tuple[float, ...]


_CLASSIFIER = (
    Panel("loss", {"loss": "training", "val_loss": "validation"}),
    Panel("accuracy", {"accuracy": "training", "val_accuracy": "validation"}, is_share=True),
)
_AUTOENCODER = (
    Panel("loss", {"loss": "training", "val_loss": "validation"}),
    Panel("mean squared error", {"error": "training", "val_error": "validation"}),
)
_ADVERSARIAL = (
    Panel("loss", {"discriminator_loss": "discriminator", "generator_loss": "generator"}),
    Panel("taken for real", {"d_real": "real: D(x)", "d_generated": "generated: D(G(z))"}, is_share=True),
)


def panels(network):
    """The charts of a network's runs, two Panels.

    Args:
        network: a name of the catalog.
    """
    if network in catalog.ADVERSARIAL:
        return _ADVERSARIAL
    return _AUTOENCODER if network in catalog.AUTOENCODERS else _CLASSIFIER


def curves(points, panel, smoothing=0.0):
    """What a panel shows of a run.

    Validation is measured once an epoch and is never smoothed.

    Args:
        points: list of records.Point, the oldest first.
        panel: Panel.
        smoothing: weight of the past in [0, 1), as in `smooth`.

    Returns:
        list of Curve, one for every metric of the panel; without points where there are none yet.
    """
    found = []
    for metric in panel.metrics:
        validation = metric.startswith("val_")
        chosen = [p for p in points if metric in p.figures and p.whole == validation]
        values = [p.figures[metric] for p in chosen]
        if not validation:
            values = smooth(values, smoothing)
        epochs, values = thin([p.epoch for p in chosen], values)
        found.append(Curve(metric, tuple(epochs), tuple(values)))
    return found


def smooth(values, weight):
    """Running mean in which the past counts `weight`, as TensorBoard does it.

    It is divided by the weight that the values so far have together, so that it does not begin at zero
    (the correction of Kingma and Ba 2015, arXiv:1412.6980, section 3).

    Args:
        values: sequence of floats. Those that are not finite are left as they are.
        weight: float in [0, 1); 0 changes nothing.

    Returns:
        list of floats, as many.
    """
    mean, total, smoothed = 0.0, 0.0, []
    for value in values:
        if not math.isfinite(value):
            smoothed.append(value)
            continue
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        smoothed.append(mean / total)
    return smoothed


def thin(epochs, values, most=MOST_POINTS):
    """Means of neighbours, so that a long run draws as fast as a short one.

    The last point stays as it is: it is what one watches.

    Returns:
        (epochs, values): lists of at most `most` floats.
    """
    if len(values) <= most:
        return list(epochs), list(values)
    earlier = len(values) - 1
    size = -(-earlier // (most - 1))
    groups = [slice(start, min(start + size, earlier)) for start in range(0, earlier, size)]

    def thinned(numbers):
        means = [sum(numbers[group]) / len(numbers[group]) for group in groups]
        return [*means, numbers[-1]]

    return thinned(epochs), thinned(values)
