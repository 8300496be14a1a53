"""Plotly figures as plain dictionaries, and the colours that mean the same in every chart."""

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
                "text": ["" if value < 0.005 else f"{100 * value:.0f}" for value in values],
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
