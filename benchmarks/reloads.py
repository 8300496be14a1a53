"""What a server keeps of visitors who open and reload its pages, in megabytes resident."""

import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.rows import Row
from mnist_models.runs.settings import DIRECTORY_VARIABLE
from scripts import serving
from tests import protocol

RELOADS = 100
PAGES = ("", "reconstruct", "digits", "faces", "train", "runs")
SETTLED = 3.0  # seconds after the last visitor


def measure(reloads=RELOADS, pages=PAGES):
    """Rows: memory after the first page, after every page, and after so many reloads."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {DIRECTORY_VARIABLE: f"{folder}/runs", "MNIST_MODELS_WARM": "no"}
        log = Path(folder) / "log"
        with serving.serving(serving.ROOT / "app.py", log, environment) as server:
            process = psutil.Process(server.process.pid)
            _visit(server.address, pages[0])
            first = _megabytes(process)
            for page in pages:
                _visit(server.address, page)
            every = _megabytes(process)
            for number in range(reloads):
                _visit(server.address, pages[number % len(pages)])
            time.sleep(SETTLED)
            after = _megabytes(process)
    return [
        Row("resident memory, first page opened", [first], "MB"),
        Row("resident memory, every page opened", [every], "MB"),
        Row(f"resident memory after {reloads} reloads", [after], "MB", goal=400),
    ]


def _visit(address, page):
    with protocol.visiting(address) as visitor:
        visitor.open(page)


def _megabytes(process):
    return process.memory_info().rss / 1e6
