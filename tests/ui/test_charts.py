import numpy as np
import plotly.graph_objects as go

from mnist_models.data import datasets
from mnist_models.ui import charts


def test_bars_are_a_valid_figure_with_a_bar_a_class():
    figure = go.Figure(charts.probability_bars([0.1] * 10, datasets.DIGITS))
    assert list(figure.data[0].x) == list("0123456789")
    assert list(figure.data[0].y) == [10] * 10


def test_the_answer_stands_out():
    (bars,) = charts.probability_bars([0.0] * 7 + [0.9, 0.1, 0.0], datasets.DIGITS)["data"]
    opacity = bars["marker"]["opacity"]
    assert opacity[7] == 1
    assert max(opacity[:7] + opacity[8:]) < 1


def test_no_bar_says_100_where_the_sentence_says_over_99():
    (bars,) = charts.probability_bars([0.9991, 0.0009], ("a", "b"))["data"]
    assert bars["text"] == [">99", ""]


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


def test_curves_are_a_valid_figure_on_a_fixed_axis():
    lines = [charts.Line("training", charts.TRAINING, (0.5, 1.0), (0.5, float("nan")), dashed=True)]
    figure = go.Figure(charts.curves(lines, "accuracy", share=True, most_epochs=5))
    assert figure.layout.xaxis.range == (0, 5)
    assert figure.layout.yaxis.range == (0, 1)
    assert list(figure.data[0].y) == [0.5, None]
    assert figure.data[0].line.dash == "dot"


def test_only_what_is_no_share_has_a_logarithmic_axis():
    line = charts.Line("loss", charts.TRAINING, (1.0,), (1.0,))
    assert go.Figure(charts.curves([line], "loss", logarithmic=True)).layout.yaxis.type == "log"
    assert go.Figure(charts.curves([line], "share", share=True, logarithmic=True)).layout.yaxis.type is None


def test_a_confusion_matrix_colours_shares_of_mistakes_only():
    heat, counts = go.Figure(charts.confusion([[8, 2], [0, 50]], ["a", "b"])).data
    assert [list(row) for row in heat.z] == [[None, 20.0], [0.0, None]]
    assert [list(row) for row in heat.text] == [["8", "2"], ["", "50"]]
    # Not by the heatmap, which writes dark on dark in the dark theme.
    assert heat.texttemplate is None
    assert list(zip(counts.y, counts.x, counts.text, strict=True)) == [
        ("a", "a", "8"),
        ("a", "b", "2"),
        ("b", "b", "50"),
    ]
