"""Networks of runs that somebody has put to use: the pages offer them beside the shipped ones."""

import sqlite3
import time
from collections import Counter
from contextlib import closing

from mnist_models import cards, catalog, datasets, inference
from mnist_models.runs import settings as run_settings
from mnist_models.runs import store

MOST = 30  # at a time: every one is a row on its page, and runs at every stroke
_DIGITS = ("mnist", datasets.SAMPLE)
_QUERY = (
    "SELECT runs.id, runs.name, runs.network FROM used_networks JOIN runs ON runs.id = used_networks.run"
    " WHERE used_networks.page = ? ORDER BY used_networks.since, runs.id"
)
_WAIT = 1.0  # seconds for another process that has locked the database, rather than a page that hangs


class NotUsable(ValueError):
    """A run's network cannot be put to use. The message says why."""


def page_of(network, data, classes=()):
    """The page on which a network can be used.

    Args:
        network: name of the catalog.
        data: name of the data set it was trained on.
        classes: names of its classes, for data of one's own.

    Returns:
        "Draw", "Reconstruct", "Digits" or "Faces"; None when no page has a use for it.
    """
    row = catalog.NETWORKS.get(network)
    if isinstance(row, catalog.AdversarialNetwork):
        return "Faces" if row.data == "faces" else "Digits"
    if data not in _DIGITS and tuple(classes) != datasets.DIGITS:
        return None  # the others show it digits that people draw
    if isinstance(row, catalog.Autoencoder):
        return "Reconstruct"
    return "Draw" if row is not None and row.reads_digits else None


def page_of_run(settings, run):
    """The page on which a run's network can be used, as from `page_of`; None where there is none.

    Args:
        settings: settings.Settings.
        run: store.Run; of data of one's own its classes are known once it has written a network.
    """
    if run.network not in catalog.NETWORKS:
        return None
    try:
        card = inference.card(_trained(settings, run.id, run.network, run.name))
        return page_of(run.network, run.data, card["data"].get("classes", ()))
    except cards.CardError:
        return page_of(run.network, run.data)


def adopt(db, settings, run_id):
    """Offer a run's network on its page, until it is dismissed or the run deleted.

    Args:
        db: sqlite3.Connection as from `store.connect`.
        settings: settings.Settings.
        run_id: str.

    Returns:
        str, the page it is offered on, as from `page_of`.

    Raises:
        store.UnknownRun
        NotUsable: when it has no finished files, no page has a use for it, or too many are in use.
    """
    run = store.get(db, run_id)
    _check_files(run, settings.folder(run_id) / "weights")
    page = page_of_run(settings, run)
    if page is None:
        raise NotUsable(f"No page can use {run.name}: Draw and Reconstruct show digits only.")
    with store.transaction(db):
        store.get(db, run_id)  # it may have been deleted while its files were checked
        if run_id not in adopted_ids(db) and len(adopted_ids(db)) >= MOST:
            raise NotUsable(f"{MOST} networks are in use already. Take one back first.")
        db.execute(
            "INSERT OR IGNORE INTO used_networks (run, page, since) VALUES (?, ?, ?)",
            (run_id, page, time.time()),
        )
    return page


def dismiss(db, run_id):
    """Offer a run's network no longer. Nothing happens when it is not offered."""
    db.execute("DELETE FROM used_networks WHERE run = ?", (run_id,))


def adopted_ids(db):
    """Ids of the runs whose networks are offered: a set."""
    return {row["run"] for row in db.execute("SELECT run FROM used_networks")}


def adopted(page, settings=None):
    """The networks of runs that a page offers, the first one adopted first.

    For pages that need not know of runs: it never makes a database, and whatever is wrong with the
    one there is, or with its settings, the list is empty. Takes about 1 ms. The files of a run may
    vanish or be damaged at any time: see `inference.check`.

    Args:
        page: as from `page_of`.
        settings: settings.Settings; those in force when None.

    Returns:
        list of cards.Trained with keys such as "run-1f2e3d4c" and labels such as
        "mlp 7 (Feed-forward net, trained here)", no two alike.
    """
    try:
        settings = settings or run_settings.load()
        rows = [row for row in _rows(settings, page) if row["network"] in catalog.NETWORKS]
    except (run_settings.SettingsError, sqlite3.Error, OSError):
        return []
    names = Counter((row["name"], row["network"]) for row in rows)
    return [
        _trained(settings, row["id"], row["network"], row["name"], names[row["name"], row["network"]] == 1)
        for row in rows
    ]


def _rows(settings, page):
    if not settings.database.is_file():
        return []
    address = f"{settings.database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=_WAIT)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(_QUERY, (page,)).fetchall()


def _trained(settings, run_id, network, name, is_the_only_one=True):
    name = name if is_the_only_one else f"{name} · {run_id}"
    return cards.Trained(
        name=network,
        weights=settings.folder(run_id) / "weights",
        key=f"run-{run_id}",
        title=name,
        origin=f"{catalog.get(network).title}, trained here",
    )


def _check_files(run, weights):
    if not (weights / f"{run.network}.json").is_file():
        raise NotUsable(f"{run.name} has no finished network yet: let it train to its end, or stop it.")
    try:
        for file_name in cards.read(run.network, weights)["files"]:
            cards.checked_file(run.network, file_name, weights)
    except (cards.CardError, KeyError):
        raise NotUsable(
            f"The files of {run.name} are damaged, or just being written. "
            "If that stays so, resume it: it then writes them anew."
        ) from None
