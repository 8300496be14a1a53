"""Data of one's own on the pages: bringing it along, and a submission for Kaggle."""

from pathlib import Path

import streamlit as st

from mnist_models import catalog, weights
from mnist_models.data import datasets, upload_report, user_data
from mnist_models.errors import DigitLabError, said
from mnist_models.runs import descriptions, naming, uploads
from mnist_models.runs.records import Refused
from mnist_models.serving import sessions, submission
from mnist_models.ui import pixel_row
from mnist_models.ui.text.markdown import escaped
from mnist_models.ui.visitor import visitor

MEGABYTE = 1_000_000
_WHAT = (
    "A zip with a folder of pictures per class (at most ten; PNG, JPEG, HEIC, WebP, GIF, TIFF or BMP, of "
    "any size, dark on light or light on dark), or a CSV file with a row per picture: its label, 0 to 9, "
    "and 784 pixels, 0 to 255, as in Kaggle's digit-recognizer (its zip will do). Pictures become 28×28 "
    "grey pixels."
)
_ROUND = "round of data of one's own"
_UNDERSTOOD = "data of one's own, understood"
_KEPT = "data of one's own, just kept"
_PROBLEM = "problem with data of one's own"

state = st.session_state


def upload(settings, on_keep=None):
    """Let somebody bring data along, and delete what they brought.

    Args:
        settings: runs.settings.Settings.
        on_keep: called in a callback with the new data set's name, so that a form can choose it;
            returns whether it could.
    """
    state.setdefault(_ROUND, 0)
    with st.expander("Data of your own"):
        st.caption(_WHAT)
        file = _uploader("A zip or CSV file", user_data.FILE_TYPES, settings, f"own data {state[_ROUND]}")
        understood = _once(_UNDERSTOOD, file, settings, _understand)
        if understood is not None:
            _offer(settings, file, understood, on_keep)
        if _KEPT in state:
            st.success(state.pop(_KEPT))
        if _PROBLEM in state:
            st.error(escaped(state.pop(_PROBLEM)))
        kept, damaged = uploads.everything(settings)
        damaged = [one for one in damaged if one.visitor == visitor()]
        if kept or damaged:
            st.markdown("**Kept on this server**")
        for one in kept:
            _show_kept(
                settings,
                one,
                f"{descriptions.data_title(one.name)}: {one.images:,} images of {len(one.counts)} classes",
            )
        for one in damaged:
            _show_kept(settings, one, f"{one.title}: its file is damaged. Delete it and upload it again.")


def submission_form(settings, run):
    """Let somebody have a run's network read Kaggle's test file. Shows nothing for other networks.

    Args:
        settings: runs.settings.Settings.
        run: runs.records.Run.
    """
    if run.network not in catalog.CLASSIFIERS or descriptions.class_names(run.data) != datasets.DIGITS:
        return
    network = weights.Trained(run.network, settings.folder(run.id) / "weights", run.id, run.name)
    if network.version() is None:
        return
    with st.expander("Submission for Kaggle"):
        st.caption("The test file of Kaggle's digit-recognizer: pixel0 … pixel783, without labels.")
        file = _uploader("test.csv", ["csv", "zip"], settings, f"test file of {run.id}")
        # A run that has gone on reads the file anew.
        key = f"submission of {run.id}, {network.version()}"
        lines = _once(key, file, settings, lambda file: _read_with(network, file))
        if lines is None:
            return
        count = lines.count(b"\n") - 1
        st.markdown(f"{count:,} images were read. Kaggle takes the file as it is.")
        st.download_button(
            "Download submission.csv",
            lines,
            "submission.csv",
            "text/csv",
            key=f"download {key}",
            type="primary",
            on_click="ignore",
        )


def _uploader(label, types, settings, key):
    largest = max(1, settings.largest_upload // MEGABYTE)
    return st.file_uploader(label, types, max_upload_size=largest, key=key)


def _once(key, file, settings, work):
    """What `work` makes of a file, kept until there is another; None without one, or when it is refused."""
    if file is None:
        state.pop(key, None)
        return None
    if key not in state or state[key][0] != file.file_id:
        state.pop(key, None)  # the one before makes room before the next is read
        state[key] = file.file_id, *_result_or_sentences(file, settings, work)
    _, result, sentences = state[key]
    if sentences:
        # Names of files stand in them: shown as they are, whatever they would mean as Markdown.
        shown = [escaped(sentence) for sentence in sentences]
        st.error(shown[0] if len(shown) == 1 else "\n".join(f"- {sentence}" for sentence in shown))
    return result


def _result_or_sentences(file, settings, work):
    if file.size > settings.largest_upload:
        size, largest = file.size / MEGABYTE, settings.largest_upload / MEGABYTE
        return None, [f"The file has {size:.0f} MB; at most {largest:.0f} MB can be brought along."]
    try:
        return work(file), None
    except DigitLabError as problem:
        return None, upload_report.sentences(problem)


def _understand(file):
    with _Progress("Reading pictures") as progress:
        return user_data.from_file(file.name, file.getvalue(), progress)


def _read_with(network, file):
    sessions.check(network)
    with _Progress("Reading digits") as progress:
        return submission.submission(network, file.getvalue(), progress)


class _Progress:
    """A bar that goes away in the end; calling it wraps a list that is gone through."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        self.place = st.empty()
        self.place.progress(0.0, f"{self.text} …")
        return self

    def __exit__(self, *_):
        self.place.empty()

    def __call__(self, items):
        step = max(1, len(items) // 100)
        for number, item in enumerate(items):
            if number % step == 0:
                self.place.progress(number / len(items), f"{self.text}: {number / len(items):.0%}")
            yield item


def _offer(settings, file, data, on_keep):
    """What was understood, and the button that keeps it."""
    st.markdown(
        f"**{len(data.x):,} images of {len(data.counts)} classes.** Of every class a tenth will be set aside "
        "to validate on."
    )
    examples = [
        pixel_row.Picture(image, f"{name}: {data.counts[name]:,}") for name, image in data.examples().items()
    ]
    st.html(pixel_row.row(examples, small=True))
    for note in data.notes:
        st.info(escaped(note))
    key = f"title of {file.file_id}"
    state.setdefault(key, Path(file.name).stem[: naming.LONGEST])
    st.text_input("Title", key=key, max_chars=naming.LONGEST)
    st.button("Keep", type="primary", on_click=_keep, args=(settings, key, data, on_keep))
    st.caption("Everybody who uses this server can then see it and train on it.")


def _keep(settings, title_key, data, on_keep):
    try:
        name = uploads.keep(settings, state[title_key], data, visitor())
    except (DigitLabError, OSError) as refusal:
        state[_PROBLEM] = said(refusal)
        return
    state[_ROUND] += 1  # an empty uploader, and the memory of the file is free
    state.pop(_UNDERSTOOD, None)
    is_chosen = on_keep is not None and on_keep(name)
    state[_KEPT] = (
        "Kept. It is chosen under *Data*: press *Train*."
        if is_chosen
        else "Kept. Choose another network under *Network* to train on it."
    )


def _show_kept(settings, one, text):
    with st.container(horizontal=True, vertical_alignment="center", key=f"kept {one.name}"):
        st.text(text)
        if one.visitor != visitor():
            return
        with st.popover("Delete"):
            st.markdown("Runs that have learned from it stay.")
            st.button("Delete it", key=f"delete {one.name}", on_click=_delete, args=(settings, one.name))


def _delete(settings, name):
    try:
        # Asked here too, since a message can press a button that is not shown.
        if uploads.owner(settings, name) != visitor():
            raise Refused("Somebody else brought this data set along.")
        uploads.delete(settings, name)
    except (DigitLabError, OSError) as refusal:
        state[_PROBLEM] = said(refusal)
