"""Train a network and watch it learn."""

from functools import partial

import streamlit as st

from mnist_models import catalog, export_script
from mnist_models.errors import DigitLabError, said
from mnist_models.networks import layer_table
from mnist_models.runs import configuration, database, descriptions, leaderboard, queue
from mnist_models.runs.records import UnknownRun
from mnist_models.runs.settings import gpus
from mnist_models.ui import uploads
from mnist_models.ui.run_actions import run_actions, try_it
from mnist_models.ui.run_monitor import load_charts, run_monitor
from mnist_models.ui.run_settings import connect, settings_or_stop, tend
from mnist_models.ui.text import markdown
from mnist_models.ui.training_form import address_is, choose_data, chosen_now, training_form
from mnist_models.ui.visitor import visitor

state = st.session_state


def press_train(settings):
    """A callback, so that the page is drawn with the new run in it.

    It trains what the form shows at the press, which may be newer than what the page was drawn with; what
    is wrong in it is said by the page.
    """
    state.pop("refusal", None)
    chosen, mistakes = chosen_now(settings)
    if mistakes:
        return
    try:
        with connect(settings) as db:
            state["shown run"] = queue.start(db, settings, chosen, visitor())
    except (DigitLabError, OSError) as refusal:
        state["refusal"] = said(refusal)


def show_run(run_id):
    state["shown run"] = run_id


def run_to_show(db):
    """The run that the address names, or that was shown last; None without one."""
    run_id = state.setdefault("shown run", st.query_params.get("run"))
    if run_id is None:
        return None
    try:
        return db.runs.get(run_id)
    except UnknownRun as problem:
        st.info(markdown.escaped(problem))
        state["shown run"] = None
        return None


def own_runs(mine, shown):
    """The visitor's newest runs, to come back to."""
    if not mine:
        return
    with st.expander("Your runs"):
        for run in mine[:6]:
            label = ", ".join(filter(None, [markdown.escaped(run.name), run.state, leaderboard.merit(run)]))
            kind = "secondary" if shown and run.id == shown.id else "tertiary"
            st.button(label, key=f"show {run.id}", type=kind, on_click=show_run, args=(run.id,))


st.markdown("Choose a network, change what you like, press *Train* and watch it learn.")
settings = settings_or_stop()
left, right = st.columns([350, 560], gap="medium")
shown, mine = None, []
with right:
    try:
        with connect(settings) as db:
            tend(db, settings, somebody_is_here=True)
            shown = run_to_show(db)
            mine = [run for run in db.runs.all() if run.visitor == visitor()]
    except database.Unavailable as problem:
        st.error(markdown.escaped(problem))
with left:
    # With a run to watch, the form is folded: on a phone the run would stand far below it.
    with st.expander("What to train", expanded=shown is None, key=f"form beside {shown and shown.id}"):
        chosen, mistakes = training_form(settings)
        if shown and not mistakes:
            network = catalog.get(chosen.network)
            with st.expander(f"{layer_table.parameters(network, chosen.recipe):,} parameters"):
                st.markdown(layer_table.table(network, chosen.recipe))
    for mistake in mistakes:
        st.warning(markdown.escaped(mistake))
    st.button(
        "Train",
        type="primary",
        width="stretch",
        disabled=bool(mistakes),
        on_click=press_train,
        args=(settings,),
    )
    if "refusal" in state:
        st.error(markdown.escaped(state["refusal"]))
    st.caption(descriptions.hardware(gpus()))
    uploads.upload(settings, choose_data)
    if not mistakes:
        st.download_button(
            "Export code",
            partial(export_script.script, chosen),  # written when it is asked for
            f"train_{chosen.network}.py",
            help="A short script that trains the same network in plain Keras.",
            on_click="ignore",
        )
    own_runs(mine, shown)
address = configuration.to_query(chosen) | ({"run": shown.id} if shown else {})
if not address_is(address):
    st.query_params.from_dict(address)
with right:
    if shown:
        if not shown.is_active:
            try_it(settings, shown)
        run_monitor(shown.id)
        if not shown.is_active:
            run_actions(settings, shown)
    elif not mistakes:
        network = catalog.get(chosen.network)
        st.subheader(network.title, anchor=False)
        st.markdown(layer_table.table(network, chosen.recipe))
        load_charts()
