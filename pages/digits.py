"""Dream digits and clothes: drag latent sliders and see the picture follow."""

import streamlit as st

from mnist_models import weights
from mnist_models.runs.shared_networks import adopted
from mnist_models.ui import generator_page
from mnist_models.ui.network_picker import choose_network
from mnist_models.ui.visitor import visitor

SHIPPED = [weights.trained(name) for name in ("digit_gan", "tutorial_gan", "fashion_gan")]

st.markdown("Drag a slider and watch the picture change; press a random picture to start from another one.")
asked = st.query_params.get("net")
generator = choose_network(
    "Generator",
    [*SHIPPED, *adopted("Digits", visitor=visitor(), asked=asked)],
    "generator",
    asked=asked,
    label_visibility="collapsed",
)
generator_page.show(generator, {"net": generator.key})
