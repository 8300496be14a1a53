"""Drawing while two runs train: from releasing the mouse to the sentence on the Draw page, in Chromium."""

import dataclasses

from benchmarks import draw, runs
from benchmarks.rows import Row, percentile95
from mnist_models.runs import configuration as configurations
from mnist_models.runs import database, queue, records
from scripts import chromium

TURNS = 40
WARM_UP = 3
TRAINED = "cnn", "mlp"


def measure():
    """Rows: milliseconds, median and 95th percentile, idle and beside two trainings; goal twice the idle."""
    with (
        runs.temporary(workers=len(TRAINED), warm=False) as settings,
        chromium.launched() as browser,
        runs.serving_app(settings) as server,
        database.connect(settings) as db,
    ):
        page = runs.visit(browser, server.address)
        page.locator("canvas.upper-canvas").wait_for()
        page.wait_for_timeout(1_500)
        idle = _strokes(page)
        busy = _strokes(page, lambda: _train_on(db, settings))
    idle95, busy95 = percentile95(idle), percentile95(busy)
    return [
        Row("mouse to sentence, nothing trains", idle, "ms"),
        Row("mouse to sentence, two runs train", busy, "ms"),
        Row("95 % within, nothing trains", [idle95], "ms"),
        Row("95 % within, two runs train", [busy95], "ms", goal=2 * idle95),
    ]


def _strokes(page, before_each=lambda: None):
    times = []
    for turn in range(TURNS + WARM_UP):
        before_each()
        times.append(draw.one_turn("ours", page, turn))
    return times[WARM_UP:]


def _train_on(db, settings):
    """Let every network train; on a fast machine one has done all its epochs before the strokes end."""
    queue.tend(db, settings)
    training = {run.network for run in db.runs.all(records.ACTIVE)}
    for network in set(TRAINED) - training:
        queue.start(db, settings, _long(network), network)
    ids = [run.id for run in db.runs.all(records.ACTIVE)]
    runs.wait_until(lambda: all(db.runs.last_point(run_id) for run_id in ids))


def _long(network):
    usual = configurations.default(network)
    recipe = usual.recipe.replace(epochs=200, patience=0)
    return dataclasses.replace(usual, recipe=recipe)
