"""Networks of runs: the pages offer a visitor's own and those that others share, beside the shipped ones."""

import itertools
import sqlite3
import time
from collections import Counter
from contextlib import closing

from mnist_models import catalog
from mnist_models import weights as cards
from mnist_models.data import datasets
from mnist_models.runs import database, nicknames, uploads
from mnist_models.runs import settings as run_settings
from mnist_models.serving import classifier, sessions

MOST = 30  # shared at a time: every one is a row on its page, and runs at every stroke
MOST_OWN = 10  # the newest ones
_LOOKED_AT = 100  # runs among which the newest ones of a page are looked for
YOURS = "Yours"
_NEEDED = {"files", "data", "parameters"}  # in a card
_DIGITS = ("mnist", datasets.SAMPLE)
_COLUMNS = "SELECT runs.id, runs.name, runs.network, runs.data, runs.visitor, colour, animal"
_NAMED = " LEFT JOIN nicknames ON nicknames.visitor = runs.visitor"
_SHARED = (
    f"{_COLUMNS} FROM used_networks JOIN runs ON runs.id = used_networks.run{_NAMED}"
    " WHERE used_networks.page = ? ORDER BY used_networks.since, runs.id"
)
_OWN = (
    f"{_COLUMNS} FROM runs{_NAMED} WHERE runs.visitor = :visitor OR :all"
    f" ORDER BY runs.id = :asked DESC, runs.created DESC LIMIT {_LOOKED_AT}"
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
    if row is None:
        return None
    if row.kind == "gan":
        return "Faces" if row.data[0] == "faces" else "Digits"
    # Whoever brings pictures along can draw such ones; our other data sets nobody draws.
    is_drawn = data in _DIGITS or uploads.is_own(data) or tuple(classes) == datasets.DIGITS
    if not is_drawn:
        return None
    if row.kind == "autoencoder":
        return "Reconstruct"
    return "Draw" if row.reads_digits or uploads.is_own(data) else None


def page_of_run(settings, run):
    """The page on which a run's network can be used, as from `page_of`; None where there is none.

    Args:
        settings: settings.Settings.
        run: database.Run; of data of one's own its classes are known once it has written a network.
    """
    if run.network not in catalog.NETWORKS:
        return None
    try:
        classes = classifier.classes(_trained(settings, run.id, run.network, run.name))
    except cards.CardError:
        return page_of(run.network, run.data)
    return page_of(run.network, run.data, classes)


def can_be_tried(settings, run):
    """Whether a run has written a network that a page can show."""
    if page_of_run(settings, run) is None:
        return False
    return _trained(settings, run.id, run.network, run.name).version() is not None


def key_of(run_id):
    """A run's network as pages' addresses name it."""
    return f"run-{run_id}"


def adopt(db, settings, run_id):
    """Share a run's network: everybody is offered it on its page, until it is dismissed or the run deleted.

    Args:
        db: sqlite3.Connection as from `database.connect`.
        settings: settings.Settings.
        run_id: str.

    Returns:
        str, the page it is offered on, as from `page_of`.

    Raises:
        database.UnknownRun
        NotUsable: when it has no finished files, no page has a use for it, or too many are in use.
    """
    run = database.get(db, run_id)
    _check_files(run, settings.folder(run_id) / "weights")
    page = page_of_run(settings, run)
    if page is None:
        raise NotUsable(
            f"No page can use {run.name}: Draw and Reconstruct show digits only, and what people bring along."
        )
    with database.transaction(db):
        database.get(db, run_id)  # it may have been deleted while its files were checked
        if run_id not in adopted_ids(db) and len(adopted_ids(db)) >= MOST:
            raise NotUsable(f"{MOST} networks are in use already. Stop sharing one of them first.")
        db.execute(
            "INSERT OR IGNORE INTO used_networks (run, page, since) VALUES (?, ?, ?)",
            (run_id, page, time.time()),
        )
        nicknames.keep(db, run.visitor)
    return page


def dismiss(db, run_id):
    """Share a run's network no longer. Nothing happens when it is not shared."""
    db.execute("DELETE FROM used_networks WHERE run = ?", (run_id,))


def adopted_ids(db):
    """Ids of the runs whose networks are shared: a set."""
    return {row["run"] for row in db.execute("SELECT run FROM used_networks")}


def adopted(page, settings=None, visitor=None, asked=None):
    """The networks of runs that a page offers: the visitor's own, the newest first, then shared ones.

    For pages that need not know of runs: it never makes a database, and whatever is wrong with the
    one there is, or with its settings, the list is empty. Takes 1 to 2 ms. The files of a run may
    vanish or be damaged at any time: see `sessions.check`.

    Args:
        page: as from `page_of`.
        settings: settings.Settings; those in force when None.
        visitor: str, who looks at the page; None for shared ones only, without their owners.
        asked: key of a network that is wanted, which is offered even when many own ones are newer.

    Returns:
        list of weights.Trained with keys such as "run-1f2e3d4c" and labels such as "Feed-forward net 7
        (trained here)", with a visitor after "Yours: " or "Green otter: ", no two alike.
    """
    try:
        settings = settings or run_settings.load()
        if not settings.database.is_file():
            return []
        with closing(_opened(settings)) as db:
            own = _own(db, settings, page, visitor, asked)
            seen = {row["id"] for row in own}
            rows = own + [row for row in db.execute(_SHARED, (page,)) if row["id"] not in seen]
    except (run_settings.SettingsError, sqlite3.Error, OSError):
        return []
    named = [(row, _owner(row, visitor)) for row in rows if row["network"] in catalog.NETWORKS]
    count = Counter((owner, row["name"], row["network"]) for row, owner in named)
    return [
        _trained(
            settings,
            row["id"],
            row["network"],
            row["name"],
            count[owner, row["name"], row["network"]] == 1,
            owner,
        )
        for row, owner in named
    ]


def _own(db, settings, page, visitor, asked):
    """Rows of the visitor's runs whose networks the page can show."""
    if visitor is None:
        return []
    values = {"visitor": visitor, "all": settings.shared, "asked": (asked or "").removeprefix("run-")}
    fitting = (row for row in db.execute(_OWN, values) if _fits(settings, row, page))
    return list(itertools.islice(fitting, MOST_OWN))


def _fits(settings, row, page):
    if row["network"] not in catalog.NETWORKS:
        return False
    network = _trained(settings, row["id"], row["network"], row["name"])
    try:
        if not _NEEDED.issubset(sessions.card(network)):
            return False
        classes = classifier.classes(network)
    except cards.CardError:  # it has not trained to its end
        return False
    return page_of(row["network"], row["data"], classes) == page


def _owner(row, visitor):
    if visitor is None:
        return ""
    if row["visitor"] == visitor:
        return YOURS
    given = nicknames.Nickname(row["colour"], row["animal"]) if row["colour"] else None
    return str(given or nicknames.usual(row["visitor"])).capitalize()


def _opened(settings):
    address = f"{settings.database.resolve().as_uri()}?mode=ro"
    db = sqlite3.connect(address, uri=True, timeout=_WAIT)
    db.row_factory = sqlite3.Row
    return db


def _trained(settings, run_id, network, name, is_the_only_one=True, owner=""):
    kind = catalog.get(network).title
    origin = "trained here" if name.startswith(kind) else f"{kind}, trained here"
    name = name if is_the_only_one else f"{name} · {run_id}"
    return cards.Trained(
        name=network,
        weights=settings.folder(run_id) / "weights",
        key=key_of(run_id),
        title=name,
        origin=origin,
        owner=owner,
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
