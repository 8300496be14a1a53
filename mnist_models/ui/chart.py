"""A Plotly figure on a page."""

import streamlit as st


def chart(figure, key):
    """Show a figure, without a toolbar.

    Args:
        figure: dict, as from `mnist_models.ui.charts`, with at least one trace.
        key: str, of its place: the next figure with it changes this one instead of replacing it.
    """
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key)
