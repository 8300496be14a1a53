import numpy as np
import plotly.graph_objects as go

from mnist_models import charts, datasets


def test_bars_are_a_valid_figure_with_a_bar_a_class():
    figure = go.Figure(charts.probability_bars([0.1] * 10, datasets.DIGITS))
    assert list(figure.data[0].x) == list("0123456789")
    assert list(figure.data[0].y) == [10] * 10


def test_the_answer_stands_out():
    (bars,) = charts.probability_bars([0.0] * 7 + [0.9, 0.1, 0.0], datasets.DIGITS)["data"]
    opacity = bars["marker"]["opacity"]
    assert opacity[7] == 1
    assert max(opacity[:7] + opacity[8:]) < 1


def test_every_class_has_a_colour_of_its_own():
    assert len(set(charts.CLASS_COLOURS)) == 10


def test_a_code_has_a_bar_a_number_and_an_axis_that_stays():
    figures = [go.Figure(charts.code_bars(code, 9.0)) for code in ([1.0, -2.0, 3.0], [9.0, 0.0, 0.0])]
    assert list(figures[0].data[0].y) == [1, -2, 3]
    assert figures[0].layout.yaxis.range == figures[1].layout.yaxis.range == (-9, 9)


def test_points_on_a_plane_are_coloured_by_class():
    points = np.array([[0, 1], [2, 3], [4, 5]])
    figure = go.Figure(charts.plane_points(points, np.array([7, 1, 7]), datasets.DIGITS, 6))
    assert [trace.name for trace in figure.data] == list("0123456789")
    assert list(figure.data[7].x) == [0, 4]
    assert list(figure.data[1].y) == [3]
    assert [trace.marker.color for trace in figure.data] == list(charts.CLASS_COLOURS)
