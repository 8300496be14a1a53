"""Runs for measuring: in a folder of their own, with pages that show them."""

import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from mnist_models.runs import database, processes
from mnist_models.runs.settings import DIRECTORY_VARIABLE, FILE, Settings
from scripts import serving

PATIENCE = 300  # seconds; a busy machine imports TensorFlow for long


@contextmanager
def temporary(**chosen):
    """A data directory for runs; at the end it is removed, and its workers are killed.

    Args:
        chosen: settings that differ from their defaults, such as `workers=2`.

    Yields:
        settings.Settings.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lines = [f'{name} = "{value}"\n' for name, value in chosen.items()]
        (Path(folder) / FILE).write_text("".join(lines))
        with mock.patch.dict(os.environ, environment(folder)):
            settings = Settings.load()
        try:
            yield settings
        finally:
            with database.connect(settings) as db:
                for worker in db.workers.all():
                    processes.kill(worker.process)


def environment(directory):
    """Variables under which an app uses that directory."""
    return {DIRECTORY_VARIABLE: str(directory)}


def serving_app(settings):
    """The app with its runs in a temporary directory; as `serving.serving`."""
    log = settings.directory / "server.log"
    return serving.serving(serving.ROOT / "app.py", log, environment(settings.directory))


def visit(browser, address):
    """A new visitor's page."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(address)
    return page


def wait_until(condition, every=0.05):
    """Wait for a condition and return its value.

    Args:
        condition: function without arguments.
        every: seconds between looks.

    Raises:
        TimeoutError: when it has not come about within `PATIENCE`.
    """
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError("What the benchmark waits for has not happened.")
        time.sleep(every)
    return value
