import math

import pytest

from mnist_models import catalog
from mnist_models.runs import curves
from mnist_models.runs.records import Point


def point(epoch, whole=False, **figures):
    return Point(row=0, step=0, epoch=epoch, seconds=0.0, whole=whole, figures=figures)


@pytest.mark.parametrize("network", ["mlp", "vae", "digit_gan"])
def test_every_family_has_two_charts_without_a_metric_in_both(network):
    assert network in catalog.NETWORKS
    first, second = curves.panels(network)
    assert not first.metrics.keys() & second.metrics.keys()


def test_training_comes_from_the_steps_and_validation_from_the_epochs():
    points = [
        point(0.5, loss=2.0),
        point(1.0, loss=1.0),
        point(1.0, whole=True, loss=1.5, val_loss=1.2),
    ]
    training, validation = curves.curves(points, curves.panels("mlp")[0])
    assert (training.epochs, training.values) == ((0.5, 1.0), (2.0, 1.0))
    assert (validation.epochs, validation.values) == ((1.0,), (1.2,))


def test_smoothing_follows_slowly_and_begins_where_the_values_do():
    smoothed = curves.smooth([1.0, 0.0, 0.0, 0.0], 0.5)
    assert smoothed[0] == 1.0
    assert smoothed == sorted(smoothed, reverse=True)
    assert smoothed[1] == pytest.approx(1 / 3)  # weights 1/4 and 1/2
    assert curves.smooth([3.0, 1.0], 0.0) == [3.0, 1.0]
    assert curves.smooth([5.0] * 9, 0.9) == pytest.approx([5.0] * 9)


def test_smoothing_passes_over_what_is_not_a_number():
    smoothed = curves.smooth([1.0, math.nan, 1.0], 0.5)
    assert math.isnan(smoothed[1])
    assert smoothed[2] == pytest.approx(1.0)


def test_validation_is_never_smoothed():
    points = [point(epoch, whole=True, val_loss=float(epoch % 2)) for epoch in range(1, 6)]
    _, validation = curves.curves(points, curves.panels("mlp")[0], smoothing=0.9)
    assert validation.values == (1.0, 0.0, 1.0, 0.0, 1.0)


@pytest.mark.parametrize("count", [1, 400, 401, 799, 800, 5_000])
def test_thinning_keeps_the_mean_the_order_and_the_last_point(count):
    numbers = [float(number) for number in range(count)]
    epochs, values = curves.thin(numbers, numbers)
    assert len(epochs) == len(values) <= curves.MOST_POINTS
    assert len(values) > min(count, curves.MOST_POINTS) / 2.1
    assert values == sorted(values)
    assert values[-1] == numbers[-1]
    assert sum(values) / len(values) == pytest.approx(sum(numbers) / count, rel=0.02)
