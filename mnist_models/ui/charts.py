"""Plotly figures as plain dictionaries, and the colours that mean the same in every chart."""

import math
from dataclasses import dataclass

# One colour per class: Paul Tol's "muted" scheme (https://personal.sron.nl/~pault/), made for every
# kind of colour blindness, with his "bright" blue for its indigo, which vanishes on a dark page, and
# a grey for the tenth.
CLASS_COLOURS = (
    "#4477AA",
    "#CC6677",
    "#DDCC77",
    "#117733",
    "#88CCEE",
    "#882255",
    "#44AA99",
    "#999933",
    "#AA4499",
    "#8C8C8C",
)

HEIGHT = 250  # pixels, of every small chart
PLANE_HEIGHT = 480
CONFUSION_HEIGHT = 360
# What a curve stands for, the same in every chart.
TRAINING, VALIDATION = CLASS_COLOURS[0], CLASS_COLOURS[1]
GENERATOR, DISCRIMINATOR = CLASS_COLOURS[6], CLASS_COLOURS[8]
REAL, GENERATED = CLASS_COLOURS[7], CLASS_COLOURS[6]
_FAINT = 0.5  # opacity of what is not the answer


def probability_bars(probabilities, labels):
    """A bar for every class, the most probable one in full colour.

    Args:
        probabilities: sequence of N numbers in [0, 1].
        labels: N class names.

    Returns:
        dict, a Plotly figure.
    """
    values = [float(probability) for probability in probabilities]
    strongest = max(values)
    return {
        "data": [
            {
                "type": "bar",
                "x": list(labels),
                "y": [100 * value for value in values],
                "marker": {
                    "color": list(CLASS_COLOURS[: len(labels)]),
                    "opacity": [1 if value == strongest else _FAINT for value in values],
                },
                "text": [_short_percent(value) for value in values],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{x}: %{y:.2f} %<extra></extra>",
            }
        ],
        "layout": {
            "height": HEIGHT,
            "margin": {"l": 40, "r": 8, "t": 18, "b": 30},
            "showlegend": False,
            "xaxis": {"type": "category", "fixedrange": True},
            "yaxis": {
                "range": [0, 100],
                "fixedrange": True,
                "title": {"text": "probability, %"},
                "dtick": 25,
            },
        },
    }


def _short_percent(value):
    """Over a bar; never 100, which the sentence beside it would not say either."""
    if value < 0.005:
        return ""
    return ">99" if value >= 0.995 else f"{100 * value:.0f}"


def code_bars(code, reach):
    """A bar for every number of a code.

    Args:
        code: sequence of N floats.
        reach: float, the largest value that the axis has room for, either way; the same for every
            drawing, so that nothing jumps.

    Returns:
        dict, a Plotly figure.
    """
    values = [float(value) for value in code]
    return {
        "data": [
            {
                "type": "bar",
                "x": list(range(1, len(values) + 1)),
                "y": values,
                "marker": {"color": CLASS_COLOURS[0]},
                "hovertemplate": "number %{x}: %{y:.2f}<extra></extra>",
            }
        ],
        "layout": {
            "height": HEIGHT,
            "margin": {"l": 40, "r": 8, "t": 18, "b": 40},
            "showlegend": False,
            "bargap": 0.2,
            "xaxis": {"title": {"text": "number of the code"}, "fixedrange": True, "dtick": 4, "tick0": 4},
            "yaxis": {"range": [-reach, reach], "fixedrange": True},
        },
    }


def plane_points(points, labels, names, edge):
    """Points on a plane, coloured by class; a click in the legend hides a class.

    Args:
        points: float N×2.
        labels: int N, classes.
        names: of the classes.
        edge: float, what is shown of either axis, both ways.

    Returns:
        dict, a Plotly figure.
    """
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": points[labels == index, 0].tolist(),
            "y": points[labels == index, 1].tolist(),
            "marker": {"color": CLASS_COLOURS[index], "size": 5},
            "hovertemplate": f"a {name}<extra></extra>",
        }
        for index, name in enumerate(names)
    ]
    axis = {"range": [-edge, edge], "fixedrange": True, "zeroline": False, "nticks": 8}
    return {
        "data": traces,
        "layout": {
            "height": PLANE_HEIGHT,
            "margin": {"l": 30, "r": 8, "t": 8, "b": 30},
            "xaxis": axis,
            "yaxis": axis | {"scaleanchor": "x", "constrain": "domain"},
            "legend": {"orientation": "h", "y": -0.08, "itemwidth": 30},
        },
    }


@dataclass(frozen=True)
class Line:
    """A line of a chart over epochs.

    Attributes:
        name: in the legend.
        colour: such as "#4477AA".
        epochs, values: floats, as many of each.
        dashed: True to tell it from another of the same colour.
    """

    name: str
    colour: str
    epochs: tuple[float, ...]
    values: tuple[float, ...]
    dashed: bool = False


def curves(lines, title, share=False, logarithmic=False, most_epochs=None):
    """Lines over epochs, as of a training's loss.

    Args:
        lines: sequence of Line.
        title: of the vertical axis.
        share: True for values between 0 and 1, whose axis stays the same.
        logarithmic: True for a logarithmic vertical axis.
        most_epochs: the right end of the horizontal axis; None to fit the data.

    Returns:
        dict, a Plotly figure.
    """
    vertical = {"title": {"text": title}, "fixedrange": True, "zeroline": False}
    if share:
        vertical["range"] = [0, 1]
    elif logarithmic:
        vertical["type"] = "log"
    else:
        vertical["rangemode"] = "nonnegative"  # also while there is nothing to show
    horizontal = {"title": {"text": "epoch"}, "fixedrange": True, "zeroline": False}
    if most_epochs is not None:
        horizontal["range"] = [0, most_epochs]
    return {
        "data": [_trace(line) for line in lines],
        "layout": {
            "height": HEIGHT,
            "margin": {"l": 52, "r": 8, "t": 26, "b": 36},
            "hovermode": "x unified",
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
            "xaxis": horizontal,
            "yaxis": vertical,
        },
    }


def _trace(line):
    return {
        "type": "scatter",
        "mode": "lines" if len(line.values) > 40 else "lines+markers",
        "name": line.name,
        "x": list(line.epochs),
        "y": [value if math.isfinite(value) else None for value in line.values],
        "line": {"color": line.colour, "width": 2, "dash": "dot" if line.dashed else "solid"},
        "marker": {"size": 5},
        "cliponaxis": False,  # points on the edges are whole
        "hovertemplate": "%{y:.4g}",
    }


def _counts(matrix, labels):
    """Numbers in the colour of the theme's text. A heatmap would choose theirs as if its clear cells lay on
    white, dark on dark in the dark theme.
    """
    cells = [
        (x, y, count)
        for y, row in zip(labels, matrix, strict=False)  # a damaged record may have fewer
        for x, count in zip(labels, row, strict=False)
    ]
    shown = [cell for cell in cells if cell[2]]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [x for x, _, _ in shown],
        "y": [y for _, y, _ in shown],
        "text": [str(count) for _, _, count in shown],
        "hoverinfo": "skip",
        "showlegend": False,
    }


def confusion(matrix, labels):
    """How often images of every class were read as every class, the mistakes in colour.

    Args:
        matrix: K×K ints, rows true classes, columns what they were read as.
        labels: K class names.

    Returns:
        dict, a Plotly figure. Colours show shares of a row; the diagonal has none, or it would outshine
        every mistake.
    """
    rows = [max(1, sum(row)) for row in matrix]
    mistakes = [
        [None if i == j else 100 * count / rows[i] for j, count in enumerate(row)]
        for i, row in enumerate(matrix)
    ]
    axis = {"type": "category", "fixedrange": True, "showgrid": False, "dtick": 1}
    return {
        "data": [
            {
                "type": "heatmap",
                "x": list(labels),
                "y": list(labels),
                "z": mistakes,
                "zmin": 0,
                "zmax": 10,
                "text": [[str(count) if count else "" for count in row] for row in matrix],
                "colorscale": [[0, "rgba(204, 102, 119, 0)"], [1, CLASS_COLOURS[1]]],
                "showscale": False,
                "xgap": 1,
                "ygap": 1,
                "hovertemplate": "%{y} read as %{x}: %{text}<extra></extra>",
            },
            _counts(matrix, labels),
        ],
        "layout": {
            "height": CONFUSION_HEIGHT,
            "margin": {"l": 60, "r": 8, "t": 8, "b": 44},
            "xaxis": axis | {"title": {"text": "read as"}},
            "yaxis": axis | {"title": {"text": "is"}, "autorange": "reversed"},
        },
    }
