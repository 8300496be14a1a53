"""A plane of pictures; the visitor's browser draws the picture of the place under the pointer."""

from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_element = st.components.v2.component(
    "digit_lab.plane",
    js=(_FOLDER / "plane.js").read_text(encoding="utf-8"),
    css=(_FOLDER / "plane.css").read_text(encoding="utf-8"),
)


def plane_of_pictures(key, sheet, tiles, edge, decoder, runtime, label, on_failed):
    """Show the element.

    Args:
        key: str.
        sheet: data: address of the square picture of the plane, of tiles×tiles pictures.
        tiles: int.
        edge: float, the first and last tile's distance from the middle, in both directions.
        decoder: address of the decoder's ONNX file, as from `browser_files.publish`.
        runtime: `browser_files.Runtime` of the browser.
        label: for screen readers.
        on_failed: called when the browser cannot run the decoder; `st.session_state[key].failed` is
            the reason.
    """
    _element(
        key=key,
        data={
            "sheet": sheet,
            "tiles": tiles,
            "edge": edge,
            "decoder": decoder,
            "worker": runtime.worker,
            "wasm": runtime.wasm,
            "label": label,
        },
        on_failed_change=on_failed,
    )
