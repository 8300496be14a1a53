"""A page with nothing but what components.own_data offers, for its browser tests."""

import streamlit as st

from mnist_models.components import own_data
from mnist_models.runs import settings as run_settings
from mnist_models.runs import store

st.set_page_config(layout="wide")
settings = run_settings.load()


def choose(name):
    st.session_state["chosen"] = name
    return True


own_data.upload(settings, on_keep=choose)
st.text(f"Chosen: {st.session_state.get('chosen')}")
with store.connect(settings) as db:
    for run in store.all_runs(db):
        own_data.submission_form(settings, run)
