"""Drawing while two runs train: from releasing the mouse to the sentence on the Draw page, in Chromium."""

import dataclasses

from benchmarks import draw, runs
from benchmarks.rows import Row, percentile95
from mnist_models.runs import configuration as configurations
from mnist_models.runs import queue, store
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
        store.connect(settings) as db,
    ):
        page = runs.visit(browser, server.address)
        page.locator("canvas.upper-canvas").wait_for()
        page.wait_for_timeout(1_500)
        idle = _strokes(page)
        ids = [queue.start(db, settings, _endless(network), network) for network in TRAINED]
        runs.wait_until(lambda: all(store.last_point(db, run_id) for run_id in ids))
        busy = _strokes(page)
        still_there = {run.state for run in store.all_runs(db)}
    if still_there != {"running"}:
        raise RuntimeError("A training ended before the strokes did.")
    idle95, busy95 = percentile95(idle), percentile95(busy)
    return [
        Row("mouse to sentence, nothing trains", idle, "ms"),
        Row("mouse to sentence, two runs train", busy, "ms"),
        Row("95 % within, nothing trains", [idle95], "ms"),
        Row("95 % within, two runs train", [busy95], "ms", goal=2 * idle95),
    ]


def _strokes(page):
    times = [draw.one_turn("ours", page, turn) for turn in range(TURNS + WARM_UP)]
    return times[WARM_UP:]


def _endless(network):
    usual = configurations.default(network)
    return dataclasses.replace(usual, recipe=dataclasses.replace(usual.recipe, epochs=200))
