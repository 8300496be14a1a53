"""Draw a digit, or show a photo of one, and see several networks read it."""

import time
from urllib.parse import urlsplit

import streamlit as st

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.images import encoding, normalize
from mnist_models.images.strokes import CANVAS
from mnist_models.runs.shared_networks import adopted
from mnist_models.serving import classifier, sessions
from mnist_models.ui import charts
from mnist_models.ui.canvas import DRAWING, Canvas
from mnist_models.ui.chart import chart
from mnist_models.ui.network_picker import begins_with, choose_network
from mnist_models.ui.text import draw
from mnist_models.ui.text.markdown import escaped
from mnist_models.ui.visitor import visitor

SHIPPED = [weights.trained(name) for name, network in catalog.CLASSIFIERS.items() if network.reads_digits]
LARGEST_PHOTO = 50  # megabytes
ASKED = st.query_params.get("net")  # a run's network, by *Try it*
PENS = (8, 12, 18, 26, 40)  # pixels; 18 is about MNIST's line width for a digit that fills the canvas

state = st.session_state
state.setdefault("tally", draw.Tally())
state.setdefault("settled", draw.Tally())
state.setdefault("round", 0)
state.setdefault("changes of round", 0)


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
    left, right = st.columns([350, 560], gap="medium")
    lower_left, lower_right = st.columns([350, 560], gap="medium")
    # What needs no drawing goes first: the browser loads its scripts while the canvas is prepared.
    with left:
        way = st.segmented_control(
            "Input", ["Draw", "Photo"], default="Draw", required=True, label_visibility="collapsed"
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
    with place:
        image, problem = from_canvas(classes) if way == "Draw" else from_photo(classes)
    with right:
        # The sentence is what people wait for, so it is sent before anything else is computed.
        verdict = st.empty()
        done = {}
        try:
            done[reader] = reading, _ = read_timed(reader, image)
        except weights.CardError:
            reading = None
            problem = f"The files of {escaped(reader.title)} are missing or damaged. Choose another network."
        text = draw.sentence(escaped(reader.title), reading, classes) if reading else problem
        verdict.subheader(text, anchor=False)
        show_reading(image, reading, classes)
        ask_for_truth(reading, classes)
    with lower_right:
        alike = [network for network in networks if classes_of(network) == classes]
        st.markdown(comparison(alike, image, done))


def canvas():
    return Canvas("canvas", DRAWING, begin_round)


def from_canvas(classes):
    """The drawing as a network's input, or None and the sentence that says why, as Markdown."""
    rgba = canvas().pixels(state.get("pen") or begins_with("pen", PENS[2]))
    if rgba is None:
        return None, draw.invitation(classes)
    try:
        return normalize.canvas_to_mnist(rgba), None
    except normalize.EmptyCanvas:
        return None, draw.invitation(classes)


def from_photo(classes):
    """The photo as a network's input, or None and the sentence that says why, as Markdown."""
    is_digit = classes == datasets.DIGITS
    what = "digit" if is_digit else "drawing"
    if camera_is_allowed() and st.toggle("Use this machine's camera"):
        photo = st.camera_input(f"One {what} on paper", key="camera", on_change=begin_round)
    else:
        photo = st.file_uploader(
            f"A photo or picture of one {what}",
            type=None,  # what it is, its content says, and what to do about it our sentence
            max_upload_size=LARGEST_PHOTO,
            key="photo",  # the same one whatever it is called, so that the photo stays for another network
            on_change=begin_round,
        )
    if photo is None:
        return None, draw.photo_invitation(classes)
    try:
        image = normalize.open_image(photo.getvalue())
    except normalize.UnreadableImage as problem:
        return None, escaped(problem)
    shown = st.empty()
    small = normalize.preview(image, CANVAS)
    shown.image(small)
    try:
        located = normalize.locate_digit(image)
    except normalize.EmptyCanvas as problem:
        return None, escaped(problem) if is_digit else draw.NOTHING_IN_PHOTO
    shown.image(normalize.framed(small, located.box), caption="What was read stands in the frame.")
    return located.image, None


def camera_is_allowed():
    """Browsers open the camera only for https and for the machine they run on."""
    address = urlsplit(st.context.url or "")
    return address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1")


def show_reading(image, reading, classes):
    seen, bars = st.columns([1, 2])
    with seen:
        st.html(
            f'<img src="{encoding.png_address(encoding.as_pixels(image))}" '
            'width="168" height="168" '
            'alt="The 28 by 28 pixels that the networks see" '
            'style="image-rendering: pixelated; display: block">'
            "<small>What the networks see</small>"
        )
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
        "Line width, pixels", PENS, default=begins_with("pen", PENS[2]), key="pen", required=True
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


st.markdown("Draw a digit from 0 to 9 with mouse, finger or pen, and compare what the networks read.")
if canvas().changes != state["changes of round"]:  # on another page
    begin_round()
draw_and_read()
with st.expander("How it works, and how good it is"):
    st.markdown(draw.EXPLANATION)
    st.markdown(draw.figures_table(readers()))
classifier.warm_up(SHIPPED)
