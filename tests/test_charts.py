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
