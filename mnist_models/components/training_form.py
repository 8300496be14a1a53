"""What to train, on what and how: a form whose whole content is in the page's address."""

from dataclasses import replace

import streamlit as st

from mnist_models import catalog
from mnist_models.markdown import escaped
from mnist_models.runs import configuration as configurations
from mnist_models.runs import texts

# What most people change; everything else is folded away.
BASIC = (
    "hidden",
    "latent_dim",
    "epochs",
    "images",
    "batch_size",
    "learning_rate",
    "generator_learning_rate",
    "discriminator_learning_rate",
    "dropout",
)
_CHOSEN = "configuration to train"  # survives a visit to another page, as the widgets' own state does not

state = st.session_state


def training_form(settings):
    """Let somebody choose a configuration.

    Args:
        settings: runs.settings.Settings.

    Returns:
        (configuration.Configuration, list of sentences): the latter say what is wrong with it.
    """
    begun = _begin()
    network = st.selectbox(
        "Network",
        list(configurations.NETWORKS),
        key=_seeded("network", begun.network),
        format_func=lambda name: catalog.get(name).title,
    )
    chosen = begun if begun.network == network else configurations.default(network)
    st.caption(catalog.get(network).summary)
    choices = configurations.data_choices(network)
    data = st.selectbox(
        "Data", choices, key=_seeded(f"data of {network}", chosen.data), format_func=texts.data_title
    )
    values, problems = {}, []
    known = configurations.hyperparameters(network)
    basic = [one for one in known if one.name in BASIC]
    further = [one for one in known if one.name not in BASIC]
    with st.container(horizontal=True):
        _ask(network, basic, chosen.recipe, values, problems)
    with st.expander("More hyperparameters"), st.container(horizontal=True):
        _ask(network, further, chosen.recipe, values, problems)
    configuration = configurations.Configuration(network, data, replace(chosen.recipe, **values))
    state[_CHOSEN] = configuration
    problems += configurations.mistakes(configuration, settings.most_epochs)
    return configuration, problems


def choose_data(name):
    """Let the form show another data set, if its network can be trained on it. For callbacks."""
    network = state[_CHOSEN].network
    if name in configurations.data_choices(network):
        state[_key(f"data of {network}")] = name


def _begin():
    """What the form shows: as it was left, or as the address says when the page is opened."""
    if _CHOSEN not in state:
        state[_CHOSEN], problems = configurations.from_query(st.query_params)
        for problem in problems:
            st.warning(f"{escaped(problem)} The preset's is shown instead.")
    return state[_CHOSEN]


def _ask(network, hyperparameters, recipe, values, problems):
    for known in hyperparameters:
        key = _seeded(f"{known.name} of {network}", _for_widget(known, getattr(recipe, known.name)))
        try:
            values[known.name] = _widget(known, key)
        except ValueError:
            problems.append(f"{known.title} must be whole numbers with commas between them.")


def _seeded(name, value):
    """The key of a widget that begins with a value."""
    state.setdefault(_key(name), value)
    return _key(name)


def _key(name):
    return f"training form, {name}"


def _for_widget(known, value):
    if known.kind == "widths":
        return ", ".join(map(str, value))
    return float(value) if known.kind == "number" else value


def _widget(known, key):
    """The widget of a hyperparameter; the value as the recipe holds it.

    Raises:
        ValueError: when what was typed is nothing of the kind.
    """
    width = 150
    if known.kind == "switch":
        return st.toggle(known.title, key=key, help=known.meaning, width=width)
    if known.kind == "choice":
        return st.selectbox(known.title, known.choices, key=key, help=known.meaning, width=width)
    if known.kind == "widths":
        text = st.text_input(known.title, key=key, help=known.meaning, placeholder="256, 128")
        return tuple(int(part) for part in text.split(",") if part.strip())
    bounds = (known.lowest, known.highest, known.step)
    if known.kind == "number":
        lowest, highest, step = map(float, bounds)
        return st.number_input(
            known.title, lowest, highest, step=step, format="%g", key=key, help=known.meaning, width=width
        )
    lowest, highest, step = map(int, bounds)
    return st.number_input(known.title, lowest, highest, step=step, key=key, help=known.meaning, width=width)
