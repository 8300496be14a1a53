"""From the start of the app's process to a page one can draw on, and the memory it takes."""

import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.rows import Row
from scripts import chromium, serving
from tests.browser.strokes import DIGITS, draw

TURNS = 5


def measure():
    """Rows: seconds until the first page is usable, and megabytes after a digit was read."""
    seconds, megabytes = [], []
    with tempfile.TemporaryDirectory() as folder, chromium.launched() as browser:
        for turn in range(-1, TURNS):  # the first fills the file cache
            page = browser.new_page()
            start = time.perf_counter()
            with serving.serving(serving.ROOT / "app.py", Path(folder) / "log") as server:
                page.goto(server.address)
                canvas = page.locator("canvas.upper-canvas")
                canvas.wait_for()
                page.get_by_role("heading", name="the networks will read it").wait_for()
                elapsed = time.perf_counter() - start
                draw(page, canvas, DIGITS[7])
                page.get_by_role("heading", name="reads").wait_for()
                page.wait_for_timeout(1_000)
                memory = psutil.Process(server.process.pid).memory_info().rss / 1e6
                page.close()
            if turn >= 0:
                seconds.append(elapsed)
                megabytes.append(memory)
    return [
        Row("start to usable page, file cache warm", seconds, "s", goal=3),
        Row("resident memory of the app's process", megabytes, "MB", goal=300),
    ]
