"""Sliders and a picture that follows them while they are dragged, drawn by the visitor's browser.

The sources are beside this file; `npm ci && npm run build` here writes `static/`.
"""

import base64
from pathlib import Path

import streamlit as st

from mnist_models.serving import browser_files

_CSS = ":host {display: block; min-height: 30rem} @media (max-width: 640px) {:host {min-height: 40rem}}"


def _loader():
    """The script that Streamlit sends: it imports the built element under a name that changes with it."""
    script = (Path(__file__).parent / "loader.js").read_text(encoding="utf-8")
    return script.replace("ELEMENT", browser_files.built("element-*.js"))


_element = st.components.v2.component("digit_lab.dream", js=_loader(), css=_CSS)


def dream(key, generator, shape, address, turn, picture, directions, pins, label, on_release, on_failed):
    """Show the element.

    Args:
        key: str; another generator needs another key.
        generator: address of its ONNX file, as from `browser_files.publish`.
        shape: (height, width, channels) of its pictures.
        address: the latent vector to show, as from `generator.encode`.
        turn: int. The element takes `address` over when this changes, and else keeps what the visitor
            has dragged to, since Python hears of that late.
        picture: data: address of the picture, shown until the browser can draw.
        directions: sequence of walks.Direction.
        pins: addresses of pinned pictures; with two there is a slider between them.
        label: what the picture shows, for screen readers.
        on_release: called before the script runs again after a slider was released; then
            `st.session_state[key].release` is a dict with "latent", an address, and "turn".
        on_failed: called when the browser cannot run the generator; `st.session_state[key].failed` is
            the reason.
    """
    _element(
        key=key,
        data={
            "generator": generator,
            "shape": list(shape),
            "latent": address,
            "turn": turn,
            "picture": picture,
            "directions": [
                {
                    "title": direction.title,
                    "vector": base64.b64encode(direction.vector.astype("<f4").tobytes()).decode("ascii"),
                    "reach": float(direction.reach),
                }
                for direction in directions
            ],
            "pins": list(pins),
            "label": label,
        },
        on_release_change=on_release,
        on_failed_change=on_failed,
    )
