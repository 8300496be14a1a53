"""Digit Lab: the server. Run with `streamlit run app.py` or `python app.py`, from any folder."""

from pathlib import Path

import streamlit as st
from starlette.routing import Mount

from mnist_models.serving.browser_files import ROUTE, BrowserFiles

files = BrowserFiles()
app = st.App(
    Path(__file__).parent / "pages" / "site.py",
    # Also where the app has a path prefix, `server.baseUrlPath`, which Streamlit's own routes begin with.
    routes=[Mount(f"/{ROUTE}", files), Mount(f"/{{prefix:path}}/{ROUTE}", files)],
)

if __name__ == "__main__":
    app.run()
