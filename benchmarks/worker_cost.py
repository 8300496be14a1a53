"""What the page's worker adds to a training, beside the plainest script (`plain_training`).

Processor time, user and system of all threads, from the moment when images and network are ready to the
moment when the trained network would be exported: building the graph, training, validation, and on our side
also metrics, checkpoints, pictures and averaged weights. Imports, loading data and exporting are left out on
both sides. Each training has a process of its own, and they take turns: the script, a run nobody watches,
and one with the Train page open. One network alone: `worker_cost:mlp`.
"""

import dataclasses
import json
import subprocess
import sys
import time
from contextlib import ExitStack

import psutil

from benchmarks import runs
from benchmarks.rows import Row
from mnist_models.runs import configuration as configurations
from mnist_models.runs import database, queue
from scripts import chromium

TURNS = 5
# Short, yet long beside building the graph: with more epochs both sides would only grow alike.
TRAININGS = {
    "mlp": {"epochs": 5},
    "cnn": {"epochs": 1},
    "digit_gan": {"epochs": 1, "images": 3_000},
}
LOOK_EVERY = 0.01  # seconds
GOAL = 1.05


def measure(*networks):
    """Rows of every network, or of those named: processor time and its ratio, then the clock's."""
    with ExitStack() as stack:
        settings = stack.enter_context(runs.temporary(warm=False))
        browser = stack.enter_context(chromium.launched())
        server = stack.enter_context(runs.serving_app(settings))
        for network in networks or TRAININGS:
            usual = configurations.default(network)
            recipe = usual.recipe.replace(**TRAININGS[network])
            configuration = dataclasses.replace(usual, recipe=recipe)
            yield from _rows(configuration, settings, browser, server)


def _rows(configuration, settings, browser, server):
    processor, clock = {}, {}
    for _ in range(TURNS):
        measured = {
            "script": _plain(configuration),
            "worker": _worker(configuration, settings),
            "worker, page open": _worker(configuration, settings, (browser, server)),
        }
        for name, (busy, passed) in measured.items():
            processor.setdefault(name, []).append(busy)
            clock.setdefault(name, []).append(passed)
    network = configuration.network
    rows = [Row(f"{network}, {name}, processor time", values, "s") for name, values in processor.items()]
    ratio = rows[1].median / rows[0].median
    rows.append(Row(f"{network}, worker's processor time by the script's", [ratio], "times", goal=GOAL))
    return rows + [Row(f"{network}, {name}, by the clock", values, "s") for name, values in clock.items()]


def _plain(configuration):
    command = [sys.executable, "-m", "benchmarks.plain_training", configurations.to_json(configuration)]
    output = subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True)
    return tuple(json.loads(output.splitlines()[-1]))


def _worker(configuration, settings, watched_by=None):
    """Seconds (processor's, clock's) of a run that the queue starts; watched by (browser, server)."""
    with database.connect(settings) as db:
        run_id = queue.start(db, settings, configuration, "benchmark")
        page = None
        if watched_by:
            browser, server = watched_by
            page = runs.visit(browser, f"{server.address}/train?run={run_id}")
            page.get_by_role("button", name="Stop").wait_for()
        process = psutil.Process(db.workers.of(run_id).process.pid)
        began = _seconds_when(db, run_id, process, lambda phase: not phase)
        ended = _seconds_when(db, run_id, process, lambda phase: phase.startswith("Exporting"))
        if page:
            page.context.close()
        queue.delete(db, settings, run_id)
    return ended[0] - began[0], ended[1] - began[1]


def _seconds_when(db, run_id, process, is_there):
    """(processor's seconds of a process, clock's) at the moment when its run's phase is as expected."""

    def look():
        run = db.runs.get(run_id)
        if run.state != "running":
            raise RuntimeError(f"The run is {run.state}: {run.reason}")
        if is_there(run.phase):
            return sum(process.cpu_times()[:2]), time.perf_counter()
        return None

    return runs.wait_until(look, every=LOOK_EVERY)
