"""A canvas to draw on, whose drawing stays with the visitor, with buttons for undo and clear."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import streamlit as st
from streamlit_drawable_canvas import CanvasResult, st_canvas

from mnist_models.images import encoding
from mnist_models.images.strokes import CANVAS
from mnist_models.ui import canvas_objects
from mnist_models.ui.canvas_buttons import canvas_buttons

DRAWING = "drawing"  # the one that Draw and Reconstruct have in common

state = st.session_state


def _nothing():
    pass


@dataclass(frozen=True)
class _Kept:
    """What is known of a drawing, whether or not its canvas is shown.

    Attributes:
        told: what the canvas was told to show. It stays while people draw on: whatever else the canvas
            is told, it loads, and forgets what it could undo.
        base: int, another one whenever the canvas is told to show another drawing.
        objects: what the canvas holds, as it last reported or was told since.
        picture: data: address of the drawing as the canvas last reported it, or None.
        is_seen: whether `picture` shows `objects`.
        changes: int, how often the drawing has changed.
    """

    told: dict = field(default_factory=lambda: canvas_objects.blank(0))
    base: int = 0
    objects: tuple = ()
    picture: str | None = None
    is_seen: bool = True
    changes: int = 0


@dataclass(frozen=True)
class Canvas:
    """A canvas of a page. Make one every time the script runs.

    Attributes:
        key: str of letters, another one for every canvas of every page.
        name: str, names the drawing in the session. Canvases of one name show the same drawing.
        begin_round: called when another drawing begins: a stroke, undo, clear or an example.
    """

    key: str
    name: str
    begin_round: Callable[[], None] = _nothing

    @property
    def _kept(self):
        return state.get(f"{self.name} kept", _Kept())

    def _keep(self, **changes):
        state[f"{self.name} kept"] = replace(self._kept, **changes)

    @property
    def changes(self):
        """How often the drawing has changed: int."""
        return self._kept.changes

    @property
    def is_untouched(self):
        """Whether nothing has been drawn, shown or cleared in this session."""
        return not self.changes

    def pixels(self, pen, colour="#000000", paper="#ffffff", picture=None):
        """Show the canvas.

        Args:
            pen: int, pixels.
            colour: of the pen, as in CSS.
            paper: colour of the canvas; "" is transparent.
            picture: uint8 H×W, shown behind what is drawn, in place of paper; it is not part of the
                drawing.

        Returns:
            uint8 280×280×4, or None while nothing has been drawn.
        """
        background = None
        if picture is not None:
            scale = CANVAS // len(picture)
            background = encoding.png_address(picture.repeat(scale, axis=0).repeat(scale, axis=1))
        self._take_up()
        st_canvas(
            stroke_width=pen,
            stroke_color=colour,
            background_color=paper,
            background_image=background,
            width=CANVAS,
            height=CANVAS,
            initial_drawing=self._kept.told,
            return_image_data=True,
            key=self.key,
            on_change=self._has_changed,
        )
        return CanvasResult(None, self._kept.picture, return_image_data=True).image_data

    def buttons(self):
        """Show Undo and Clear."""
        self._take_up()
        kept = self._kept
        canvas_buttons(
            self._buttons,
            self.key,
            kept.base,
            len(kept.told["objects"]),
            kept.changes,
            is_unseen=not kept.is_seen,
            on_undo=self._undo,
            on_clear=lambda: self._show(()),
            on_unseen=self._show_again,
        )

    def show_one_of(self, digits):
        """Show the next one of some digits, another with every call: uint8 N×28×28."""
        self._show(canvas_objects.of_image(digits[self._next_version() % len(digits)], 0)["objects"])

    @property
    def _buttons(self):
        return f"{self.key} buttons"

    def _take_up(self):
        """Tell a canvas that has just come to show what was drawn on the one before."""
        kept = self._kept
        if self.key not in state and kept.told["objects"] != list(kept.objects):
            self._keep(told=self._to_tell(kept.objects), base=kept.base + 1)

    def _next_version(self):
        return self._kept.told["version_of_app"] + 1

    def _to_tell(self, objects):
        return {"objects": list(objects), "version_of_app": self._next_version()}

    def _show(self, objects, base=None):
        kept = self._kept
        self._keep(
            told=self._to_tell(objects),
            base=kept.base + 1 if base is None else base,
            objects=tuple(objects),
            picture=kept.picture if objects else None,  # the one before, until the canvas reports
            is_seen=not objects,
            changes=kept.changes + 1,
        )
        self.begin_round()

    def _undo(self):
        """Take back strokes of what the canvas was told to show; those drawn since it takes back itself."""
        asked, kept = state[self._buttons].undo, self._kept
        if asked["base"] == kept.base:
            self._show(kept.told["objects"][: max(0, asked["keep"])], kept.base)

    def _show_again(self):
        """Have the canvas report how a drawing looks that it never had the time to."""
        self._show(self._kept.objects)

    def _has_changed(self):
        reported = state[self.key]["drawing"]
        self._keep(
            objects=tuple(reported["raw"]["objects"]),
            picture=reported["data"],
            is_seen=True,
            changes=self.changes + 1,
        )
        self.begin_round()
