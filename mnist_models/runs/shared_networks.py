"""Networks of runs: the pages offer a visitor's own and those that others share, beside the shipped ones."""

import itertools
from collections import Counter

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError
from mnist_models.runs import database, nicknames, uploads
from mnist_models.runs.settings import Settings, SettingsError
from mnist_models.serving import classifier, sessions

MOST = 30  # shared at a time: every one is a row on its page, and runs at every stroke
MOST_OWN = 10  # the newest ones
_LOOKED_AT = 100  # runs among which the newest ones of a page are looked for
YOURS = "Yours"
_NEEDED = {"files", "data", "parameters"}  # in a card
_DIGITS = ("mnist", datasets.SAMPLE)


class NotUsable(DigitLabError):
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
        run: records.Run; of data of one's own its classes are known once it has written a network.
    """
    if run.network not in catalog.NETWORKS:
        return None
    try:
        classes = classifier.classes(_trained(settings, run))
    except weights.CardError:
        return page_of(run.network, run.data)
    return page_of(run.network, run.data, classes)


def can_be_tried(settings, run):
    """Whether a run has written a network that a page can show."""
    if page_of_run(settings, run) is None:
        return False
    return _trained(settings, run).version() is not None


def key_of(run_id):
    """A run's network as pages' addresses name it."""
    return f"run-{run_id}"


def adopt(db, settings, run_id):
    """Share a run's network: everybody is offered it on its page, until it is dismissed or the run deleted.

    Args:
        db: database.Database.
        settings: settings.Settings.
        run_id: str.

    Returns:
        str, the page it is offered on, as from `page_of`.

    Raises:
        records.UnknownRun
        NotUsable: when it has no finished files, no page has a use for it, or too many are in use.
    """
    run = db.runs.get(run_id)
    _check_files(run, settings.folder(run_id) / "weights")
    page = page_of_run(settings, run)
    if page is None:
        raise NotUsable(
            f"No page can use {run.name}: Draw and Reconstruct show digits only, and what people bring along."
        )
    with db.transaction():
        db.runs.get(run_id)  # it may have been deleted while its files were checked
        shared = db.shared.ids()
        if run_id not in shared and len(shared) >= MOST:
            raise NotUsable(f"{MOST} networks are in use already. Stop sharing one of them first.")
        db.shared.add(run_id, page)
        nicknames.keep(db, run.visitor)
    return page


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
        settings = settings or Settings.load()
        if not settings.database.is_file():
            return []
        with database.glance(settings) as db:
            own = _own(db, settings, page, visitor, asked)
            others = db.shared.on(page)
    except (SettingsError, database.Unavailable, OSError):
        return []
    seen = {run.id for run in own}
    runs = own + [run for run in others if run.id not in seen]
    named = [(run, _owner(run, visitor)) for run in runs if run.network in catalog.NETWORKS]
    count = Counter((owner, run.name, run.network) for run, owner in named)
    return [_trained(settings, run, count[owner, run.name, run.network] == 1, owner) for run, owner in named]


def _own(db, settings, page, visitor, asked):
    """The visitor's runs whose networks the page can show: list of records.Owned."""
    if visitor is None:
        return []
    run_id = (asked or "").removeprefix("run-")
    runs = db.shared.newest_of(None if settings.shared else visitor, run_id, _LOOKED_AT)
    return list(itertools.islice((run for run in runs if _fits(settings, run, page)), MOST_OWN))


def _fits(settings, run, page):
    if run.network not in catalog.NETWORKS:
        return False
    network = _trained(settings, run)
    try:
        if not _NEEDED.issubset(sessions.card(network)):
            return False
        classes = classifier.classes(network)
    except weights.CardError:  # it has not trained to its end
        return False
    return page_of(run.network, run.data, classes) == page


def _owner(run, visitor):
    if visitor is None:
        return ""
    if run.visitor == visitor:
        return YOURS
    given = nicknames.Nickname(run.colour, run.animal) if run.colour else None
    return str(given or nicknames.usual(run.visitor)).capitalize()


def _trained(settings, run, is_the_only_one=True, owner=""):
    """The network of a records.Run or records.Owned."""
    kind = catalog.get(run.network).title
    return weights.Trained(
        name=run.network,
        weights=settings.folder(run.id) / "weights",
        key=key_of(run.id),
        title=run.name if is_the_only_one else f"{run.name} · {run.id}",
        origin="trained here" if run.name.startswith(kind) else f"{kind}, trained here",
        owner=owner,
    )


def _check_files(run, folder):
    if not (folder / f"{run.network}.json").is_file():
        raise NotUsable(f"{run.name} has no finished network yet: let it train to its end, or stop it.")
    try:
        for file_name in weights.read(run.network, folder)["files"]:
            weights.checked_file(run.network, file_name, folder)
    except (weights.CardError, KeyError):
        raise NotUsable(
            f"The files of {run.name} are damaged, or just being written. "
            "If that stays so, resume it: it then writes them anew."
        ) from None
