"""Who is here: the same name for everything that one browser starts."""

import hashlib
import secrets

import streamlit as st

_COOKIE = "_streamlit_xsrf"  # Streamlit's own, kept by the browser over reloads


def visitor():
    """A name for the browser that shows this page; it says nothing of the person.

    Returns:
        str. Without cookies it lasts as long as the page.
    """
    if "visitor" not in st.session_state:
        token = st.context.cookies.get(_COOKIE) or secrets.token_hex(16)
        st.session_state.visitor = hashlib.sha256(token.encode()).hexdigest()[:16]
    return st.session_state.visitor
