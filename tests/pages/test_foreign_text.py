"""What people type, name or send in an address is shown as text: on all pages, whoever looks."""

from urllib.parse import urlencode

import numpy as np
import pytest

from mnist_models.data import user_data
from mnist_models.runs import configuration, database, shared_networks, uploads, visitors
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from scripts import serving
from tests import finished_runs, protocol

COOKIE = protocol.cookie(b"the owner's own!")
EVIL = "![x](http://evil.example/x.png)"
CHART_EVIL = "<b>"
NAME = f"{EVIL} {CHART_EVIL}"
PLAIN = {"text", "text_input", "selectbox", "dataframe"}  # which show no Markdown


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def address(settings, tmp_path_factory):
    environment = {DIRECTORY_VARIABLE: str(settings.directory), "MNIST_MODELS_WARM": "no"}
    log = tmp_path_factory.mktemp("app") / "log"
    with serving.serving(serving.ROOT / "app.py", log, environment) as server:
        yield server.address


@pytest.fixture(scope="module")
def data(settings):
    """Data of one's own with an evil title and evil classes."""
    x = np.random.default_rng(0).integers(0, 255, (8, 28, 28), np.uint8)
    return uploads.keep(settings, NAME, user_data.make(x, np.uint8([0, 1] * 4), (NAME, "b")))


@pytest.fixture(scope="module")
def runs(settings, data):
    """Runs in all states with an evil name, on evil data, that ended for an evil reason."""
    found = {}
    with database.connect(settings) as db:
        for state in ("finished", "failed", "stopped", "paused", "interrupted"):
            # In one order with another, so that the page has to say a sentence of every state.
            run_id = finished_runs.create(db, settings, "mlp", data=data, name=NAME)
            db.runs.update(run_id, state=state, reason=NAME, device=NAME)
            db.runs.add_note(run_id, NAME)
            db.runs.append(run_id, [(1, 1.0, 1.0, True, {"loss": 1.0})], {"loss": 1.0})
            db.runs.add_confusion(run_id, 1, 1.0, [[1, 0], [0, 1]])
            found[state] = run_id
        for network in ("mlp", "autoencoder", "digit_gan", "face_gan"):
            run_id = finished_runs.create(db, settings, network, name=NAME)
            shared_networks.adopt(db, settings, run_id)
            found[network] = run_id
    return found


def looked_at(address, page, **query):
    with protocol.visiting(address) as visitor:
        visitor.open(page, urlencode(query))
        assert visitor.exceptions() == []
        check(visitor)
        return visitor


def check(visitor):
    for element in visitor.elements:
        kind = element.WhichOneof("type")
        if kind == "plotly_chart":
            assert CHART_EVIL not in element.plotly_chart.spec
        elif kind not in PLAIN:
            assert EVIL not in str(element), kind


@pytest.mark.parametrize("page", ["", "reconstruct", "digits", "faces", "train", "runs"])
def test_every_page(address, runs, page):
    looked_at(address, page)


@pytest.mark.parametrize(
    "state", ["finished", "failed", "stopped", "paused", "interrupted", "mlp", "autoencoder", "digit_gan"]
)
def test_every_run(address, runs, state):
    shown = looked_at(address, "train", run=runs[state])
    assert any("evil" in text for text in shown.texts("heading"))


NAMES = ["network", "data", "run", *(known.name for known in configuration.hyperparameters("mlp"))]


@pytest.mark.parametrize("name", NAMES)
def test_values_of_the_train_pages_address(address, name):
    shown = looked_at(address, "train", **{name: EVIL})
    assert any("evil" in text for text in shown.texts("alert")), name
    for value in ("9" * 100_000, EVIL * 2_000, "9" * 190, "1e400", "nan", ",".join("9" * 90)):
        shown = looked_at(address, "train", **{name: value})
        assert all(len(text) < 400 for text in shown.texts("alert"))


@pytest.mark.parametrize("page", ["digits", "faces"])
@pytest.mark.parametrize("name", ["z", "net"])
def test_values_of_the_generators_address(address, page, name):
    looked_at(address, page, **{name: EVIL})


def test_sentences_of_refusals(address, settings, runs):
    with database.connect(settings) as db:
        db.runs.update(runs["finished"], visitor=visitors.name(COOKIE))
    with protocol.visiting(address, COOKIE) as visitor:
        visitor.open("train", f"run={runs['finished']}")
        (settings.folder(runs["finished"]) / "weights" / "mlp.onnx").write_bytes(b"damaged")
        visitor.press("Rename", {"Name": "   "})
        check(visitor)
        assert any("needs a name" in text for text in visitor.texts("alert"))
