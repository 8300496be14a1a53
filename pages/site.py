"""Digit Lab: navigation and theme, nothing else. `app.py` serves it."""

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
      .stHorizontalBlock {row-gap: 0.5rem}
      .stHeading h3 {padding-top: 0}
      .stDataFrame {margin-top: 2rem}
      .stMarkdown table {font-size: 0.8rem}
      .stMarkdown :is(td, th) {padding: 0.25rem 0.4rem}
    }
    </style>"""
)
st.navigation(
    [
        st.Page("draw.py", title="Draw", default=True),
        st.Page("reconstruct.py", title="Reconstruct"),
        st.Page("digits.py", title="Digits"),
        st.Page("faces.py", title="Faces"),
        st.Page("train.py", title="Train"),
        st.Page("runs.py", title="Runs"),
    ],
    position="top",
).run()
