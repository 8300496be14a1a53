"""What can be done with a run that has ended: go on, keep its files, use it, rename or delete it."""

import streamlit as st

from mnist_models import recipes
from mnist_models.errors import DigitLabError, said
from mnist_models.runs import configuration, database, downloads, naming, nicknames, queue, shared_networks
from mnist_models.ui import uploads
from mnist_models.ui.run_settings import connect
from mnist_models.ui.text.markdown import escaped
from mnist_models.ui.visitor import SOMEBODY_ELSES, changing, may_change, visitor

state = st.session_state
_PAGES = {
    "Draw": "draw.py",
    "Reconstruct": "reconstruct.py",
    "Digits": "digits.py",
    "Faces": "faces.py",
}


def run_actions(settings, run):
    """Buttons for everything that the run's state allows.

    Args:
        settings: runs.settings.Settings.
        run: runs.records.Run.
    """
    refusal = state.pop(f"refusal of {run.id}", None)
    if refusal:
        st.error(escaped(refusal))
    try:
        _actions(settings, run)
    except database.Unavailable as problem:
        st.error(escaped(problem))


def _actions(settings, run):
    if run.can_resume and may_change(settings, run):
        _go_on(settings, run)
    with st.container(horizontal=True):
        _share(settings, run)
        _files(settings, run)
        _rename_or_delete(settings, run)
    uploads.submission_form(settings, run)


def try_it(settings, run):
    """One click to the page that shows what the run's network can do, with the network chosen.

    Shows nothing where there is no such page, and for networks that their owners keep to themselves.

    Args:
        settings: runs.settings.Settings.
        run: runs.records.Run.
    """
    if not shared_networks.can_be_tried(settings, run):
        return
    if not may_change(settings, run) and not _is_shared(settings, run):
        return
    page = shared_networks.page_of_run(settings, run)
    if st.button(
        "Try it", key=f"try {run.id}", type="primary", help=f"Opens the page {page} with this network."
    ):
        st.switch_page(_PAGES[page], query_params={"net": shared_networks.key_of(run.id)})


def _share(settings, run):
    """Let others use the run's network, or no longer; and what they see its owner called."""
    if not shared_networks.can_be_tried(settings, run) or not may_change(settings, run):
        return
    with st.popover("Share"):
        page = shared_networks.page_of_run(settings, run)
        with connect(settings) as db:
            name = nicknames.of(db, run.visitor)
        st.markdown(f"Others see you as :{name.colour}[●] **{name}**.")
        if _is_shared(settings, run):
            st.markdown(f"Everybody can choose this network on the page *{page}*.")
            st.button(
                "Stop sharing",
                key=f"dismiss {run.id}",
                on_click=_try,
                args=(run.id, _dismiss, settings, run),
            )
        else:
            st.button(
                "Share with everybody",
                key=f"use {run.id}",
                type="primary",
                help=f"Others can then choose it on the page {page}.",
                on_click=_try,
                args=(run.id, _adopt, settings, run),
            )
        if run.visitor == visitor():
            _call_me(settings, run, name)


def _call_me(settings, run, name):
    """Let the owner choose another colour and animal."""
    keys = f"colour, {run.id}", f"animal, {run.id}"
    with st.form(f"nickname, {run.id}", border=False):
        colour, animal = st.columns(2)
        colour.selectbox("Colour", nicknames.COLOURS, nicknames.COLOURS.index(name.colour), key=keys[0])
        animal.selectbox("Animal", nicknames.ANIMALS, nicknames.ANIMALS.index(name.animal), key=keys[1])
        st.form_submit_button("Call me that", on_click=_try, args=(run.id, _rename_me, settings, keys))


def _is_shared(settings, run):
    with connect(settings) as db:
        return run.id in db.shared.ids()


def _adopt(settings, run):
    with changing(settings, run.id) as db:
        shared_networks.adopt(db, settings, run.id)


def _dismiss(settings, run):
    with changing(settings, run.id) as db:
        db.shared.remove(run.id)


def _rename_me(settings, keys):
    with connect(settings) as db:
        nicknames.change(db, visitor(), nicknames.Nickname(*(state[key] for key in keys)))


def _go_on(settings, run):
    try:
        configuration.refuse_retired(run.configuration)
    except recipes.Retired as reason:
        st.caption(str(reason))
        return
    unfinished = run.epochs_done < run.epochs
    usual = max(1, round(run.epochs - run.epochs_done) if unfinished else run.epochs)
    key = f"more epochs of {run.id} from {run.epochs_done}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Without limits of the field's own, as in the training form: `queue.resume` refuses in words.
        st.number_input("More epochs", value=float(usual), step=1.0, format="%g", key=key, width=150)
        st.button("Resume", on_click=_try, args=(run.id, _resume, settings, run, key))


def _resume(settings, run, key):
    more = state[key]
    with changing(settings, run.id) as db:
        left = round(run.epochs - run.epochs_done)
        # What was left is resumed to the very step at which it ended.
        queue.resume(db, settings, run.id, None if more == left else more, visitor())


def _files(settings, run):
    with st.popover("Download"):
        with connect(settings) as db:
            files = downloads.files(settings, db, run)
        for file in files:
            st.download_button(
                file.title,
                file.content,
                file.download_as,
                key=f"{file.title} of {run.id}",
                on_click="ignore",
            )
            if file.hint:
                st.caption(escaped(file.hint))


def _rename_or_delete(settings, run):
    foreign = not may_change(settings, run)
    with st.popover("Rename or delete", disabled=foreign, help=SOMEBODY_ELSES if foreign else None):
        key = f"name of {run.id}"
        st.text_input("Name", run.name, naming.LONGEST, key=key)
        st.button("Rename", key=f"rename {run.id}", on_click=_try, args=(run.id, _rename, settings, run, key))
        st.button(
            "Delete with all its files",
            key=f"delete {run.id}",
            type="primary",
            on_click=_try,
            args=(run.id, _delete, settings, run),
        )


def _rename(settings, run, key):
    with changing(settings, run.id) as db:
        db.runs.rename(run.id, state[key])


def _delete(settings, run):
    with changing(settings, run.id) as db:
        queue.delete(db, settings, run.id)


def _try(run_id, action, *arguments):
    """Do it, and keep the sentence that says why not for the next look at the run."""
    try:
        action(*arguments)
    except (DigitLabError, OSError) as refusal:
        state[f"refusal of {run_id}"] = said(refusal)
