"""The page one would write without us: `st.slider` and `model.predict`."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import streamlit as st


@st.cache_resource
def generator():
    return keras.models.load_model(os.environ["BENCHMARK_KERAS_FILE"]).get_layer("generator")


z = np.random.default_rng(0).standard_normal((1, 100)).astype("float32")
for number in range(6):
    z[0, number] = st.slider(f"Number {number + 1}", -3.0, 3.0, float(z[0, number]), step=0.01)
picture = generator().predict(z, verbose=0)[0]
st.image(np.uint8(np.rint((picture + 1) * 127.5)).squeeze(), width=448)
