"""The least that Streamlit can do: a button that counts."""

import streamlit as st

count = st.session_state.get("count", 0) + st.button("Press")
st.session_state.count = count
st.markdown(f"#### {count} presses")
