import numpy as np
import pytest

from mnist_models.images import strokes

LINE = [np.array([[0.0, 0], [3, 10]])]


@pytest.mark.parametrize("left", [None, 0, 500])
@pytest.mark.parametrize("height", [60, 240, 900])
def test_placed_strokes_stay_on_the_canvas(left, height):
    width = 30
    points = np.concatenate(strokes.place(LINE, height, left, 500, line_width=width))
    assert points.min() >= width / 2
    assert points.max() <= strokes.CANVAS - width / 2


def test_placed_strokes_have_the_height_asked_for():
    (stroke,) = strokes.place(LINE, 120)
    assert np.ptp(stroke[:, 1]) == pytest.approx(120)
    assert np.ptp(stroke[:, 0]) == pytest.approx(36)


def test_a_line_has_the_width_asked_for():
    image = strokes.draw([np.array([[140, 40], [140, 240]])], line_width=20)
    dark = image[140, :, 0] < 128
    assert abs(dark.sum() - 20) <= 1
    assert image.shape == (280, 280, 4)


def test_a_single_point_is_a_dot():
    mask = strokes.draw_mask([np.array([[100, 100]])], 20)
    assert mask[100, 100] == 255
    assert mask[100, 120] == 0


def test_a_clear_background_stays_clear():
    image = strokes.draw(LINE, 5, colour=(255, 0, 0), background=(0, 0, 0, 0))
    assert image[200, 200, 3] == 0
    assert tuple(image[1, 1]) == (255, 0, 0, 255)
