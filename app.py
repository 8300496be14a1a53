"""Digit Lab: navigation and theme, nothing else. Run with `streamlit run app.py`."""

import streamlit as st

st.set_page_config(page_title="Digit Lab", layout="wide")
# Streamlit leaves six rem above a page and no limit to its width; a phone needs the first, a
# projector the second.
st.html("<style>.stMainBlockContainer {padding-top: 3.5rem; max-width: 75rem}</style>")
st.navigation([st.Page("pages/draw.py", title="Draw", default=True)]).run()
