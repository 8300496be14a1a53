"""Runs that look as if they had been trained: a row in the database, and files in a folder."""

import shutil

from mnist_models import weights


def create(db, settings, network, data="mnist", name=None, source=None, visitor="a visitor"):
    """A finished run whose network is a copy of a trained one; returns its id.

    Args:
        network: name of the catalog.
        source: folder with the network to copy; the shipped one when None.
    """
    name = name or f"{network} {sum(run.network == network for run in db.runs.all()) + 1}"
    run_id = db.runs.create("{}", visitor, network=network, data=data, epochs=1, name=name)
    for state in ("running", "finished"):
        db.runs.change_state(run_id, state)
    write_files(settings, run_id, network, source)
    return run_id


def name_classes(settings, run_id, network, classes):
    """Let a run's network tell other things apart than digits: its first outputs stand for these."""
    folder = settings.folder(run_id) / "weights"
    card = weights.read(network, folder)
    data = card["data"] | {"classes": list(classes)}
    weights.write(network, card | {"data": data, "sure_above": 0.5}, folder)


def write_files(settings, run_id, network, source=None):
    """Copy a network's files into a run's folder, the card last; returns the folder."""
    folder = settings.folder(run_id) / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    card = weights.read(network, source)
    for file_name in card["files"]:
        shutil.copyfile((source or weights.folder()) / file_name, folder / file_name)
    weights.write(network, card, folder)
    return folder
