"""Dream faces: drag latent sliders and see the face follow."""

import streamlit as st

from mnist_models import weights
from mnist_models.runs.shared_networks import adopted
from mnist_models.ui import generator_page
from mnist_models.ui.network_picker import choose_network
from mnist_models.ui.visitor import visitor

st.markdown(
    "Drag a slider and watch the face change; press a random one to start from another. "
    "**These people do not exist.**"
)
asked = st.query_params.get("net")
generator = choose_network(
    "Generator",
    [weights.trained("face_gan"), *adopted("Faces", visitor=visitor(), asked=asked)],
    "face generator",
    asked=asked,
    label_visibility="collapsed",
)
generator_page.show(generator, {} if generator.is_shipped else {"net": generator.key})
