"""A run as it trains: where it stands, its curves, its pictures, and what can be asked of it."""

import contextlib
import secrets
from functools import partial

import streamlit as st

from mnist_models import catalog
from mnist_models.errors import DigitLabError, without_folders
from mnist_models.runs import curves, database, descriptions, disk, queue
from mnist_models.runs.comparison import settings_of
from mnist_models.runs.records import UnknownRun
from mnist_models.runs.settings import Settings
from mnist_models.ui import charts, polling
from mnist_models.ui.chart import chart
from mnist_models.ui.run_settings import connect, tend
from mnist_models.ui.text import comparison, markdown
from mnist_models.ui.visitor import changing, may_change

COLOURS = {
    "loss": charts.TRAINING,
    "accuracy": charts.TRAINING,
    "error": charts.TRAINING,
    "val_loss": charts.VALIDATION,
    "val_accuracy": charts.VALIDATION,
    "val_error": charts.VALIDATION,
    "generator_loss": charts.GENERATOR,
    "discriminator_loss": charts.DISCRIMINATOR,
    "d_real": charts.REAL,
    "d_generated": charts.GENERATED,
}
_WATCHER = "who watches"

state = st.session_state


def run_monitor(run_id):
    """Show a run, several times a second while it is active; more seldom while many watch.

    Args:
        run_id: of a run that is there.

    Raises:
        records.UnknownRun: when there is no such run.
    """
    settings = Settings.load()
    try:
        with connect(settings) as db:
            active = db.runs.get(run_id).is_active
    except database.Unavailable as problem:
        st.error(markdown.escaped(problem))
        return
    every = _seconds_between_looks() if active else None
    # The first look of a page is part of the page; the next ones come by themselves.
    st.fragment(_look, run_every=every)(settings, run_id, every)


@st.cache_resource
def _watchers():
    return polling.Watchers()


def _seconds_between_looks():
    return _watchers().looked(state.setdefault(_WATCHER, secrets.token_hex(8)))


def _look(settings, run_id, every):
    try:
        with connect(settings) as db:
            tend(db, settings, somebody_is_here=True)
            run = db.runs.get(run_id)
            points = _followed(f"points of {run_id}", partial(db.runs.points, run_id))
            place = queue.place(db, run_id) if run.state == "waiting" else None
            confusions = _followed(f"confusions of {run_id}", partial(db.runs.confusions, run_id))
    except UnknownRun:
        st.rerun()  # it was deleted meanwhile; the page says so
    except database.Unavailable as problem:
        st.error(markdown.escaped(problem))  # it is looked at again soon
        return
    if every and not run.is_active:
        st.rerun()  # it has ended: nothing moves any more, and other things can be asked of it
    if every and polling.differs(_seconds_between_looks(), every):
        st.rerun()
    _head(settings, run, place)
    smoothing, logarithmic = curve_options()
    left, right = st.columns(2)
    for column, panel in zip((left, right), curves.panels(run.network), strict=True):
        with column, st.container(height=charts.HEIGHT, border=False):
            figure = curve_chart({"": points}, panel, smoothing, logarithmic, run.epochs)
            chart(figure, f"{panel.title} of {run_id}")
    if run.network in catalog.CLASSIFIERS:
        _confusion(run, confusions)
    else:
        _pictures(settings.folder(run_id) / "pictures", run)


def settings_table(run):
    """What a run was trained with, and what of it differs from its network's preset; folded."""
    settings = settings_of(run)
    if not settings:
        return
    title = f"Data and hyperparameters: {comparison.summary(settings)}"
    with st.expander(title, key=f"settings of {run.id}"):
        st.markdown(comparison.table(settings))


def load_charts():
    """Let the browser load what draws charts, a large script, while somebody still chooses what to train.

    So the first point of a run is seen sooner after *Train* is pressed.
    """
    with st.container(height=1, border=False):
        chart(charts.curves([charts.Line("", charts.TRAINING, (), ())], ""), "nothing yet")


def curve_options():
    """Ask how curves are to be shown: (smoothing, whether the loss is logarithmic)."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        smoothing = st.slider("Smoothing", 0.0, 0.98, 0.0, 0.02, width=250)
        return smoothing, st.toggle("Logarithmic loss")


def curve_chart(points_of_runs, panel, smoothing, logarithmic, most_epochs=None):
    """A panel of one run or of several, one over the other.

    Args:
        points_of_runs: dict from a run's name (empty for a single one) to its list of records.Point.
        panel: runs.curves.Panel.
        smoothing, logarithmic: of the curves.
        most_epochs: right end of the horizontal axis, or None.

    Returns:
        dict, a Plotly figure. Several runs differ in colour, and their metrics in dashes.
    """
    lines = []
    for index, (name, points) in enumerate(points_of_runs.items()):
        for number, curve in enumerate(curves.curves(points, panel, smoothing)):
            title = panel.metrics[curve.metric]
            colour = charts.CLASS_COLOURS[index % 10] if name else COLOURS[curve.metric]
            label = f"{markdown.in_chart(name)}, {title}" if name else title
            lines.append(charts.Line(label, colour, curve.epochs, curve.values, bool(name) and number == 0))
    return charts.curves(lines, panel.title, panel.is_share, logarithmic, most_epochs)


def _followed(key, read):
    """All that a run has measured so far; only what is new is read.

    Args:
        key: str, of the session's state.
        read: function of a row that gives what was written after it, things with a `row` and a `step`.

    Returns:
        list, the oldest first.
    """
    known = state.get(key, [])
    new = read(known[-1].row if known else 0)
    if known and new and new[0].step < known[-1].step:
        # It went on from a checkpoint, and what had come after that was taken back.
        known, new = [], read(0)
    state[key] = known + new
    return state[key]


def _head(settings, run, place):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(markdown.escaped(run.name), anchor=False)
        if run.state == "running":
            for name, action in (("Pause", _pause), ("Stop", _stop)):
                st.button(
                    name,
                    on_click=action,
                    args=(settings, run.id),
                    disabled=bool(run.command) or not may_change(settings, run),
                )
        elif run.state == "waiting" and may_change(settings, run):
            st.button("Take back", on_click=_stop, args=(settings, run.id))
    st.progress(min(1.0, run.epochs_done / run.epochs), descriptions.progress(run))
    sentence = markdown.escaped(descriptions.state(run, place))
    if run.state in ("failed", "interrupted"):
        st.error(sentence)
        with st.expander("The last lines of its log"):
            st.code(without_folders(disk.log_tail(settings, run.id)) or "It is empty.", language=None)
    else:
        st.markdown(" ".join(filter(None, [sentence, _sentence(descriptions.figures(run))])))
    for note in run.notes:
        st.caption(markdown.escaped(note))
    st.caption(markdown.escaped(f"{descriptions.data_title(run.data)}. {run.device and f'On {run.device}.'}"))
    settings_table(run)


def _sentence(text):
    return text and f"{text[0].upper()}{text[1:]}."


def _pause(settings, run_id):
    _ask(settings, queue.pause, run_id)


def _stop(settings, run_id):
    _ask(settings, queue.stop, run_id)


def _ask(settings, request, run_id):
    # It may have ended by itself in the meantime; the page shows that. Nobody is shown others' buttons.
    with contextlib.suppress(DigitLabError), changing(settings, run_id) as db:
        request(db, run_id)


def _confusion(run, confusions):
    st.markdown("**Validation images: what they are, and what they were read as**")
    with st.container(height=charts.CONFUSION_HEIGHT + 80, border=False):
        if not confusions:
            st.caption("The first table comes with the end of the first epoch.")
            return
        shown = _step_back(run, [f"{c.epoch:.1f}" for c in confusions], "epoch")
        names = [markdown.in_chart(name) for name in descriptions.class_names(run.data)]
        matrix = [row[: len(names)] for row in confusions[shown].matrix[: len(names)]]
        chart(charts.confusion(matrix, names), f"confusion of {run.id}")
    lost = sum(sum(row[len(names) :]) for row in confusions[shown].matrix)
    if lost:
        st.caption(descriptions.read_as_none(lost))


def _pictures(folder, run):
    files = sorted(folder.glob("*.png"))
    kind = "The same latent vectors" if run.network in catalog.ADVERSARIAL else "The same validation images"
    st.markdown(f"**{kind} again and again**")
    with st.container(height=charts.CONFUSION_HEIGHT + 240, border=False):
        if not files:
            st.caption("The first pictures come within ten seconds.")
            return
        shown = _step_back(run, [str(int(file.name[:9])) for file in files], "step")
        try:
            picture = files[shown].read_bytes()
        except FileNotFoundError:  # of pictures between epochs, the training keeps ever fewer
            st.caption("This picture has just been dropped. Choose another.")
            return
        st.image(picture, width=512)


def _step_back(run, moments, unit):
    """Index of the moment to show: the newest, or one that was chosen."""
    if len(moments) > 1 and st.toggle("Look back", key=f"look back at {run.id}"):
        key = f"moment of {run.id}"
        if state.get(key) not in moments:
            state.pop(key, None)
        chosen = st.select_slider(f"After {unit}", moments, key=key)
        return moments.index(chosen)
    st.caption(f"After {unit} {moments[-1]}")
    return len(moments) - 1
