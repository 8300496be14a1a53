"""Undo and Clear for a canvas, in the visitor's browser, where it is known what has been drawn."""

from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_element = st.components.v2.component(
    "digit_lab.canvas_buttons",
    js=(_FOLDER / "buttons.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "buttons.css").read_text(encoding="utf-8"),
)


def canvas_buttons(key, canvas, base, strokes, changes, is_unseen, on_undo, on_clear, on_unseen):
    """Show the two buttons.

    Args:
        key: str.
        canvas: str, the key of the canvas; letters only.
        base: int, another one for every drawing that the canvas was told to show.
        strokes: int, how many strokes that drawing has now.
        changes: int, how often Python has heard of a change of the drawing.
        is_unseen: True where nobody knows what that drawing looks like, since the canvas has never
            reported it.
        on_undo: called when a stroke of that drawing is taken back; then `st.session_state[key].undo`
            has "base", and "keep", the number of strokes that stay.
        on_clear: called when the canvas is to be emptied.
        on_unseen: called when the canvas is there and the drawing is unseen.
    """
    _element(
        key=key,
        data={"canvas": canvas, "base": base, "strokes": strokes, "changes": changes, "isUnseen": is_unseen},
        on_undo_change=on_undo,
        on_clear_change=on_clear,
        on_unseen_change=on_unseen,
    )
