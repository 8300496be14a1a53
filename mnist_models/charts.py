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

_FAINT = 0.5  # opacity of what is not the answer


def probability_bars(probabilities, labels, height=250):
    """A bar for every class, the most probable one in full colour.

    Args:
        probabilities: sequence of N numbers in [0, 1], or None for an empty chart of the same size.
        labels: N class names.
        height: pixels.

    Returns:
        dict, a Plotly figure.
    """
    values = [0.0] * len(labels) if probabilities is None else [float(p) for p in probabilities]
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
            "height": height,
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
