"""Choosing among shipped networks and those of runs, which may vanish at any time."""

from contextlib import contextmanager

import streamlit as st

from mnist_models import weights
from mnist_models.errors import DigitLabError
from mnist_models.runs import nicknames
from mnist_models.serving import sessions
from mnist_models.ui.text.markdown import escaped

state = st.session_state


def choose_network(label, networks, key, asked=None, label_visibility="visible"):
    """Pills to choose a network with; a caption says so when the one chosen before is gone.

    Nothing is shown while there is only one to choose from, unless another one is gone.

    Args:
        label: str.
        networks: list of weights.Trained, the first one shipped; it stands in for those that are gone.
        key: str, of the pills.
        asked: key of the network to begin with, from an address; when None, the one chosen last, or the
            first.
        label_visibility: as in Streamlit.

    Returns:
        weights.Trained whose files are there and whole, unless it is a shipped one.
    """
    options, gone = {network.key: network for network in networks}, f"{key}: what is gone"
    begun = _begins_with(key, networks[0].key, asked)
    if state.get(key, begun) not in options:
        state[gone] = True
    if len(options) > 1:
        chosen = st.pills(
            label,
            options,
            default=begun if begun in options else networks[0].key,
            format_func=lambda name: _shown(options[name]),
            key=key,
            required=True,
            wrap=True,
            label_visibility=label_visibility,
            on_change=state.pop,
            args=(gone, None),
        )
    else:
        chosen = networks[0].key
    title = escaped(networks[0].title)
    if state.get(gone):
        st.caption(
            f"The network that was chosen here is no longer in use, or not shared. {title} takes its place."
        )
    return _whole(options[chosen], networks[0])


def _begins_with(key, first, asked=None):
    """What a widget begins with: what it showed last in this session, wherever the visitor was since.

    It stays the same while the widget is shown: another default would make another widget of it.

    Args:
        key: str, of the widget.
        first: what it begins with at first.
        asked: what it is to begin with whatever it showed last; None for that.
    """
    last, begun = f"{key}: shown last", f"{key}: begun with"
    if key in state:
        state[last] = state[key]
    if key not in state or begun not in state:
        state[begun] = state.get(last, first) if asked is None else asked
    return state[begun]


def _shown(network):
    """A network's label as Markdown; those of others with a dot in their owner's colour."""
    colour = network.owner.split(" ")[0].lower()
    dot = f":{colour}[●] " if colour in nicknames.COLOURS else ""
    return dot + escaped(network.label)


def start_anew_without(network):
    """Within a fragment: run the page anew when a run's network has vanished, so that it chooses another.

    Args:
        network: weights.Trained, as from `choose_network`.
    """
    if network.is_shipped:
        return
    try:
        sessions.check(network)
    except weights.CardError:
        st.rerun()


@contextmanager
def said_instead():
    """A sentence takes the place of a part of a page that cannot be shown, as when files are missing.

    A context manager, or a decorator of a function that shows the part.
    """
    try:
        yield
    except DigitLabError as problem:
        st.info(escaped(problem))


def _whole(network, instead):
    if network.is_shipped:
        return network
    try:
        sessions.check(network)
    except weights.CardError:
        st.caption(
            f"The files of {escaped(network.title)} are missing, damaged or just being written. "
            f"{escaped(instead.title)} takes its place."
        )
        return instead
    return network
