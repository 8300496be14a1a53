"""A canvas to draw on, which remembers what it was told to show, with buttons for undo and clear."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from mnist_models import drawing
from mnist_models.strokes import CANVAS

state = st.session_state


def _nothing():
    pass


@dataclass(frozen=True)
class Canvas:
    """A canvas of a page. Make one every time the script runs.

    Attributes:
        key: str, names the canvas in the session.
        begin_round: called when another drawing begins: a stroke, undo, clear or an example.
    """

    key: str
    begin_round: Callable[[], None] = _nothing

    def __post_init__(self):
        state.setdefault(self._told, drawing.blank(0))
        state.setdefault(self._on_its_way, False)

    @property
    def _told(self):
        return f"{self.key} was told"

    @property
    def _on_its_way(self):
        return f"{self.key} has yet to show it"

    def pixels(self, pen, colour="#000000", paper="#ffffff", picture=None):
        """Show the canvas.

        Args:
            pen: int, pixels.
            colour: of the pen, as in CSS.
            paper: colour of the canvas; "" is transparent.
            picture: uint8 H×W, shown behind what is drawn, in place of paper; it is not part of the
                drawing.

        Returns:
            uint8 280×280×4, or None before the browser has answered.
        """
        background = None
        if picture is not None:
            scale = CANVAS // len(picture)
            background = drawing.png_address(picture.repeat(scale, axis=0).repeat(scale, axis=1))
        return st_canvas(
            stroke_width=pen,
            stroke_color=colour,
            background_color=paper,
            background_image=background,
            width=CANVAS,
            height=CANVAS,
            initial_drawing=state[self._told],
            return_image_data=True,
            key=self.key,
            on_change=self._has_changed,
        ).image_data

    def strokes(self):
        """What the canvas holds: as it last reported, or as it was told since (two quick undos)."""
        if state[self._on_its_way]:
            return state[self._told]["objects"]
        reported = (state.get(self.key) or {}).get("drawing") or {}
        return (reported.get("raw") or {}).get("objects", [])

    def buttons(self):
        """Show Undo and Clear."""
        nothing = not self.strokes()
        with st.container(horizontal=True):
            st.button("Undo", key=f"{self.key} undo", on_click=self.undo, disabled=nothing)
            st.button("Clear", key=f"{self.key} clear", on_click=self.clear, disabled=nothing)

    def undo(self):
        """Take the last stroke back."""
        self._show(drawing.without_last(self.strokes(), self._next_version()))

    def clear(self):
        """Empty the canvas."""
        self._show(drawing.blank(self._next_version()))

    def show_one_of(self, digits):
        """Show the next one of some digits, another with every call: uint8 N×28×28."""
        version = self._next_version()
        self._show(drawing.of_image(digits[version % len(digits)], version))

    def _next_version(self):
        return state[self._told]["version_of_app"] + 1

    def _show(self, new_drawing):
        state[self._told] = new_drawing
        state[self._on_its_way] = True
        self.begin_round()

    def _has_changed(self):
        state[self._on_its_way] = False
        self.begin_round()
