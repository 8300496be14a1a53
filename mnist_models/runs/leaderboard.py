"""Runs in order: a board for every kind of network and data set, the best run first."""

from dataclasses import dataclass
from datetime import datetime

from mnist_models import catalog
from mnist_models.runs import comparison, descriptions


@dataclass(frozen=True)
class Measure:
    """What runs of one kind are ranked by.

    Attributes:
        kind: of networks, for people.
        metric: of `Run.figures`.
        column: of the table.
        factor: by which the metric is multiplied for the table.
        more_is_better: whether a high value leads.
    """

    kind: str
    metric: str
    column: str
    factor: float = 1.0
    more_is_better: bool = False


_CLASSIFIERS = Measure("Classifiers", "best_val_accuracy", "validation accuracy, %", 100.0, True)
_AUTOENCODERS = Measure("Autoencoders", "val_error", "validation error")
# No figure of a training says which generator makes the better pictures, so the newest comes first.
_GENERATORS = Measure("GANs", "", "")
_NOT_RANKED = "start, newest first"


def measure(network):
    """The Measure of a network's runs."""
    if network in catalog.ADVERSARIAL:
        return _GENERATORS
    return _AUTOENCODERS if network in catalog.AUTOENCODERS else _CLASSIFIERS


def value(run):
    """The figure that a run is ranked by, as in the table's column; None while there is none."""
    by = measure(run.network)
    figure = run.figures.get(by.metric)
    return None if figure is None else by.factor * figure


def boards(runs):
    """Runs that can be compared, together.

    Args:
        runs: list of records.Run, the newest first.

    Returns:
        dict from a title such as "Classifiers, MNIST handwritten digits" to a list of Run, the best
        first; those without a figure yet come last, generators stay in their order.
    """
    found = {}
    for run in runs:
        found.setdefault((measure(run.network).kind, run.data), []).append(run)
    return {title: sorted(found[board], key=_rank) for title, board in _titles(found).items()}


def rows(db, runs):
    """A board as a table: list of dict from a column's title to a value.

    The last columns are what the runs differ in, of data and hyperparameters.
    """
    return [_row(db, run) | further for run, further in zip(runs, comparison.differences(runs), strict=True)]


def order(network):
    """What a network's runs are ordered by, a sentence for people."""
    by = measure(network)
    if not by.column:
        return (
            "Ordered by their start, the newest first: no figure of a training says which GAN makes the "
            "better pictures. Diversity only shows a collapse, near 0."
        )
    first = "highest" if by.more_is_better else "lowest"
    return f"Ordered by {by.metric.removeprefix('best_').replace('val_', 'validation ')}, the {first} first."


def merit(run):
    """What a run is ranked by, as text such as "97.20 %"; empty while there is nothing."""
    figure = value(run)
    if figure is None:
        return ""
    return f"{figure:.2f} %" if measure(run.network).more_is_better else f"{figure:.4f}"


def _titles(found):
    """dict from a title to a (kind, name of a data set); several deleted ones are numbered."""
    titles = {}
    for kind, data in found:
        title = f"{kind}, {descriptions.data_title(data)}"
        number = sum(known.startswith(title) for known in titles) + 1
        titles[title if number == 1 else f"{title} ({number})"] = kind, data
    return titles


def _rank(run):
    figure = value(run)
    if figure is None:
        return True, 0.0
    return False, -figure if measure(run.network).more_is_better else figure


def _row(db, run):
    last = db.runs.last_point(run.id)
    return {
        "run": run.name,
        **_ranked(run),
        "network": catalog.get(run.network).title if run.network in catalog.NETWORKS else run.network,
        "state": run.state,
        "epochs": round(run.epochs_done, 1),
        "training time": descriptions.duration(last.seconds) if last else "",
        "started": datetime.fromtimestamp(run.created),
    }


def _ranked(run):
    """The columns that say what a run is ranked by."""
    by = measure(run.network)
    if by.column:
        return {by.column: value(run)}
    return {"ranked by": _NOT_RANKED, "diversity": run.figures.get("diversity")}
