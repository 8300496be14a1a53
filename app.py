"""Digit Lab: the server. Run with `streamlit run app.py` or `python app.py`, from any folder."""

from pathlib import Path

import streamlit as st

app = st.App(Path(__file__).parent / "pages" / "site.py")

if __name__ == "__main__":
    app.run()
