"""All runs: who learned best, how they compare, and what to do with them."""

import streamlit as st

from mnist_models.runs import comparison, curves, database, descriptions, leaderboard
from mnist_models.ui.chart import chart
from mnist_models.ui.run_actions import run_actions, try_it
from mnist_models.ui.run_monitor import curve_chart, curve_options, settings_table
from mnist_models.ui.run_settings import connect, settings_or_stop, tend
from mnist_models.ui.text import markdown

MOST_COMPARED = 8  # lines of more could not be told apart


def ranking(db, runs):
    """The table, and what it is ordered by; returns the runs that are selected in it."""
    chosen = st.dataframe(
        leaderboard.rows(db, runs),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        # Ticks belong to places in the table: when the order changes, they are taken back.
        key=f"runs {' '.join(run.id for run in runs)}",
        column_config={
            "validation accuracy, %": st.column_config.NumberColumn(format="%.2f"),
            "validation error": st.column_config.NumberColumn(format="%.4f"),
            "diversity": st.column_config.NumberColumn(format="%.4f"),
            "started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
    )
    st.caption(leaderboard.order(runs[0].network))
    return [runs[index] for index in chosen.selection.rows if index < len(runs)][:MOST_COMPARED]


def names_of(runs):
    """Names to tell runs apart, one run's being empty; of two with the same name the id helps."""
    if len(runs) == 1:
        return [""]
    given = [run.name for run in runs]
    return [run.name if given.count(run.name) == 1 else f"{run.name} ({run.id})" for run in runs]


def overlay(db, runs):
    """The curves of several runs in the same charts."""
    smoothing, logarithmic = curve_options()
    names = names_of(runs)
    points = {name: db.runs.points(run.id) for name, run in zip(names, runs, strict=True)}
    for column, panel in zip(st.columns(2), curves.panels(runs[0].network), strict=True):
        figure = curve_chart(points, panel, smoothing, logarithmic)
        with column:
            chart(figure, panel.title)


def compared(runs):
    """A table of what the runs differ in, and nothing else."""
    names = names_of(runs)
    differing = comparison.differences(runs)
    if not differing[0]:
        st.caption("They were trained with the same hyperparameters on the same data.")
        return
    st.markdown("**What they differ in**")
    rows = [{"run": name} | values for name, values in zip(names, differing, strict=True)]
    st.dataframe(rows, hide_index=True)


def show_runs(db):
    tend(db, settings)
    everything = db.runs.all()
    damaged = db.runs.damaged()
    if damaged:
        st.warning(f"Records that are damaged and left out here: {damaged}.")
    if not everything:
        st.info("There are no runs yet. Start one on the page *Train*.")
        return
    boards = leaderboard.boards(everything)
    board = st.pills(
        "Leaderboard",
        boards,
        default=next(iter(boards)),
        required=True,
        wrap=True,
        format_func=markdown.escaped,
    )
    chosen = ranking(db, boards[board])
    if chosen:
        overlay(db, chosen)
    if len(chosen) > 1:
        compared(chosen)
    if len(chosen) == 1:
        (run,) = chosen
        st.subheader(markdown.escaped(run.name), anchor=False)
        st.markdown(markdown.escaped(descriptions.state(run)))
        if not run.is_active:
            try_it(settings, run)
        settings_table(run)
        if st.button("Open on the page Train"):
            st.session_state["shown run"] = run.id
            st.switch_page("train.py")
        if not run.is_active:
            run_actions(settings, run)


st.markdown("All runs on this server. Tick one to use or download it, two or more to compare them.")
settings = settings_or_stop()
try:
    with connect(settings) as db:
        show_runs(db)
except database.Unavailable as problem:
    st.error(markdown.escaped(problem))
