"""What the pages of all generators share: sliders and picture, random pictures, and a quiz."""

import numpy as np
import streamlit as st

from mnist_models import (
    cards,
    catalog,
    datasets,
    dreaming,
    generator_texts,
    inference,
    latent,
    publishing,
)
from mnist_models.components.dream import dream
from mnist_models.components.film_player import film_player
from mnist_models.components.picker import picker

SAMPLES = 12
SAMPLE_SIZE = {28: 56, 64: 64}  # pixels on the page by pixels of a picture: whole-number scales
QUIZ_SIZE = {28: 112, 64: 128}

state = st.session_state


def show(name, parameters):
    """Everything on a generator.

    Args:
        name: of a generator of the catalog.
        parameters: dict, what the page's address says besides the latent vector.
    """
    try:
        inference.card(name)
        begin(name)
    except cards.CardError as error:
        st.info(str(error))
        return
    explore(name, parameters)
    real_or_generated(name)
    film_player(name)
    with st.expander("What you see, what it learned from, and its limits"):
        st.markdown(generator_texts.about(name))


def begin(name):
    """Start with the picture of the address, or with one that is the same for everyone."""
    if visited_key(name) in state:
        return
    address = st.query_params.get("z")
    try:
        if address is not None:
            dreaming.decode(address, dreaming.latent_dim(name))
    except dreaming.BadAddress as problem:
        st.warning(f"{problem} A random picture is shown instead.")
        address = None
    state[visited_key(name)] = dreaming.Visited((address or dreaming.addresses(1, name, seed=0)[0],))
    state[turn_key(name)] = 0
    state[pins_key(name)] = {}
    state[seed_key(name)] = 0


@st.fragment
def explore(name, parameters):
    """Sliders, picture and random pictures. What happens here runs only this function again."""
    address = state[visited_key(name)].address
    keep_in_address(parameters | {"z": address})
    image = dreaming.picture(name, address)
    if state.get("browser cannot draw"):
        draw_on_server(name, address, image)
    else:
        draw_in_browser(name, address, image)
    with st.container(horizontal=True):
        history_buttons(name)
        pin_buttons(name, address)
        save_buttons(name, address, image)
    st.markdown(dreaming.opinion(float(dreaming.ratings(name, image[np.newaxis])[0]), crowd(name)))
    random_pictures(name)


def draw_in_browser(name, address, image):
    try:
        generator = publishing.publish(name)
    except publishing.PublishingError as problem:
        state["browser cannot draw"] = str(problem)
        draw_on_server(name, address, image)
        return
    key = f"dream {name}"
    dream(
        key,
        generator=generator,
        shape=image.shape,
        address=address,
        turn=state[turn_key(name)],
        picture=dreaming.png_address(image),
        directions=latent.directions(name),
        pins=pinned(name),
        label=f"A picture by {catalog.ADVERSARIAL[name].title}",
        on_release=lambda: released(name, state[key].release),
        on_failed=lambda: state.update({"browser cannot draw": state[key].failed}),
    )


def released(name, release):
    """A slider was let go. What was dragged before Python set another picture comes too late."""
    if release["turn"] == state[turn_key(name)]:
        visit(name, release["latent"])


def draw_on_server(name, address, image):
    """For browsers that cannot run the generator: the picture follows when a slider is released."""
    left, right = st.columns([560, 448], gap="medium")
    vector = dreaming.decode(address, dreaming.latent_dim(name))
    with left:
        for direction in latent.directions(name):
            server_slider(name, vector, direction.title, direction.vector, direction.reach)
        with st.expander(f"The {len(vector)} numbers that the picture is made of"):
            number = st.number_input("Which number", 1, len(vector), key=f"number of {name}")
            axis = np.eye(len(vector), dtype=np.float32)[number - 1]
            server_slider(name, vector, f"Number {number}", axis, 3.0)
        if len(pins := pinned(name)) == 2:
            st.slider(
                "From A to B",
                0.0,
                1.0,
                key=(key := f"{name} morph"),
                on_change=morphed,
                args=(name, key, pins),
            )
    with right:
        size = 448 // image.shape[1] * image.shape[1]
        st.html(
            f'<img src="{dreaming.png_address(image)}" width="{size}" alt="A picture by '
            f'{catalog.ADVERSARIAL[name].title}" style="image-rendering: pixelated; max-width: 100%">'
        )
        st.caption(f"Drawn by the server when you release a slider: {state['browser cannot draw']}.")


def server_slider(name, vector, title, direction, reach):
    key = f"{name} slider {title}"
    state[key] = float(np.clip(round(float(vector @ direction), 2), -reach, reach))
    st.slider(
        title,
        -float(reach),
        float(reach),
        step=0.01,
        key=key,
        on_change=moved,
        args=(name, vector, direction, key),
    )


def moved(name, vector, direction, key):
    visit(name, dreaming.encode(dreaming.moved_to(vector, direction, state[key])))


def morphed(name, key, pins):
    way = latent.spherical(*(dreaming.decode(pin, dreaming.latent_dim(name)) for pin in pins), 101)
    visit(name, dreaming.encode(way[round(100 * state[key])]))


def history_buttons(name):
    visited = state[visited_key(name)]
    st.button("Back", on_click=go, args=(name, visited.back()), disabled=not visited.can_go_back)
    st.button("Forward", on_click=go, args=(name, visited.forward()), disabled=not visited.can_go_forward)
    st.button("Random", on_click=go_to_random, args=(name,))


def pin_buttons(name, address):
    for letter in "AB":
        is_pinned = letter in state[pins_key(name)]
        label = f"Pin as {letter}"
        if is_pinned:
            thumbnail = dreaming.png_address(dreaming.picture(name, state[pins_key(name)][letter]))
            label = f"![]({thumbnail}) {label}"
        st.button(label, key=f"pin {letter}", on_click=pin, args=(name, letter, address))


def save_buttons(name, address, image):
    pins = pinned(name)
    st.download_button("Save PNG", lambda: dreaming.png(image), f"{name}.png", "image/png", on_click="ignore")
    st.download_button(
        "Save GIF from A to B" if pins else "Save GIF of a tour",
        lambda: dreaming.gif(dreaming.morph(name, *pins) if pins else dreaming.tour(name, address)),
        f"{name}.gif",
        "image/gif",
        on_click="ignore",
    )


def random_pictures(name):
    """A grid to pick from."""
    st.markdown("**Random pictures to start from**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        truncation = st.slider(
            "Truncation: the smaller, the more ordinary, and the more alike",
            0.1,
            1.0,
            1.0,
            step=0.1,
            key=f"truncation {name}",
        )
        st.button("Other pictures", on_click=new_seed, args=(seed_key(name),))
    addresses = dreaming.addresses(SAMPLES, name, state[seed_key(name)], truncation)
    vectors = [dreaming.decode(address, dreaming.latent_dim(name)) for address in addresses]
    images = dreaming.pictures(name, vectors)
    key = f"samples of {name}"
    picker(
        key,
        [dreaming.png_address(image) for image in images],
        on_pick=lambda: go(name, state[visited_key(name)].visit(addresses[state[key].pick])),
        size=SAMPLE_SIZE[images.shape[1]],
    )


@st.fragment
def real_or_generated(name):
    """Eight pictures, a guess for each, and the score."""
    with st.expander("Real or generated? A quiz"):
        round_key, marked_key, score_key = (f"quiz {part} {name}" for part in ("round", "marked", "score"))
        if round_key not in state:
            st.button("Begin", on_click=new_round, args=(round_key, marked_key), key=f"begin {name}")
            return
        try:
            quiz = dreaming.quiz(name, unseen(inference.card(name)["data"]["sets"][0]), state[round_key])
        except datasets.DataError as problem:
            st.info(f"The quiz needs real pictures. {problem}")
            return
        is_open = state[marked_key]["open"]
        marked = state[marked_key]["pictures"]
        st.markdown("Press the pictures that you take for generated ones, and then *Check*.")
        key = f"quiz pictures {name} {state[round_key]}"
        picker(
            key,
            [dreaming.png_address(image) for image in quiz.pictures],
            on_pick=lambda: marked.symmetric_difference_update({state[key].pick}),
            size=QUIZ_SIZE[quiz.pictures.shape[1]],
            pressed=marked,
            captions=None if is_open else dreaming.quiz_captions(quiz, marked),
            is_open=is_open,
        )
        right, asked = state.get(score_key, (0, 0))
        with st.container(horizontal=True, vertical_alignment="center"):
            if is_open:
                st.button("Check", on_click=check, args=(quiz, marked_key, score_key), key=f"check {name}")
            else:
                st.button(
                    "Eight others", on_click=new_round, args=(round_key, marked_key), key=f"again {name}"
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


def visit(name, address):
    state[visited_key(name)] = state[visited_key(name)].visit(address)


def go(name, visited):
    """Show another picture than the sliders': they take it over because it is a new turn."""
    state[visited_key(name)] = visited
    state[turn_key(name)] += 1


def go_to_random(name):
    seed = int(np.random.default_rng().integers(2**32))
    go(name, state[visited_key(name)].visit(dreaming.addresses(1, name, seed)[0]))


def pin(name, letter, address):
    state[pins_key(name)][letter] = address


def pinned(name):
    """Both pinned addresses, or none."""
    pins = state[pins_key(name)]
    return [pins["A"], pins["B"]] if len(pins) == 2 else []


def new_seed(key):
    state[key] = int(np.random.default_rng().integers(2**32))


def keep_in_address(parameters):
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


@st.cache_resource
def crowd(name):
    return dreaming.crowd_ratings(name)


@st.cache_resource(show_spinner="Reading the real pictures")
def unseen(data):
    return dreaming.unseen(data)


def visited_key(name):
    return f"visited {name}"


def turn_key(name):
    return f"turn {name}"


def pins_key(name):
    return f"pins {name}"


def seed_key(name):
    return f"seed {name}"
