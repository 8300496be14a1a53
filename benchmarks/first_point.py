"""From pressing Train to the first point in the chart, in Chromium: `mlp` as the page offers it."""

import time
from contextlib import ExitStack

from benchmarks import runs
from benchmarks.rows import Row
from mnist_models.runs import database, queue
from scripts import chromium

TURNS = 5
CLOSED_AFTER = 3.0  # seconds, until the app has noticed that a page is gone

# From the click to the animation frame that finds a point in a chart.
_STOPWATCH = """
() => {
  let pressed;
  document.addEventListener('click', () => { pressed = performance.now(); }, {capture: true, once: true});
  const look = () => {
    const points = document.querySelector('.js-plotly-plot')?.data?.[0]?.x?.length ?? 0;
    if (points) window.measured = performance.now() - pressed;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def measure():
    """Rows: seconds with a worker that is ready, and where none is kept ready."""
    seconds = {True: [], False: []}
    with ExitStack() as stack:
        candidates = []
        for is_warm in seconds:
            settings = stack.enter_context(runs.temporary(warm=is_warm))
            candidates.append((is_warm, settings, stack.enter_context(runs.serving_app(settings))))
        browser = stack.enter_context(chromium.launched())
        for _ in range(TURNS):
            for is_warm, settings, server in candidates:
                seconds[is_warm].append(_first_point(browser, server, settings))
    return [
        Row("from pressing Train to the first point, warm worker", seconds[True], "s", goal=2),
        Row("the same without a warm worker", seconds[False], "s"),
    ]


def _first_point(browser, server, settings):
    page = runs.visit(browser, f"{server.address}/train?network=mlp")
    train = page.get_by_role("button", name="Train", exact=True)
    train.wait_for()
    with database.connect(settings) as db:
        if settings.warm:
            runs.wait_until(lambda: db.workers.is_one_ready())
        page.wait_for_timeout(2_000)
        page.evaluate(_STOPWATCH)
        train.click()
        page.wait_for_function("window.measured !== undefined")
        milliseconds = page.evaluate("window.measured")
        # An open page would get another worker ready, beside the next candidate.
        page.context.close()
        time.sleep(CLOSED_AFTER)
        for run in db.runs.all():
            queue.delete(db, settings, run.id)
    return milliseconds / 1000
