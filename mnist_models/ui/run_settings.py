"""The settings of runs and their database, for pages."""

import sqlite3

import streamlit as st

from mnist_models.runs import database as store
from mnist_models.runs import queue
from mnist_models.runs import settings as run_settings
from mnist_models.ui.text.markdown import escaped


def settings_or_stop():
    """The Settings; where they cannot be read, the page says why and ends here."""
    try:
        return run_settings.load()
    except run_settings.SettingsError as problem:
        st.error(escaped(problem))
        st.stop()


def database(settings):
    """`database.connect` for a page, which does not wait for long."""
    return store.connect(settings, store.PAGE_SECONDS)


def tend(db, settings, somebody_is_here=False):
    """`queue.tend` for a page: where nothing can be written, it says so, and what is there is shown."""
    try:
        queue.tend(db, settings, somebody_is_here)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise  # there is nothing to show
        st.warning(escaped(store.sentence(error)))
    except OSError as error:
        st.warning(escaped(f"No run can be started now ({error.strerror})."))
