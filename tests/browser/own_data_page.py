"""A page with nothing but what ui.uploads offers, for its browser tests."""

import streamlit as st

from mnist_models.runs import database
from mnist_models.runs.settings import Settings
from mnist_models.ui import uploads

st.set_page_config(layout="wide")
settings = Settings.load()


def choose(name):
    st.session_state["chosen"] = name
    return True


uploads.upload(settings, on_keep=choose)
st.text(f"Chosen: {st.session_state.get('chosen')}")
with database.connect(settings) as db:
    for run in db.runs.all():
        uploads.submission_form(settings, run)
