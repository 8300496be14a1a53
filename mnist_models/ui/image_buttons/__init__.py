"""Small pictures as buttons."""

from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_element = st.components.v2.component(
    "digit_lab.picker",
    js=(_FOLDER / "picker.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "picker.css").read_text(encoding="utf-8"),
)


def picker(key, pictures, on_pick, size, pressed=(), captions=None, is_open=True):
    """Show pictures one can press.

    Args:
        key: str.
        pictures: data: addresses.
        on_pick: called before the script runs again; then `st.session_state[key].pick` is the index
            of the pressed picture.
        size: pixels, the side of a shown picture.
        pressed: indices of pictures shown as pressed.
        captions: a text for each picture, or None.
        is_open: False when no picture can be pressed any more.
    """
    _element(
        key=key,
        data={
            "pictures": list(pictures),
            "pressed": sorted(pressed),
            "captions": captions or [""] * len(pictures),
            "size": size,
            "isOpen": is_open,
        },
        on_pick_change=on_pick,
    )
