"""What the pages of all generators share: sliders and picture, random pictures, and a quiz."""

from functools import lru_cache
from html import escape as escape_html

import numpy as np
import streamlit as st

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.images import encoding
from mnist_models.latent import walks
from mnist_models.latent.address import BadAddress, from_address, to_address
from mnist_models.runs import uploads
from mnist_models.serving import browser_files, generator, sessions, sliders
from mnist_models.serving.quiz import captions_of, new_quiz, unseen
from mnist_models.ui.film_player import film_player
from mnist_models.ui.image_buttons import picker
from mnist_models.ui.latent_sliders import dream
from mnist_models.ui.network_picker import said_instead, start_anew_without
from mnist_models.ui.text import generators
from mnist_models.ui.text.markdown import escaped
from mnist_models.ui.visited import Visited

SAMPLES = 12
SAMPLE_SIZE = {28: 56, 64: 64}  # pixels on the page by pixels of a picture: whole-number scales
QUIZ_SIZE = {28: 112, 64: 128}
FIRST = 15  # seed of the first picture: of every generator one that shows something
CALM = 0.7  # its truncation: a face without cut hair or harsh light

state = st.session_state


def show(network, parameters):
    """Everything on a generator.

    Args:
        network: weights.Trained, a generator.
        parameters: dict, what the page's address says besides the latent vector.
    """
    try:
        sessions.check(network)
        begin(network)
    except weights.CardError as error:
        st.info(escaped(error))
        return
    explore(network, parameters)
    real_or_generated(network)
    film_player(network)
    with st.expander("What you see, what it learned from, and its limits"):
        st.markdown(generators.about(network))


def begin(network):
    """Start with the picture of the address, or with one that is the same for everyone."""
    if visited_key(network) in state:
        return
    address, named = st.query_params.get("z"), st.query_params.get("net")
    if named != network.key and not (named is None and network.is_shipped):
        address = None  # that of another generator, whose vectors may be of another length
    try:
        if address is not None:
            from_address(address, generator.latent_dim(network))
    except BadAddress as problem:
        st.warning(f"{escaped(problem)} A random picture is shown instead.")
        address = None
    first = address or generator.addresses(1, network, seed=FIRST, truncation=CALM)[0]
    state[visited_key(network)] = Visited((first,))
    state[turn_key(network)] = 0
    state[pins_key(network)] = {}
    state[seed_key(network)] = 0


@st.fragment
@said_instead()
def explore(network, parameters):
    """Sliders, picture and random pictures. What happens here runs only this function again."""
    start_anew_without(network)
    address = state[visited_key(network)].address
    keep_in_address(parameters | {"z": address})
    image = generator.picture(network, address)
    if not sliders.directions(network):
        st.caption("No sliders with names were found for this network; all of its numbers are below.")
    failed = state.get(failed_key(network))
    if failed:
        draw_on_server(network, address, image, failed)
    else:
        draw_in_browser(network, address, image)
    with st.container(horizontal=True):
        history_buttons(network)
        pin_buttons(network, address)
        save_buttons(network, address, image)
    st.markdown(
        generator.opinion(
            float(generator.ratings(network, image[np.newaxis])[0]), crowd(network, network.version())
        )
    )
    random_pictures(network)


def draw_in_browser(network, address, image):
    generator = browser_files.publish(network)
    key = f"dream {network.key} {generator}"  # another one when the run has written it anew
    dream(
        key,
        generator=generator,
        shape=image.shape,
        address=address,
        turn=state[turn_key(network)],
        picture=encoding.png_address(image),
        directions=sliders.directions(network),
        pins=pinned(network),
        label=f"A picture by {network.title}",
        on_release=lambda: released(network, state[key].release),
        on_failed=lambda: state.update({failed_key(network): state[key].failed}),
    )


def released(network, release):
    """A slider was let go. What was dragged before Python set another picture comes too late."""
    if release["turn"] == state[turn_key(network)]:
        visit(network, release["latent"])


def draw_on_server(network, address, image, problem):
    """For browsers that cannot run the generator: the picture follows when a slider is released."""
    left, right = st.columns([560, 448], gap="medium")
    vector = from_address(address, generator.latent_dim(network))
    with left:
        for direction in sliders.directions(network):
            server_slider(network, vector, direction.title, direction.vector, direction.reach)
        with st.expander(f"The {len(vector)} numbers that the picture is made of"):
            number = st.number_input("Which number", 1, len(vector), key=f"number of {network.key}")
            axis = np.eye(len(vector), dtype=np.float32)[number - 1]
            server_slider(network, vector, f"Number {number}", axis, 3.0)
        if len(pins := pinned(network)) == 2:
            st.slider(
                "From A to B",
                0.0,
                1.0,
                key=(key := f"{network.key} morph"),
                on_change=morphed,
                args=(network, key, [from_address(pin, len(vector)) for pin in pins]),
            )
    with right:
        size = 448 // image.shape[1] * image.shape[1]
        st.html(
            f'<img src="{encoding.png_address(image)}" width="{size}" alt="A picture by '
            f'{escape_html(network.title)}" style="image-rendering: pixelated; max-width: 100%">'
        )
        st.caption(f"Drawn by the server when you release a slider: {escaped(problem)}.")
        if failed_key(network) in state:
            st.button("Try this browser again", on_click=state.pop, args=(failed_key(network), None))


def server_slider(network, vector, title, direction, reach):
    key = f"{network.key} slider {title}"
    state[key] = float(np.clip(round(float(vector @ direction), 2), -reach, reach))
    st.slider(
        title,
        -float(reach),
        float(reach),
        step=0.01,
        key=key,
        on_change=moved,
        args=(network, vector, direction, key),
    )


def moved(network, vector, direction, key):
    visit(network, to_address(walks.moved_to(vector, direction, state[key])))


def morphed(network, key, ends):
    way = walks.spherical(*ends, 101)
    visit(network, to_address(way[round(100 * state[key])]))


def history_buttons(network):
    visited = state[visited_key(network)]
    st.button("Back", on_click=go, args=(network, visited.back()), disabled=not visited.can_go_back)
    st.button("Forward", on_click=go, args=(network, visited.forward()), disabled=not visited.can_go_forward)
    st.button("Random", on_click=go_to_random, args=(network, generator.latent_dim(network)))


def pin_buttons(network, address):
    for letter in "AB":
        is_pinned = letter in state[pins_key(network)]
        label = f"Pin as {letter}"
        if is_pinned:
            thumbnail = encoding.png_address(generator.picture(network, state[pins_key(network)][letter]))
            label = f"![]({thumbnail}) {label}"
        st.button(label, key=f"pin {letter}", on_click=pin, args=(network, letter, address))


def save_buttons(network, address, image):
    pins = pinned(network)
    st.download_button(
        "Save PNG", lambda: encoding.png(image), f"{network.name}.png", "image/png", on_click="ignore"
    )
    st.download_button(
        "Save GIF from A to B" if pins else "Save GIF of a tour",
        lambda: encoding.gif(generator.morph(network, *pins) if pins else generator.tour(network, address)),
        f"{network.name}.gif",
        "image/gif",
        on_click="ignore",
    )


def random_pictures(network):
    """A grid to pick from."""
    st.markdown("**Random pictures to start from**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        truncation = st.slider(
            "Truncation: the smaller, the more ordinary, and the more alike",
            0.1,
            1.0,
            1.0,
            step=0.1,
            key=f"truncation {network.key}",
        )
        st.button("Other pictures", on_click=new_seed, args=(seed_key(network),))
    addresses = generator.addresses(SAMPLES, network, state[seed_key(network)], truncation)
    vectors = [from_address(address, generator.latent_dim(network)) for address in addresses]
    images = generator.pictures(network, vectors)
    key = f"samples of {network.key}"
    picker(
        key,
        [encoding.png_address(image) for image in images],
        on_pick=lambda: go(network, state[visited_key(network)].visit(addresses[state[key].pick])),
        size=SAMPLE_SIZE[images.shape[1]],
    )


@st.fragment
@said_instead()
def real_or_generated(network):
    """Eight pictures, a guess for each, and the score."""
    start_anew_without(network)
    with st.expander("Real or generated? A quiz"):
        data = sessions.card(network)["data"]["sets"][0]
        if uploads.is_own(data):
            st.info("No quiz: the real pictures belong to whoever brought them along.")
            return
        round_key, marked_key, score_key = (
            f"quiz {part} {network.key}" for part in ("round", "marked", "score")
        )
        if round_key not in state:
            st.button("Begin", on_click=new_round, args=(round_key, marked_key), key=f"begin {network.key}")
            return
        try:
            quiz = new_quiz(network, real_pictures(data), state[round_key])
        except datasets.DataError as problem:
            st.info(f"The quiz needs real pictures. {escaped(problem)}")
            return
        is_open = state[marked_key]["open"]
        marked = state[marked_key]["pictures"]
        st.markdown("Press the pictures that you take for generated ones, and then *Check*.")
        key = f"quiz pictures {network.key} {state[round_key]}"
        picker(
            key,
            [encoding.png_address(image) for image in quiz.pictures],
            on_pick=lambda: marked.symmetric_difference_update({state[key].pick}),
            size=QUIZ_SIZE[quiz.pictures.shape[1]],
            pressed=marked,
            captions=None if is_open else captions_of(quiz, marked),
            is_open=is_open,
        )
        right, asked = state.get(score_key, (0, 0))
        with st.container(horizontal=True, vertical_alignment="center"):
            if is_open:
                st.button(
                    "Check", on_click=check, args=(quiz, marked_key, score_key), key=f"check {network.key}"
                )
            else:
                st.button(
                    "Eight others",
                    on_click=new_round,
                    args=(round_key, marked_key),
                    key=f"again {network.key}",
                )
            if asked:
                st.markdown(f"{right} of {asked} pictures called right; guessing gives about {asked // 2}.")


def new_round(round_key, marked_key):
    new_seed(round_key)
    state[marked_key] = {"open": True, "pictures": set()}


def check(quiz, marked_key, score_key):
    right, asked = state.get(score_key, (0, 0))
    state[score_key] = (right + quiz.score(state[marked_key]["pictures"]), asked + len(quiz.pictures))
    state[marked_key]["open"] = False


def visit(network, address):
    state[visited_key(network)] = state[visited_key(network)].visit(address)


def go(network, visited):
    """Show another picture than the sliders': they take it over because it is a new turn."""
    state[visited_key(network)] = visited
    state[turn_key(network)] += 1


def go_to_random(network, latent_dim):
    vector = np.random.default_rng().standard_normal(latent_dim)
    go(network, state[visited_key(network)].visit(to_address(vector)))


def pin(network, letter, address):
    state[pins_key(network)][letter] = address


def pinned(network):
    """Both pinned addresses, or none."""
    pins = state[pins_key(network)]
    return [pins["A"], pins["B"]] if len(pins) == 2 else []


def new_seed(key):
    state[key] = int(np.random.default_rng().integers(2**32))


def keep_in_address(parameters):
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


@lru_cache(32)
def crowd(network, _version):
    return generator.crowd_ratings(network)


@st.cache_resource(show_spinner="Reading the real pictures")
def real_pictures(data):
    return unseen(data)


def visited_key(network):
    return f"visited {network.key}"


def failed_key(network):
    """Why the browser could not draw this network, as its files are now: others it may draw."""
    return f"browser cannot draw {network.key} {network.version()}"


def turn_key(network):
    return f"turn {network.key}"


def pins_key(network):
    return f"pins {network.key}"


def seed_key(network):
    return f"seed {network.key}"
