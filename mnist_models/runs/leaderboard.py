"""Runs in order: a board for every kind of network and data set, the best run first."""

from dataclasses import dataclass
from datetime import datetime

from mnist_models import catalog
from mnist_models.runs import store, texts


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
# No figure of a training says which generator makes the better pictures.
_GENERATORS = Measure("GANs", "", "")


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
        runs: list of store.Run, the newest first.

    Returns:
        dict from a title such as "Classifiers, MNIST handwritten digits" to a list of Run, the best
        first; those without a figure yet come last, generators stay in their order.
    """
    found = {}
    for run in runs:
        found.setdefault(f"{measure(run.network).kind}, {texts.data_title(run.data)}", []).append(run)
    return {title: sorted(found[title], key=_rank) for title in found}


def rows(db, runs):
    """A board as a table: list of dict from a column's title to a value."""
    return [_row(db, run) for run in runs]


def merit(run):
    """What a run is ranked by, as text such as "97.20 %"; empty while there is nothing."""
    figure = value(run)
    if figure is None:
        return ""
    return f"{figure:.2f} %" if measure(run.network).more_is_better else f"{figure:.4f}"


def _rank(run):
    figure = value(run)
    if figure is None:
        return True, 0.0
    return False, -figure if measure(run.network).more_is_better else figure


def _row(db, run):
    by = measure(run.network)
    last = store.last_point(db, run.id)
    return {
        "run": run.name,
        **({by.column: value(run)} if by.column else {}),
        "network": catalog.get(run.network).title if run.network in catalog.NETWORKS else run.network,
        "state": run.state,
        "epochs": round(run.epochs_done, 1),
        "training time": texts.duration(last.seconds) if last else "",
        "started": datetime.fromtimestamp(run.created),
    }
