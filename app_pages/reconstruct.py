"""Draw a digit and see what autoencoders keep of it, repair in it, and make of two."""

import numpy as np
import streamlit as st

from mnist_models import (
    cards,
    charts,
    corruption,
    datasets,
    pictures,
    plane,
    preprocessing,
    reconstruction,
)
from mnist_models import reconstruction_texts as texts
from mnist_models.components.canvas import Canvas
from mnist_models.pictures import Picture

PEN, RUBBER = 18, 50  # pixels on the canvas
RUBBED = "#4477AA"  # the colour of a rubbed-out part on the canvas
PLAIN_CHART = {"displayModeBar": False}

state = st.session_state
state.setdefault("examples", 0)


@st.fragment
def explore():
    """Everything about one digit. A stroke runs only this function again, not the page."""
    left, right = st.columns([350, 560], gap="medium")
    canvas = Canvas("digit", new_examples)
    with left:
        place = st.container()
        canvas.buttons()
        pick_example(canvas)
    with place:
        image = seen(canvas.pixels(PEN))
    with right:
        views = {
            "Reconstruct": show_reconstruction,
            "Clean up": show_cleaning,
            "Fill in": show_filling,
            "Blend": show_blend,
        }
        view = st.segmented_control(
            "What to do", views, default="Reconstruct", required=True, label_visibility="collapsed"
        )
        views[view](image)


def seen(rgba):
    """The drawing as a network's input, or None while there is none."""
    if rgba is None:
        return None
    try:
        return preprocessing.canvas_to_mnist(rgba)
    except preprocessing.EmptyCanvas:
        return None


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
    held_out = reconstruction.gallery("autoencoder")
    canvas.show_one_of(held_out.digits[held_out.labels == int(state[key])])


def new_examples():
    state.examples += 1


def sentence(text):
    st.subheader(text, anchor=False)


def show_reconstruction(image):
    """The code, what comes back of it, and the neighbours."""
    held_out = reconstruction.gallery("autoencoder")
    code = answer = difference = None
    if image is not None:
        code = reconstruction.encode("autoencoder", image[np.newaxis])[0]
        answer = reconstruction.decode("autoencoder", code[np.newaxis])[0]
        difference = reconstruction.error_picture(image, answer)
    sentence(texts.INVITATION if image is None else texts.error_sentence(reconstruction.error(image, answer)))
    row = [
        Picture(image, "What the network sees"),
        Picture(answer, "Drawn from the code"),
        Picture(difference, "Error"),
    ]
    st.html(pictures.row(row))
    with st.container(height=charts.HEIGHT, border=False):
        if code is not None:
            st.plotly_chart(charts.code_bars(code, held_out.reach()), config=PLAIN_CHART, key="code")
    st.markdown("**The ten held-out digits with the nearest codes**")
    nearest = [] if code is None else held_out.nearest(code)
    row = [Picture(held_out.digits[index], str(held_out.labels[index])) for index in nearest]
    st.html(pictures.row(row or [Picture(None)] * reconstruction.NEIGHBOURS, small=True))
    st.caption(texts.codes_read())


def show_cleaning(image):
    """Noise, and the denoiser's answer."""
    place = st.container()
    sigma = st.slider("Noise, standard deviation (ink is 1)", 0.0, 0.7, 0.5, 0.05)
    noisy = answer = difference = None
    if image is not None:
        # The same noise every time, so that the slider changes its strength only.
        noisy = corruption.add_noise(image, sigma, np.random.default_rng(0))
        answer = reconstruction.reconstruct("denoiser", noisy[np.newaxis])[0]
        difference = reconstruction.error_picture(image, answer)
    with place:
        if image is None:
            sentence(texts.INVITATION)
        else:
            before, after = (reconstruction.error(image, picture) for picture in (noisy, answer))
            sentence(texts.noise_sentence(before, after))
        row = [Picture(noisy, "With noise"), Picture(answer, "Cleaned up"), Picture(difference, "Error")]
        st.html(pictures.row(row))
    st.caption(texts.repairs())


def show_filling(image):
    """A rubber, and what the denoiser puts in the hole."""
    place = st.container()
    rubber = Canvas("rubber")
    picture = pictures.pixels(image)
    hole = reconstruction.rubbed_out(rubber.pixels(RUBBER, RUBBED, paper="", picture=picture))
    rubber.buttons()
    is_rubbed = image is not None and hole.any()
    erased = answer = difference = before = after = None
    if is_rubbed:
        erased = corruption.erase(image, hole)
        answer = reconstruction.reconstruct("denoiser", erased[np.newaxis])[0]
        difference = reconstruction.error_picture(image, answer)
        before = reconstruction.error(image, np.zeros_like(image), hole)
        after = reconstruction.error(image, answer, hole)
    with place:
        sentence(texts.INVITATION if image is None else texts.hole_sentence(before, after))
        row = [Picture(erased, "What it sees"), Picture(answer, "Filled in"), Picture(difference, "Error")]
        st.html(pictures.row(row))
        st.caption("Rub here:")


def show_blend(image):
    """The way from the drawing to another digit, by code."""
    place = st.container()
    other = st.pills("Blend with", datasets.DIGITS, default="3", required=True, wrap=True)
    share = st.slider("How much of it, %", 0, 100, 50, 5)
    held_out = reconstruction.gallery("autoencoder")
    index = int(np.flatnonzero(held_out.labels == int(other))[0])
    row, way = [None] * 3, [None] * 9
    if image is not None:
        code = reconstruction.encode("autoencoder", image[np.newaxis])[0]
        way = reconstruction.decode(
            "autoencoder", reconstruction.blend(code, held_out.codes[index], len(way))
        )
        between = reconstruction.blend(code, held_out.codes[index], 101)[share]
        row = [way[0], reconstruction.decode("autoencoder", between[np.newaxis])[0], way[-1]]
    with place:
        sentence(texts.INVITATION if image is None else f"Your digit with **{share} %** of a **{other}**.")
        captions = ("Your digit, from its code", "Between the codes", f"A held-out {other}, from its code")
        st.html(pictures.row([Picture(*pair) for pair in zip(row, captions, strict=True)]))
    st.html(pictures.row([Picture(picture) for picture in way], small=True))


def show_plane():
    """The plane of the VAE, and where the held-out digits lie on it."""
    st.subheader("A plane of digits", anchor=False)
    st.markdown("Every place on the plane is two numbers, and the VAE draws a digit from any two.")
    left, right = st.columns([350, 560], gap="medium")
    held_out = reconstruction.gallery("vae")
    with left:
        pass
    with right:
        st.markdown("**Held-out digits, where the VAE puts them**")
        figure = charts.plane_points(held_out.codes, held_out.labels, datasets.DIGITS, plane.EDGE)
        st.plotly_chart(figure, config=PLAIN_CHART, key="plane points")


st.markdown("Draw a digit with mouse, finger or pen, and see what a network keeps of it in 32 numbers.")
try:
    explore()
    show_plane()
    with st.expander("How it works, and how good it is"):
        st.markdown(texts.EXPLANATION)
        st.markdown(texts.about())
except cards.CardError as problem:
    st.info(str(problem))
