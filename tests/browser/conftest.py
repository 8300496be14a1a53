"""A running app and a browser for the tests that need both."""

import os

import pytest
from playwright.sync_api import expect

from mnist_models import weights as cards
from mnist_models.runs.settings import DIRECTORY_VARIABLE
from scripts import chromium, serving
from tests import generators

expect.set_options(timeout=20_000)  # CI's two cores are busy


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser():
    if chromium.find() is None:
        reason = "no Chrome or Chromium on this machine, and none could be installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="session", autouse=True)
def _runs_of_their_own(tmp_path_factory):
    """No app of these tests sees this machine's runs, or starts workers that nobody asked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DIRECTORY_VARIABLE, str(tmp_path_factory.mktemp("runs")))
        patch.setenv("MNIST_MODELS_WARM", "no")
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "log"
    with serving.serving(serving.ROOT / "app.py", log) as server:
        yield server


@pytest.fixture(scope="session")
def dream_server(tmp_path_factory):
    """An app with small generators made for the tests, and the folder they are in as `weights`."""
    weights = generators.write(tmp_path_factory.mktemp("weights"))
    log = tmp_path_factory.mktemp("dream_server") / "log"
    environment = {cards.WEIGHTS_VARIABLE: str(weights)}
    with serving.serving(serving.ROOT / "app.py", log, environment) as server:
        yield server, weights


@pytest.fixture(params=[1280], ids=lambda width: f"{width}px")
def width(request):
    return request.param


@pytest.fixture
def page(browser, server, width):
    """A fresh visitor on the app's first page; fails the test when an exception is shown."""
    context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=width < 500)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(server.address)
    page.get_by_role("heading", name="the networks will read it").wait_for()
    yield page
    assert page.get_by_test_id("stException").count() == 0
    context.close()
