"""What to train, on what and how: a form whose whole content is in the page's address."""

import streamlit as st

from mnist_models import catalog
from mnist_models.runs import configuration as configurations
from mnist_models.runs import descriptions
from mnist_models.ui.text.markdown import escaped

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
    begun = _begin(settings)
    network = st.selectbox(
        "Network",
        list(configurations.NETWORKS),
        key=_seeded("network", begun.network),
        format_func=lambda name: catalog.get(name).title,
    )
    chosen = _before(network)
    st.caption(catalog.get(network).summary)
    choices = configurations.data_choices(network)
    st.selectbox(
        "Data", choices, key=_seeded(f"data of {network}", chosen.data), format_func=descriptions.data_title
    )
    known = configurations.hyperparameters(network)
    basic = [one for one in known if one.name in BASIC]
    further = [one for one in known if one.name not in BASIC]
    with st.container(horizontal=True):
        _ask(network, basic, chosen.recipe)
    with st.expander("More hyperparameters"), st.container(horizontal=True):
        _ask(network, further, chosen.recipe)
    configuration, problems = chosen_now(settings)
    state[_CHOSEN] = configuration
    return configuration, problems


def chosen_now(settings):
    """What the form shows at this moment. For callbacks, which come before the page is drawn anew: what was
    typed last is not yet in anything that the page was drawn with.

    Returns:
        As `training_form`.
    """
    network = state[_key("network")]
    before = _before(network)
    data = state.get(_key(f"data of {network}"), before.data)
    values, problems = {}, []
    for known in configurations.hyperparameters(network):
        shown = state.get(_key(f"{known.name} of {network}"))
        try:
            values[known.name] = getattr(before.recipe, known.name) if shown is None else _read(known, shown)
        except ValueError:
            problems.append(f"{known.title} must be {known.expected}.")
    configuration = configurations.Configuration(network, data, before.recipe).with_recipe(**values)
    problems += configurations.mistakes(configuration, settings.most_epochs)
    return configuration, problems


def choose_data(name):
    """Let the form show another data set; False where its network cannot be trained on it. For callbacks."""
    network = state[_CHOSEN].network
    can_be_chosen = name in configurations.data_choices(network)
    if can_be_chosen:
        state[_key(f"data of {network}")] = name
    return can_be_chosen


def _begin(settings):
    """What the form shows: as it was left, or as the address says when the page is opened."""
    if _CHOSEN not in state:
        state[_CHOSEN], problems = configurations.from_query(
            st.query_params, most_epochs=settings.most_epochs
        )
        for problem in problems:
            st.warning(f"{escaped(problem)} The preset's is shown instead.")
        for sentence in configurations.said_twice(_all_of_address(), state[_CHOSEN].network):
            st.warning(escaped(sentence))
    return state[_CHOSEN]


def address_is(parameters):
    """Whether the page's address holds these parameters, dict of str, each once and no others."""
    return _all_of_address() == {name: [value] for name, value in parameters.items()}


def _all_of_address():
    """Every value of every parameter: dict of list of str."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _before(network):
    """What a network's part of the form begins with."""
    begun = state[_CHOSEN]
    return begun if begun.network == network else configurations.default(network)


def _ask(network, hyperparameters, recipe):
    for known in hyperparameters:
        shown = _for_widget(known, getattr(recipe, known.name))
        _widget(known, _seeded(f"{known.name} of {network}", shown))


def _seeded(name, value):
    """The key of a widget that begins with a value."""
    state.setdefault(_key(name), value)
    return _key(name)


def _key(name):
    return f"training form, {name}"


def _for_widget(known, value):
    if known.kind == "widths":
        return ", ".join(map(str, value))
    return float(value) if known.kind in ("whole", "number") else value


def _read(known, shown):
    """What a widget shows as the recipe holds it.

    Raises:
        ValueError: when what was typed is nothing of the kind.
    """
    if known.kind == "widths":
        return known.parse(shown)
    # Fractions stay as they are, for the sentence that refuses them.
    return int(shown) if known.kind == "whole" and float(shown).is_integer() else shown


def _widget(known, key):
    """Show the widget of a hyperparameter.

    Numbers have no limits of the widget's own, which would go on giving the last number within them while
    the field shows another: `configuration.mistakes` refuses them in words. They are floats all, since
    fields for whole numbers have limits of their own (2⁵³) and cut fractions off.
    """
    width = 150
    if known.kind == "switch":
        st.toggle(known.title, key=key, help=known.meaning, width=width)
    elif known.kind == "choice":
        st.selectbox(known.title, known.choices, key=key, help=known.meaning, width=width)
    elif known.kind == "widths":
        st.text_input(known.title, key=key, help=known.meaning, placeholder="256, 128")
    else:
        label = f"{known.title} (0: all)" if known.name == "images" else known.title
        step = float(known.step)
        st.number_input(label, step=step, format="%g", key=key, help=known.meaning, width=width)
