"""Digit Lab: navigation and theme, nothing else. Run with `streamlit run app.py`."""

# Libraries look pandas up among the modules that are loaded, and so find half of it while another visitor's
# thread still imports it. Every thread comes by here first, and waits until it is whole.
import pandas  # noqa: F401
import streamlit as st

from mnist_models.ui.visitor import stop_foreign_pages

st.set_page_config(page_title="Digit Lab", layout="wide")
stop_foreign_pages()
# Streamlit leaves six rem above a page, no limit to its width, and wide cells in tables: too much for
# a phone, too wide for a projector.
st.html(
    """<style>
    .stMainBlockContainer {padding-top: 3.5rem; max-width: 75rem}
    @media (max-width: 640px) {
      .stMarkdown table {font-size: 0.8rem}
      .stMarkdown :is(td, th) {padding: 0.25rem 0.4rem}
    }
    </style>"""
)
# Not in a folder named pages, which Streamlit takes for an app of the older kind: the first visitor of a
# server, coming with the address of a page, would get that page without this script.
st.navigation(
    [
        st.Page("app_pages/draw.py", title="Draw", default=True),
        st.Page("app_pages/reconstruct.py", title="Reconstruct"),
        st.Page("app_pages/digits.py", title="Digits"),
        st.Page("app_pages/faces.py", title="Faces"),
        st.Page("app_pages/train.py", title="Train"),
        st.Page("app_pages/runs.py", title="Runs"),
    ],
    position="top",
).run()
