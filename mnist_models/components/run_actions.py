"""What can be done with a run that has ended: go on, keep its files, use it, rename or delete it."""

import streamlit as st

from mnist_models.components import own_data
from mnist_models.components.run_settings import database
from mnist_models.components.visitors import SOMEBODY_ELSES, changing, may_change, visitor
from mnist_models.markdown import escaped
from mnist_models.runs import adopted, queue, results, store

state = st.session_state


def run_actions(settings, run):
    """Buttons for everything that the run's state allows.

    Args:
        settings: runs.settings.Settings.
        run: runs.store.Run.
    """
    refusal = state.pop(f"refusal of {run.id}", None)
    if refusal:
        st.error(escaped(refusal))
    try:
        _actions(settings, run)
    except store.Unavailable as problem:
        st.error(escaped(problem))


def _actions(settings, run):
    if run.can_resume and may_change(settings, run):
        _go_on(settings, run)
    with st.container(horizontal=True):
        _use(settings, run)
        _files(settings, run)
        _rename_or_delete(settings, run)
    own_data.submission_form(settings, run)


def _use(settings, run):
    """Offer the run's network on the page that can show it, or take it back from there."""
    page = adopted.page_of_run(settings, run)
    if page is None:
        return
    with database(settings) as db:
        is_used = run.id in adopted.adopted_ids(db)
    foreign = not may_change(settings, run)
    if is_used:
        st.button(
            "Use it no longer",
            key=f"dismiss {run.id}",
            disabled=foreign,
            help=SOMEBODY_ELSES if foreign else None,
            on_click=_try,
            args=(run.id, _dismiss, settings, run),
        )
        st.markdown(f"This network can be chosen on the page *{page}*.")
        return
    st.button(
        "Use this network",
        key=f"use {run.id}",
        type="primary",
        disabled=foreign,
        help=SOMEBODY_ELSES if foreign else f"It can then be chosen on the page {page}.",
        on_click=_try,
        args=(run.id, _adopt, settings, run),
    )


def _adopt(settings, run):
    with changing(settings, run.id) as db:
        adopted.adopt(db, settings, run.id)


def _dismiss(settings, run):
    with changing(settings, run.id) as db:
        adopted.dismiss(db, run.id)


def _go_on(settings, run):
    unfinished = run.epochs_done < run.epochs
    with st.container(horizontal=True, vertical_alignment="bottom"):
        more = st.number_input(
            "More epochs",
            1,
            settings.most_epochs,
            value=max(1, round(run.epochs - run.epochs_done) if unfinished else run.epochs),
            key=f"more epochs of {run.id} from {run.epochs_done}",
            width=150,
        )
        st.button("Go on", on_click=_try, args=(run.id, _resume, settings, run, more))


def _resume(settings, run, more):
    with changing(settings, run.id) as db:
        left = round(run.epochs - run.epochs_done)
        # What was left is resumed to the very step at which it ended.
        queue.resume(db, settings, run.id, None if more == left else more, visitor())


def _files(settings, run):
    with st.popover("Download"):
        for file in results.files(settings, run):
            st.download_button(
                file.title,
                file.path.read_bytes,
                file.download_as,
                key=f"{file.title} of {run.id}",
                on_click="ignore",
            )


def _rename_or_delete(settings, run):
    foreign = not may_change(settings, run)
    with st.popover("Rename or delete", disabled=foreign, help=SOMEBODY_ELSES if foreign else None):
        key = f"name of {run.id}"
        st.text_input("Name", run.name, store.LONGEST_NAME, key=key)
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
        store.rename(db, run.id, state[key])


def _delete(settings, run):
    with changing(settings, run.id) as db:
        queue.delete(db, settings, run.id)


def _try(run_id, action, *arguments):
    """Do it, and keep the sentence that says why not for the next look at the run."""
    try:
        action(*arguments)
    except (store.Unavailable, store.UnknownRun, ValueError, OSError) as refusal:
        state[f"refusal of {run_id}"] = str(refusal)
