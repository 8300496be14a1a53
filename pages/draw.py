"""Draw a digit, or show a photo of one, and see several networks read it."""

import time

import streamlit as st

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.images import normalize
from mnist_models.images.strokes import CANVAS
from mnist_models.runs.shared_networks import adopted
from mnist_models.serving import classifier, sessions
from mnist_models.ui import charts, example, pixel_row
from mnist_models.ui.canvas import DRAWING, Canvas
from mnist_models.ui.chart import chart
from mnist_models.ui.network_picker import choose_network
from mnist_models.ui.photo_input import photo_input
from mnist_models.ui.text import draw
from mnist_models.ui.text.markdown import escaped
from mnist_models.ui.visitor import visitor

SHIPPED = [weights.trained(name) for name, network in catalog.CLASSIFIERS.items() if network.reads_digits]
ASKED = st.query_params.get("net")  # a run's network, by *Try it*
PENS = (8, 12, 18, 26, 40)  # pixels; 18 is about MNIST's line width for a digit that fills the canvas

state = st.session_state
state.setdefault("tally", draw.Tally())
state.setdefault("settled", draw.Tally())
state.setdefault("round", 0)
state.setdefault("changes of round", 0)
state.setdefault("input", "Draw")


def readers():
    """All networks to compare: shipped ones, and those of runs. Looked up anew with every stroke."""
    return [*SHIPPED, *adopted("Draw", visitor=visitor(), asked=ASKED)]


def classes_of(network):
    """What a network tells apart; digits while its files are damaged, which is said elsewhere."""
    try:
        return classifier.classes(network)
    except weights.CardError:
        return datasets.DIGITS


@st.cache_resource
def gallery():
    """The held-out digits by class: nothing we ship was trained on them."""
    data = datasets.load_sample()
    return [data.x_held_out[data.y_held_out == digit] for digit in range(10)]


@st.fragment
def draw_and_read():
    """The whole exchange. A stroke runs only this function again, not the page."""
    task = st.container()
    left, right = st.columns([350, 560], gap="medium")
    lower_left, lower_right = st.columns([350, 560], gap="medium")
    # What needs no drawing goes first: the browser loads its scripts while the canvas is prepared.
    with left:
        way = st.segmented_control(
            "Input",
            ["Draw", "Photo"],
            key="input",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        place = st.container()
        if way == "Draw":
            canvas().buttons()
    with lower_left:
        options = st.container()
        networks = readers()
        reader = choose_network("Sentence and bars by", networks, "reader", ASKED)
        classes = classes_of(reader)
        if way == "Draw":
            with options:
                drawing_options(classes)
    task.markdown(draw.task(classes))
    with place:
        image, problem = from_canvas(classes) if way == "Draw" else from_photo(classes)
    is_example = way == "Draw" and canvas().is_untouched and classes == datasets.DIGITS
    with right:
        # The sentence is what people wait for, so it is sent before anything else is computed.
        verdict = st.empty()
        if is_example:
            verdict.subheader(problem, anchor=False)
            image = example.digit()
            classifier.warm_up(networks)  # so that no time in the table is that of loading
        done = {}
        try:
            done[reader] = reading, _ = read_timed(reader, image)
        except weights.CardError:
            reading = None
            problem = f"The files of {escaped(reader.title)} are missing or damaged. Choose another network."
        is_read = reading and not is_example
        verdict.subheader(
            draw.sentence(escaped(reader.title), reading, classes) if is_read else problem, anchor=False
        )
        show_reading(image, reading, classes, example.CAPTION if is_example else "What the networks see")
        ask_for_truth(reading if is_read else None, classes)
    with lower_right:
        alike = [network for network in networks if classes_of(network) == classes]
        st.markdown(comparison(alike, image, done))


def canvas():
    return Canvas("canvas", DRAWING, begin_round)


def from_canvas(classes):
    """The drawing as a network's input, or None and the sentence that says why, as Markdown."""
    rgba = canvas().pixels(state["pen"])
    if rgba is None:
        return None, draw.invitation(classes)
    try:
        return normalize.canvas_to_mnist(rgba), None
    except normalize.EmptyCanvas:
        return None, draw.invitation(classes)


def from_photo(classes):
    """The photo as a network's input, or None and the sentence that says why, as Markdown."""
    is_digit = classes == datasets.DIGITS
    try:
        image = photo_input("digit" if is_digit else "drawing", begin_round)
    except normalize.UnreadableImage as problem:
        return None, escaped(problem)
    if image is None:
        return None, draw.photo_invitation(classes)
    shown = st.empty()
    small = normalize.preview(image, CANVAS)
    shown.image(small)
    try:
        located = normalize.locate_digit(image)
    except normalize.EmptyCanvas as problem:
        return None, escaped(problem) if is_digit else draw.NOTHING_IN_PHOTO
    shown.image(normalize.framed(small, located.box), caption="What was read stands in the frame.")
    return located.image, None


def show_reading(image, reading, classes, caption):
    seen, bars = st.columns([1, 2])
    with seen:
        st.html(pixel_row.row([pixel_row.Picture(image, caption)]))
    # Plotly is a large script. It is sent with the first reading, so that one can draw a second
    # sooner; its place stands from the start.
    with bars, st.container(height=charts.HEIGHT, border=False):
        if reading:
            figure = charts.probability_bars(reading.probabilities, classes)
            chart(figure, "bars")


def read_timed(network, image):
    """A network's reading and the seconds it took; None and None where there is no picture."""
    if image is None:
        return None, None
    start = time.perf_counter()
    return classifier.read(network, image), time.perf_counter() - start


def comparison(networks, image, done):
    """A Markdown table: every network's reading of the same picture.

    `done` maps a network that has already read it to what `read_timed` gave.
    """
    rows = ["| network | reads | parameters | time |", "| :-- | :-- | --: | --: |"]
    for network in networks:
        try:
            cells = comparison_cells(network, *(done.get(network) or read_timed(network, image)))
        except weights.CardError:
            cells = ["its files are damaged or missing", "–", "–"]
        rows.append(f"| {escaped(network.label)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def comparison_cells(network, reading, seconds):
    parameters = f"{sessions.card(network)['parameters']:,}"
    if reading is None:
        return ["–", parameters, "–"]
    return [draw.short(reading, classes_of(network)), parameters, f"{1000 * seconds:.1f} ms"]


def truth_key(classes):
    return f"truth of round {state.round}" + ("" if classes == datasets.DIGITS else f" among {classes}")


def example_key():
    return f"example of round {state.round}"


def ask_for_truth(reading, classes):
    st.pills(
        f"{'Which digit' if classes == datasets.DIGITS else 'What'} was it? {state.tally}",
        classes,
        format_func=escaped,
        key=truth_key(classes),
        wrap=True,
        disabled=reading is None,
        on_change=count_truth,
        args=(reading and reading.digit, state.round, classes),
    )


def drawing_options(classes):
    st.segmented_control(
        "Line width, pixels", PENS, default=PENS[2], key="pen", required=True, persist_state="session"
    )
    if classes != datasets.DIGITS:
        return
    st.pills(
        "Examples that no network was trained on",
        datasets.DIGITS,
        key=example_key(),
        wrap=True,
        on_change=load_example,
        args=(state.round,),
    )


def load_example(asked_in):
    if asked_in != state.round:
        return
    canvas().show_one_of(gallery()[int(state[example_key()])])


def begin_round():
    """A new drawing: what was said of the last one stands, and is asked anew.

    The questions get new keys, and answers to old ones are passed over: the browser's next message,
    sent before it heard of the new round, still holds them.
    """
    state.settled = state.tally
    state.round += 1
    state["changes of round"] = canvas().changes


def count_truth(read, asked_in, classes):
    """Count the answer on top of what stands, so that a corrected answer counts once."""
    if asked_in != state.round:
        return
    truth = state[truth_key(classes)]
    state.tally = state.settled if truth is None else state.settled.count(read, classes.index(truth))


if canvas().changes != state["changes of round"]:  # on another page
    state["input"] = "Draw"
    begin_round()
draw_and_read()
with st.expander("How it works, and how good it is"):
    st.markdown(draw.EXPLANATION)
    st.markdown(draw.figures_table(readers()))
classifier.warm_up(SHIPPED)
