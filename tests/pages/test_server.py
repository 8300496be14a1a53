"""The server itself, whichever way it is started."""

import pytest
from websockets.exceptions import InvalidStatus

from mnist_models.runs.settings import DIRECTORY_VARIABLE
from scripts import serving
from tests import protocol


@pytest.fixture(scope="module", params=[False, True], ids=["streamlit run app.py", "python app.py"])
def address(request, tmp_path_factory):
    """Of a fresh server, started from a folder that has nothing to do with it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    environment = {DIRECTORY_VARIABLE: str(folder / "runs"), "MNIST_MODELS_WARM": "no"}
    app, log = serving.ROOT / "app.py", folder / "log"
    with serving.serving(app, log, environment, folder=folder, plainly=request.param) as server:
        yield server.address
    assert "Traceback" not in log.read_text()


def test_the_first_page_asked_for_may_be_any(address):
    with protocol.visiting(address) as visitor:
        visitor.open("runs")
        assert any(
            "There are no runs yet" in said for said in [*visitor.texts("markdown"), *visitor.texts("alert")]
        )
        assert not visitor.exceptions()
        visitor.open("train")
        assert "Train" in visitor.labels("button")


def test_other_sites_are_refused(address):
    with pytest.raises(InvalidStatus), protocol.visiting(address, origin="https://evil.example"):
        pass


def test_pages_of_other_ports_get_a_sentence(address):
    with protocol.visiting(address, origin="http://localhost:1") as visitor:
        visitor.open("train")
        assert "another site's page" in visitor.texts("alert")[0]
        assert not visitor.labels("button")
