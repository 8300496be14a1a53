"""The least that a drawing page can do: a canvas in a fragment that counts strokes."""

import streamlit as st
from streamlit_drawable_canvas import st_canvas


@st.fragment
def canvas():
    drawing = st_canvas(width=280, height=280, key="canvas", background_color="#ffffff")
    st.markdown(f"#### {len((drawing.json_data or {}).get('objects', []))} strokes")


canvas()
