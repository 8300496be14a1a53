"""From a metric being written to the database to being on the screen, in Chromium.

This process writes points as a worker does, every 0.2 s, into a run that nobody trains.
"""

import random
import sys
import time

from benchmarks import runs
from benchmarks.rows import Row, percentile95
from mnist_models import worker
from mnist_models.data import datasets
from mnist_models.runs import configuration as configurations
from mnist_models.runs import database, processes
from scripts import chromium

TURNS = 75  # points, of every run
EARLIER = 0, worker.POINTS  # points that a run has at first
STEPS = 10_000  # an epoch
GOAL = 500

# Notes when the last point of the chart has become another: the start of the animation frame after the
# one that finds it, when it has been painted.
_WATCH = """
() => {
  window.seen = [];
  let last;
  const look = () => {
    const newest = document.querySelector('.js-plotly-plot')?.data?.[0]?.x?.at(-1);
    if (newest !== last) {
      last = newest;
      requestAnimationFrame(() => window.seen.push([newest, Date.now()]));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def measure():
    """Rows: milliseconds in a run that begins, and in one that has as many points as a run ever has."""
    with (
        runs.temporary(warm=False) as settings,
        chromium.launched() as browser,
        runs.serving_app(settings) as server,
        database.connect(settings) as db,
    ):
        for earlier in EARLIER:
            milliseconds = _delays(browser, server, settings, db, earlier)
            name = f"from the database to the screen, {earlier:,} points before"
            yield Row(name, milliseconds, "ms", goal=GOAL)
            yield Row(f"{name}, 95 % within", [percentile95(milliseconds)], "ms")


def _delays(browser, server, settings, db, earlier):
    run_id, process = _pretended_run(settings, db)
    try:
        db.runs.append(run_id, [_point(step) for step in range(1, earlier + 1)], {})
        page = runs.visit(browser, f"{server.address}/train?run={run_id}")
        page.get_by_role("button", name="Pause").wait_for()
        page.wait_for_timeout(3_000)
        page.evaluate(_WATCH)
        written = {}
        for step in range(earlier + 1, earlier + TURNS + 3):
            # The page looks every 0.3 s: the two must not march in step.
            time.sleep(random.uniform(0.75, 1.25) * worker.POINTS_EVERY)
            point = _point(step)
            written[point[1]] = 1000 * time.time()
            db.runs.append(run_id, [point], point[4], epochs_done=point[1])
        page.wait_for_timeout(3_000)
        seen = page.evaluate("window.seen")
        page.context.close()
    finally:
        processes.kill(process)
    # The first ones come with the chart itself. A point is on screen once it, or a later one, is the last.
    counted = list(written.items())[2:]
    return [min(at for newest, at in seen if newest and newest >= epoch) - began for epoch, began in counted]


def _pretended_run(settings, db):
    """A run in the database that seems to train: (its id, a process that sleeps)."""
    usual = configurations.default("mlp")
    configuration = configurations.Configuration("mlp", datasets.SAMPLE, usual.recipe.replace(epochs=1))
    process = processes.start(
        [sys.executable, "-c", "import time; time.sleep(600)"], settings.directory / "sleeper.log"
    )
    with db.transaction():
        run_id = db.runs.create(
            configurations.to_json(configuration),
            "benchmark",
            network="mlp",
            data=datasets.SAMPLE,
            epochs=1,
        )
        db.runs.change_state(run_id, "running")
        for idle in db.workers.all():
            db.workers.remove(idle.slot)
        db.workers.add(0, process, run_id)
    return run_id, process


def _point(step):
    figures = {"loss": 1 / step, "accuracy": 1 - 1 / step}
    return step, step / STEPS, 0.2 * step, False, figures
