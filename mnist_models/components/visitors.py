"""Who looks at this page."""

import streamlit as st

from mnist_models import visitors

_COOKIE = "_streamlit_xsrf"  # Streamlit's own, kept by the browser over reloads


def visitor():
    """The name of the browser that shows this page; without cookies it lasts as long as the page."""
    if "visitor" not in st.session_state:
        st.session_state.visitor = visitors.name(st.context.cookies.get(_COOKIE))
    return st.session_state.visitor


def may_change(settings, run):
    """Whether whoever looks at this page may stop, continue, rename and delete a run.

    Args:
        settings: runs.settings.Settings.
        run: runs.store.Run.
    """
    return settings.shared or run.visitor == visitor()
