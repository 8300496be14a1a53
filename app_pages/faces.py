"""Dream faces: drag latent sliders and see the face follow."""

import streamlit as st

from mnist_models.components import studio

st.markdown(
    "Drag a slider and watch the face change; press a random one to start from another. "
    "**These people do not exist.**"
)
studio.show("face_gan", {})
