import numpy as np
import pytest

from mnist_models.evaluation import classifier


def test_precision_and_recall_of_every_digit():
    report = classifier.report(np.array([7, 7, 1, 1]), np.array([1, 7, 1, 1]), "four digits")
    assert report.accuracy == pytest.approx(3 / 4)
    assert report.precision[1] == pytest.approx(2 / 3)
    assert report.recall[1] == 1
    assert report.precision[7] == 1
    assert report.recall[7] == pytest.approx(1 / 2)
    assert report.precision[0] == report.recall[0] == 0


def test_a_perfect_reader_has_a_diagonal_confusion():
    labels = np.arange(10).repeat(3)
    report = classifier.report(labels, labels, "thirty digits")
    assert report.confusion == (3 * np.eye(10, dtype=int)).tolist()


def test_on_the_sample_only_held_out_digits_are_read(sample):
    report = classifier.evaluate("cnn", sample)
    assert report.images == 2_000
    assert "held-out" in report.where
    assert report.accuracy > 0.98


def test_drawn_anywhere_is_on_the_canvas_and_readable(rng):
    one = [np.array([[10.0, 0], [10, 100]])]
    for _ in range(20):
        assert classifier.draw_anywhere(one, rng).shape == (28, 28, 1)
