"""Who may do what, asked of a running server by visitors who write their messages by hand."""

import urllib.request

import pytest
from websockets.exceptions import InvalidStatus

from mnist_models.runs import database, processes, shared_networks, uploads, visitors
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from scripts import serving
from tests import finished_runs, protocol
from tests.data.test_user_data import some

OWNER, STRANGER = protocol.cookie(b"the owner's own!"), protocol.cookie(b"somebody else 16")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def app(settings, tmp_path_factory):
    environment = {
        DIRECTORY_VARIABLE: str(settings.directory),
        "MNIST_MODELS_WARM": "no",
        "MNIST_MODELS_WORKERS": "1",
    }
    log = tmp_path_factory.mktemp("app") / "log"
    with serving.serving(serving.ROOT / "app.py", log, environment) as server:
        yield server.address


@pytest.fixture
def db(settings):
    with database.connect(settings) as db:
        yield db
        for table in ("runs", "workers", "used_networks"):
            db.connection.execute(f"DELETE FROM {table}")


@pytest.fixture
def run(db, settings):
    """A finished run of OWNER."""
    run_id = finished_runs.create(db, settings, "mlp", name="theirs")
    db.runs.update(run_id, visitor=visitors.name(OWNER))
    return db.runs.get(run_id)


def train_by_this_process(db, run_id):
    """Let a waiting run look as if it trained, in a process that lives as long as the test."""
    process = processes.current()
    db.workers.add(0, process, run_id)
    db.runs.change_state(run_id, "running")


DEEDS = {
    "Rename": {"Name": "mine"},
    "Delete with all its files": {},
}


@pytest.mark.parametrize("button", DEEDS)
def test_no_message_changes_somebody_elses_run(app, db, run, button):
    with protocol.visiting(app, STRANGER) as stranger:
        stranger.open("train", f"run={run.id}")
        stranger.press(button, DEEDS[button])
        assert db.runs.get(run.id) == run
        assert db.shared.ids() == set()
        # Streamlit itself ignores a button that is disabled, as opposed to one in a disabled popover.
        assert stranger.texts("alert") == ["Somebody else started this run."]
        assert not stranger.exceptions()


@pytest.mark.parametrize(("button", "shared"), [("Share with everybody", False), ("Stop sharing", True)])
def test_no_message_shares_or_takes_back_somebody_elses_network(app, db, settings, run, button, shared):
    if shared:
        shared_networks.adopt(db, settings, run.id)
    before = db.shared.ids()
    with protocol.visiting(app, OWNER) as owner, protocol.visiting(app, STRANGER) as stranger:
        owner.open("train", f"run={run.id}")
        stranger.open("train", f"run={run.id}")
        assert button in owner.labels("button")
        assert button not in stranger.labels("button")
        stranger.press(button, of=owner)
        assert not stranger.exceptions()
    assert db.shared.ids() == before


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_no_message_stops_somebody_elses_run(app, db, run, state):
    if state == "waiting":
        train_by_this_process(db, db.runs.create("{}", "a", network="mlp", data="mnist", epochs=1))
    db.runs.change_state(run.id, "waiting")
    if state == "running":
        train_by_this_process(db, run.id)
    before = db.runs.get(run.id)
    with protocol.visiting(app, STRANGER) as stranger:
        stranger.open("train", f"run={run.id}")
        for button in set(stranger.labels("button")) & {"Pause", "Stop", "Take back", "Resume"}:
            stranger.press(button)
    assert (db.runs.get(run.id).state, db.runs.get(run.id).command) == (before.state, "")


def test_the_owner_does_all_of_it(app, db, run):
    with protocol.visiting(app, OWNER) as owner:
        owner.open("train", f"run={run.id}").press("Rename", {"Name": "mine"})
        assert db.runs.get(run.id).name == "mine"
        owner.press("Share with everybody")
        assert db.shared.ids() == {run.id}
        owner.press("Stop sharing")
        assert db.shared.ids() == set()
        owner.press("Delete with all its files")
        assert db.runs.all() == []
        assert not owner.exceptions()


@pytest.fixture
def data_set(settings, sample):
    """The file of a data set of OWNER's."""
    name = uploads.keep(settings, "Hats", some(sample), visitors.name(OWNER))
    yield settings.directory / "data" / f"{name}.npz"
    uploads.delete(settings, name)


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_data_set_is_deleted_by_its_owner_alone(app, settings, data_set, is_damaged):
    if is_damaged:
        data_set.write_bytes(b"damaged")
    said = "Hats: its file is damaged. Delete it" if is_damaged else "Hats: 40 images of 10 classes"
    with protocol.visiting(app, OWNER) as owner, protocol.visiting(app, STRANGER) as stranger:
        owner.open("train")
        stranger.open("train")
        assert any(text.startswith(said) for text in owner.texts("text"))
        assert "Delete it" not in stranger.labels("button")
        stranger.press("Delete it", of=owner)
        assert data_set.is_file()
        owner.press("Delete it")
        assert uploads.names(settings) == []
        assert not owner.exceptions()
        assert not stranger.exceptions()


def test_pages_of_another_site_open_no_websocket(app):
    with (
        pytest.raises(InvalidStatus),
        protocol.visiting(app, OWNER, origin="https://evil.example"),
    ):
        pass


@pytest.mark.parametrize("origin", ["http://localhost:1", "http://127.0.0.1:4000", "null"])
def test_pages_of_this_machines_other_ports_press_nothing(app, db, run, origin):
    try:
        with protocol.visiting(app, OWNER, origin=origin) as page:
            page.open("train", f"run={run.id}")
            assert page.labels("button") == []
            assert "another site's page" in page.texts("alert")[0]
    except InvalidStatus:
        assert origin == "null"  # Streamlit refuses it by itself
    assert db.runs.get(run.id) == run


def test_the_apps_own_page_is_let_in(app, run):
    with protocol.visiting(app, OWNER, origin=app) as page:
        assert "Delete with all its files" in page.open("train", f"run={run.id}").labels("button")


def test_other_sites_are_not_allowed_to_read_answers(app):
    given = ""
    for path in ("_stcore/health", "_stcore/host-config"):
        request = urllib.request.Request(f"{app}/{path}", headers={"Origin": "https://evil.example"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] in (None, "")
            given += answer.headers["Set-Cookie"] or ""
    assert "_streamlit_xsrf=" in given
    assert "SameSite=Lax" in given  # so it is not sent with what other sites' pages ask for


def press_train(app, **who):
    """Whether a visitor's run was accepted; the sentence that says why not otherwise."""
    with protocol.visiting(app, **who) as visitor:
        visitor.open("train", "data=mnist_sample&epochs=1&images=640").press("Train")
        assert not visitor.exceptions()
        return "; ".join(text for text in visitor.texts("alert") if "waiting already" in text)


@pytest.fixture
def busy(db):
    """Every worker is taken, so that whatever is started waits."""
    train_by_this_process(db, db.runs.create("{}", "a", network="mlp", data="mnist_sample", epochs=1))


@pytest.mark.usefixtures("busy")
def test_visitors_without_cookies_share_three_runs_whatever_they_say_of_their_address(app):
    for number in range(3):
        assert press_train(app, headers={"X-Forwarded-For": f"198.51.100.{number}"}) == ""
    assert "Allow this site's cookies" in press_train(app, headers={"X-Forwarded-For": "203.0.113.9"})
    assert "Allow this site's cookies" in press_train(app)
    assert press_train(app, cookie=OWNER) == ""
