"""Dream digits and clothes: drag latent sliders and see the picture follow."""

import streamlit as st

from mnist_models import catalog
from mnist_models.components import studio

GENERATORS = {catalog.ADVERSARIAL[name].title: name for name in ("digit_gan", "tutorial_gan", "fashion_gan")}

st.markdown("Drag a slider and watch the picture change; press a random picture to start from another one.")
asked = catalog.ADVERSARIAL.get(st.query_params.get("net"))
title = st.pills(
    "Generator",
    GENERATORS,
    default=asked.title if asked and asked.title in GENERATORS else next(iter(GENERATORS)),
    required=True,
    label_visibility="collapsed",
)
studio.show(GENERATORS[title], {"net": GENERATORS[title]})
