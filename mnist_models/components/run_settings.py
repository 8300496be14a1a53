"""The settings of runs, for pages."""

import streamlit as st

from mnist_models.runs import settings as run_settings


def settings_or_stop():
    """The Settings; where they cannot be read, the page says why and ends here."""
    try:
        return run_settings.load()
    except run_settings.SettingsError as problem:
        st.error(str(problem))
        st.stop()
