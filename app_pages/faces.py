"""Dream faces: drag latent sliders and see the face follow."""

import streamlit as st

from mnist_models import cards
from mnist_models.components import studio
from mnist_models.components.choice import choose_network
from mnist_models.components.visitors import visitor
from mnist_models.runs.adopted import adopted

st.markdown(
    "Drag a slider and watch the face change; press a random one to start from another. "
    "**These people do not exist.**"
)
asked = st.query_params.get("net")
generator = choose_network(
    "Generator",
    [cards.trained("face_gan"), *adopted("Faces", visitor=visitor(), asked=asked)],
    "face generator",
    asked=asked,
    label_visibility="collapsed",
)
studio.show(generator, {} if generator.is_shipped else {"net": generator.key})
