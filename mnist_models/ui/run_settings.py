"""The settings of runs and their database, for pages."""

import sqlite3

import streamlit as st

from mnist_models.runs import database, queue, sqlite_errors
from mnist_models.runs.settings import Settings, SettingsError
from mnist_models.ui.text.markdown import escaped


def settings_or_stop():
    """The Settings; where they cannot be read, the page says why and ends here."""
    try:
        return Settings.load()
    except SettingsError as problem:
        st.error(escaped(problem))
        st.stop()


def connect(settings):
    """`database.connect` for a page, which does not wait for long."""
    return database.connect(settings, database.PAGE_SECONDS)


def tend(db, settings, somebody_is_here=False):
    """`queue.tend` for a page: where nothing can be written, it says so, and what is there is shown."""
    try:
        queue.tend(db, settings, somebody_is_here)
    except sqlite3.Error as error:
        if sqlite_errors.is_damage(error):
            raise  # there is nothing to show
        st.warning(escaped(sqlite_errors.sentence(error)))
    except OSError as error:
        st.warning(escaped(f"No run can be started now ({error.strerror})."))
