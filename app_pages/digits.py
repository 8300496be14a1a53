"""Dream digits and clothes: drag latent sliders and see the picture follow."""

import streamlit as st

from mnist_models import cards
from mnist_models.components import studio
from mnist_models.components.choice import choose_network
from mnist_models.components.visitors import visitor
from mnist_models.runs.adopted import adopted

SHIPPED = [cards.trained(name) for name in ("digit_gan", "tutorial_gan", "fashion_gan")]

st.markdown("Drag a slider and watch the picture change; press a random picture to start from another one.")
asked = st.query_params.get("net")
generator = choose_network(
    "Generator",
    [*SHIPPED, *adopted("Digits", visitor=visitor(), asked=asked)],
    "generator",
    asked=asked,
    label_visibility="collapsed",
)
studio.show(generator, {"net": generator.key})
