"""The pictures of a training, an epoch at a time, on a slider."""

import streamlit as st

from mnist_models import weights
from mnist_models.images import encoding
from mnist_models.serving import sessions, training_film
from mnist_models.ui.text import generators
from mnist_models.ui.text.markdown import escaped


@st.fragment
def film_player(network):
    """Show how a generator's pictures came about, folded away until someone asks.

    Args:
        network: weights.Trained, a generator.
    """
    with st.expander("How it learned: the same latent vectors after every epoch"):
        try:
            film = training_film.read(network)
        except weights.CardError as error:
            st.info(escaped(error))
            return
        if film is None:
            st.info("No pictures were kept of this training.")
            return
        if len(film.epochs) > 1:
            epoch = st.select_slider(
                "Epoch", film.epochs, value=film.epochs[-1], key=f"epoch of {network.key}"
            )
        else:
            epoch = film.epochs[0]
        stages = generators.stages(sessions.card(network))
        with st.container(horizontal=True):
            _grid(film.frame(epoch), f"epoch {epoch}")
            if len(stages) > 1:
                for epochs, figures in stages:
                    _grid(film.frame(epochs), f"epoch {epochs}: {figures}")
        st.download_button(
            "Save GIF",
            lambda: training_film.as_gif(film),
            f"{network.name}_training.gif",
            "image/gif",
            on_click="ignore",
        )


def _grid(frame, caption):
    side = frame.shape[1]
    st.html(
        f'<figure style="margin: 0; width: {2 * side}px; max-width: 100%">'
        f'<img src="{encoding.png_address(frame)}" width="{2 * side}" '
        f'alt="Sixteen pictures, {caption}" '
        f'style="image-rendering: pixelated; max-width: 100%; display: block">'
        f"<figcaption><small>{caption}</small></figcaption></figure>",
        width=2 * side,
    )
