"""Draw a digit and see what autoencoders keep of it, repair in it, and make of two."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.images import corruption, encoding, normalize
from mnist_models.latent import plane
from mnist_models.runs.shared_networks import adopted
from mnist_models.serving import autoencoder, browser_files
from mnist_models.ui import charts, example, pixel_row
from mnist_models.ui.canvas import DRAWING, Canvas
from mnist_models.ui.chart import chart
from mnist_models.ui.latent_plane import plane_of_pictures
from mnist_models.ui.network_picker import choose_network, said_instead, start_anew_without
from mnist_models.ui.pixel_row import Picture
from mnist_models.ui.text import reconstruct as texts
from mnist_models.ui.text.markdown import escaped
from mnist_models.ui.visitor import visitor

PEN, RUBBER = 18, 50  # pixels on the canvas
WAY = 7  # pictures from one digit to another
ASKED = st.query_params.get("net")  # a run's network, by *Try it*
RUBBED = "#4477AA"  # the colour of a rubbed-out part on the canvas

state = st.session_state
state.setdefault("examples", 0)


@st.fragment
def explore():
    """Everything about one digit. A stroke runs only this function again, not the page."""
    left, right = st.columns([350, 560], gap="medium")
    canvas = Canvas("digit", DRAWING, new_examples)
    with left:
        place = st.container()
        canvas.buttons()
        pick_example(canvas)
    with right:
        view = st.segmented_control(
            "What to do", VIEWS, default=first_view(), required=True, label_visibility="collapsed"
        )
        show, role = VIEWS[view]
        network = choose(role)
    with place:
        digit = digit_on(canvas)
    try:
        show(network, digit, left, right)
    except weights.CardError as problem:
        right.info(escaped(problem))


def choose(role):
    """The shipped network of a role, or, where there are some, one of a run: weights.Trained."""
    of_runs = [network for network in runs_networks() if autoencoder.role(network) == role]
    asked = ASKED if ASKED in [network.key for network in of_runs] else None
    return choose_network("Network", [weights.trained(role), *of_runs], f"which {role}", asked)


def runs_networks():
    return adopted("Reconstruct", visitor=visitor(), asked=ASKED)


def first_view():
    """The view that shows the network which the address asks for."""
    asked = next((network for network in runs_networks() if network.key == ASKED), None)
    role = autoencoder.role(asked) if asked else "autoencoder"
    return next((view for view, (_, takes) in VIEWS.items() if takes == role), "Reconstruct")


@dataclass(frozen=True)
class Digit:
    """What is looked at: the drawing, or an example as long as nobody has drawn.

    Attributes:
        image: a network's input, float32 28×28×1; None where there is none.
        is_example: whether it is an example.
    """

    image: np.ndarray | None
    is_example: bool = False


def digit_on(canvas):
    """The Digit to look at."""
    rgba = canvas.pixels(PEN)
    if canvas.is_untouched:
        return Digit(example.digit(), is_example=True)
    if rgba is None:
        return Digit(None)
    try:
        return Digit(normalize.canvas_to_mnist(rgba))
    except normalize.EmptyCanvas:
        return Digit(None)


def pick_example(canvas):
    """Pills whose key is new with every drawing: an old answer must not come back as a new one."""
    key = f"example {state.examples}"
    st.pills(
        "Digits that no network was trained on",
        datasets.DIGITS,
        key=key,
        wrap=True,
        on_change=load_example,
        args=(canvas, key),
    )


def load_example(canvas, key):
    data = held_out()
    canvas.show_one_of(data.x_held_out[data.y_held_out == int(state[key])])


@st.cache_resource
def held_out():
    return datasets.load_sample()


def new_examples():
    state.examples += 1


def sentence(text, digit):
    """What came of a drawing; without one, what to do."""
    invited = digit.image is None or digit.is_example
    st.markdown(f"##### {texts.INVITATION if invited else text}")


def show_reconstruction(network, digit, left, right):
    """The code, what comes back of it, and the neighbours."""
    held_out = autoencoder.gallery(network)
    image = digit.image
    code = answer = difference = text = None
    if image is not None:
        code = autoencoder.encode(network, image[np.newaxis])[0]
        answer = autoencoder.decode(network, code[np.newaxis])[0]
        difference = autoencoder.error_picture(image, answer)
        text = texts.error_sentence(autoencoder.error(image, answer), network)
    with right:
        sentence(text, digit)
        row = [
            Picture(image, example.CAPTION if digit.is_example else "What the network sees"),
            Picture(answer, "Drawn from the code"),
            Picture(difference, "Error"),
        ]
        st.html(pixel_row.row(row))
        with st.container(height=charts.HEIGHT, border=False):
            if code is not None:
                figure = charts.code_bars(code, held_out.reach())
                chart(figure, "code")
        st.markdown("**The ten held-out digits with the nearest codes**")
        nearest = [] if code is None else held_out.nearest(code)
        row = [Picture(held_out.digits[index], str(held_out.labels[index])) for index in nearest]
        st.html(pixel_row.row(row or [Picture(None)] * autoencoder.NEIGHBOURS, small=True))
        st.caption(texts.codes_read(network))


def show_cleaning(network, digit, left, right):
    """Noise, and the denoiser's answer."""
    with left:
        sigma = st.slider("Noise, standard deviation (ink is 1)", 0.0, 0.7, 0.5, 0.05)
    image = digit.image
    noisy = answer = difference = text = None
    if image is not None:
        # The same noise every time, so that the slider changes its strength only.
        noisy = corruption.add_noise(image, sigma, np.random.default_rng(0))
        answer = autoencoder.reconstruct(network, noisy[np.newaxis])[0]
        difference = autoencoder.error_picture(image, answer)
        errors = (autoencoder.error(image, picture) for picture in (noisy, answer))
        text = texts.noise_sentence(*errors)
    with right:
        sentence(text, digit)
        noise = "Example, with noise" if digit.is_example else "With noise"
        row = [Picture(noisy, noise), Picture(answer, "Cleaned up"), Picture(difference, "Error")]
        st.html(pixel_row.row(row))
        st.caption(texts.repairs(network))


def show_filling(network, digit, left, right):
    """A rubber, and what the denoiser puts in the hole."""
    image = digit.image
    rubber = Canvas("rubber", "hole")
    with right:
        verdict = st.container()
        board, results = st.columns([292, 200], gap="small")
        with board:
            picture = pixel_row.pixels(image)
            hole = autoencoder.rubbed_out(rubber.pixels(RUBBER, RUBBED, paper="", picture=picture))
            rubber.buttons()
    answer = difference = before = after = None
    if image is not None and hole.any():
        erased = corruption.erase(image, hole)
        answer = autoencoder.reconstruct(network, erased[np.newaxis])[0]
        difference = autoencoder.error_picture(image, answer)
        before = autoencoder.error(image, np.zeros_like(image), hole)
        after = autoencoder.error(image, answer, hole)
    with verdict:
        st.markdown(f"##### {texts.INVITATION if image is None else texts.hole_sentence(before, after)}")
    with results:
        st.html(pixel_row.row([Picture(answer, "Filled in"), Picture(difference, "Error")]))
    with right:
        st.caption(texts.repairs(network))


def show_blend(network, digit, left, right):
    """The way from the drawing to another digit, by code."""
    with left:
        other = st.pills("Blend with", datasets.DIGITS, default="3", required=True, wrap=True)
        share = st.slider("How much of it, %", 0, 100, 50, 5)
    held_out = autoencoder.gallery(network)
    target = held_out.codes[held_out.labels == int(other)][0]
    image = digit.image
    row, way, text = [None] * 3, [None] * WAY, None
    if image is not None:
        code = autoencoder.encode(network, image[np.newaxis])[0]
        way = autoencoder.decode(network, autoencoder.blend(code, target, WAY))
        between = autoencoder.blend(code, target, 101)[share]
        row = [way[0], autoencoder.decode(network, between[np.newaxis])[0], way[-1]]
        text = f"Your digit with **{share} %** of a **{other}**"
    whose = "Example" if digit.is_example else "Your digit"
    captions = (f"{whose}, from its code", "Between the codes", f"A held-out {other}, from its code")
    with right:
        sentence(text, digit)
        st.html(pixel_row.row([Picture(*pair) for pair in zip(row, captions, strict=True)]))
        st.html(pixel_row.row([Picture(picture) for picture in way], small=True))


VIEWS = {
    "Reconstruct": (show_reconstruction, "autoencoder"),
    "Clean up": (show_cleaning, "denoiser"),
    "Fill in": (show_filling, "denoiser"),
    "Blend": (show_blend, "autoencoder"),
}


@st.cache_data(max_entries=16)
def sheet_of(_network, key, version, edge):
    """The plane as a picture, a data: address. Another network, or version of it, gives another."""
    grid = plane.grid(plane.TILES, edge)
    decoded = autoencoder.decode(_network, grid.reshape(-1, 2))
    return encoding.png_address(plane.sheet(decoded.reshape(*grid.shape[:2], *decoded.shape[1:])))


def show_plane():
    """The plane of the VAE, and where the held-out digits lie on it."""
    st.subheader("A plane of digits", anchor=False)
    st.markdown("Move the pointer over the plane: the VAE draws the digit of every place, from two numbers.")
    network = choose("vae")
    left, right = st.columns([480, 460], gap="medium")
    held_out = autoencoder.gallery(network)
    edge = plane.edge(held_out.codes)
    with left:
        walk(network, sheet_of(network, network.key, network.version(), edge), edge)
    with right:
        figure = charts.plane_points(held_out.codes, held_out.labels, datasets.DIGITS, edge)
        chart(figure, "plane points")
        st.caption("Held-out digits on it; a few lie farther out. A click on a digit in the legend hides it.")


@st.fragment
@said_instead()
def walk(network, sheet, edge):
    """The plane to walk on, in the browser, or with sliders where that cannot draw."""
    start_anew_without(network)
    try:
        failed = f"plane failed {network.key} {network.version()}"
        problem = state.get(failed)
        if problem is None:
            decoder = browser_files.publish(network, part=".decoder")
            key = f"plane {network.key} {decoder}"  # another one when the run has written it anew
            plane_of_pictures(
                key,
                sheet=sheet,
                tiles=plane.TILES,
                edge=edge,
                decoder=decoder,
                runtime=browser_files.runtime(),
                label=f"The plane of digits by {network.title}; the arrow keys walk on it",
                on_failed=lambda: state.update({failed: state[key].failed}),
            )
            return
    except browser_files.NotBuilt as missing:
        problem = str(missing).removesuffix(".")
    x, y = (st.slider(title, -edge, edge, 0.0, 0.05) for title in ("Across", "Up"))
    st.html(pixel_row.row([Picture(autoencoder.decode(network, np.array([[x, y]], np.float32))[0])]))
    st.caption(f"Drawn by the server when you release a slider: {escaped(problem)}.")


st.markdown("Draw a digit with mouse, finger or pen, and see what a network keeps of it in a few numbers.")
explore()
with said_instead():
    show_plane()
with st.expander("How it works, and how good it is"), said_instead():
    st.markdown(texts.EXPLANATION)
    st.markdown(texts.about())
