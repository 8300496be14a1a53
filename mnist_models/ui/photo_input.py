"""A photo of one's own, from a file or the camera; it stays while the visitor looks at other pages."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import streamlit as st
from PIL import Image

from mnist_models.errors import short
from mnist_models.images import normalize
from mnist_models.ui.text.markdown import escaped

LARGEST = 50  # megabytes
_KEPT = "photo that is kept"

state = st.session_state


@dataclass(frozen=True)
class _Photo:
    """A photo that was chosen.

    Attributes:
        file_id: of the uploaded file.
        name: of the file.
        image: as from `normalize.open_image`; None where it cannot be opened.
        problem: the sentence that says why.
    """

    file_id: str
    name: str
    image: Image.Image | None = None
    problem: str = ""


def photo_input(what, begin_round):
    """Ask for a photo; the one chosen last stays until it is removed, or another one is chosen.

    Args:
        what: shown on it, such as "digit".
        begin_round: called when another photo, or none, is chosen.

    Returns:
        PIL.Image.Image as from `normalize.open_image`, or None while there is none.

    Raises:
        normalize.UnreadableImage
    """
    with_camera = camera_is_allowed() and st.toggle(
        "Use this machine's camera", key="with camera", persist_state="session"
    )
    key = "camera" if with_camera else "photo"
    if with_camera:
        file = st.camera_input(f"One {what} on paper", key=key, on_change=_changed, args=(key, begin_round))
    else:
        file = st.file_uploader(
            f"A photo or picture of one {what}",
            type=None,  # what it is, its content says, and what to do about it our sentence
            max_upload_size=LARGEST,
            key=key,  # the same one whatever it is called, so that the photo stays for another network
            on_change=_changed,
            args=(key, begin_round),
        )
    if file is not None and (_KEPT not in state or state[_KEPT].file_id != file.file_id):
        state[_KEPT] = _opened(file)
    if _KEPT not in state:
        return None
    photo = state[_KEPT]
    if file is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{escaped(short(photo.name))}, chosen before")
            st.button("Remove photo", on_click=_remove, args=(begin_round,))
    if photo.image is None:
        raise normalize.UnreadableImage(photo.problem)
    return photo.image


def camera_is_allowed():
    """Browsers open the camera only for https and for the machine they run on."""
    address = urlsplit(st.context.url or "")
    return address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1")


def _opened(file):
    try:
        return _Photo(file.file_id, file.name, normalize.open_image(file.getvalue()))
    except normalize.UnreadableImage as problem:
        return _Photo(file.file_id, file.name, problem=str(problem))


def _changed(key, begin_round):
    if state[key] is None:
        state.pop(_KEPT, None)
    begin_round()


def _remove(begin_round):
    state.pop(_KEPT, None)
    begin_round()
