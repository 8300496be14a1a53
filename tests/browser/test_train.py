"""The pages Train and Runs with real workers, on the embedded digits."""

import os
import re
import signal
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from mnist_models.runs import database, processes, queue
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from scripts import serving
from tests.browser.strokes import DIGITS, draw
from tests.runs.conftest import configured, wait_until

PATIENCE = 120_000  # milliseconds; importing TensorFlow takes long on a busy machine
LONG = "train?network=mlp&data=mnist_sample&hidden=64&epochs=200&patience=0"


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Runs of these tests in a folder of their own, for this process and the app's."""
    variables = {
        DIRECTORY_VARIABLE: str(tmp_path / "runs"),
        "MNIST_MODELS_WORKERS": "1",
        "MNIST_MODELS_WARM": "no",
        "MNIST_MODELS_NICENESS": "0",
        "MNIST_MODELS_CHECKPOINT_SECONDS": "1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield variables
    with database.connect(Settings.load()) as db:
        for worker in db.workers.all():
            processes.kill(worker.process)


@contextmanager
def serving_app(tmp_path, environment):
    with serving.serving(serving.ROOT / "app.py", tmp_path / "server.log", environment) as server:
        yield server


def visit(browser, address, path):
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{address}/{path}")
    return page


def press_train(page):
    page.get_by_role("button", name="Train", exact=True).click()


def points_in_chart(page):
    """How many points the first curve of the first chart has."""
    return page.evaluate("() => document.querySelector('.js-plotly-plot')?.data?.[0]?.x?.length ?? 0")


def validation_accuracy(page):
    text = page.get_by_text(re.compile("[Bb]est validation accuracy")).first.inner_text()
    return float(re.search(r"accuracy ([\d.]+) %", text)[1])


def wait_for_points(page, more_than):
    page.wait_for_function(
        "least => (document.querySelector('.js-plotly-plot')?.data?.[0]?.x?.length ?? 0) > least",
        arg=more_than,
        timeout=PATIENCE,
    )


def nothing_failed(page):
    assert page.get_by_test_id("stException").count() == 0


def test_from_pressing_train_to_drawing_for_the_trained_network(tmp_path, browser, environment):
    with serving_app(tmp_path, environment) as server:
        page = visit(browser, server.address, LONG)
        press_train(page)
        wait_for_points(page, 0)
        before = points_in_chart(page)
        wait_for_points(page, before + 3)  # it grows while one looks

        page.reload()
        wait_for_points(page, before + 3)
        page.wait_for_function("() => /accuracy 9\\d[.]/.test(document.body.innerText)", timeout=PATIENCE)
        assert validation_accuracy(page) >= 90

        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text(re.compile("^Stopped after"))).to_be_visible(timeout=PATIENCE)
        stopped_at = points_in_chart(page)
        page.get_by_role("spinbutton", name="More epochs").fill("2")
        page.get_by_role("spinbutton", name="More epochs").press("Enter")
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(re.compile("^Finished, "))).to_be_visible(timeout=PATIENCE)
        assert points_in_chart(page) > stopped_at / 2  # some steps are taken back

        page.get_by_role("button", name="Try it").click()
        chosen = page.get_by_role("radio", name="Yours: Feed-forward net 1 (trained here)")
        expect(chosen).to_be_checked()
        draw(page, page.locator("canvas.upper-canvas"), DIGITS[7])
        expect(page.locator("h3")).to_contain_text(re.compile("Feed-forward net 1 .*(reads a|unsure|sure)"))
        nothing_failed(page)
        page.context.close()


def test_the_address_holds_the_whole_configuration(tmp_path, browser, environment):
    with serving_app(tmp_path, environment) as server:
        page = visit(browser, server.address, "train?network=vae&epochs=7&noise=0.25&data=nonsense")
        expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("7")
        expect(page.get_by_text("cannot be trained on 'nonsense'")).to_be_visible()
        page.get_by_role("spinbutton", name="Epochs").fill("9")
        page.get_by_role("spinbutton", name="Epochs").press("Enter")
        page.wait_for_url(re.compile("epochs=9"))
        assert "noise=0.25" in page.url
        nothing_failed(page)
        page.context.close()


def test_layers_follow_the_form_at_once(tmp_path, browser, environment):
    with serving_app(tmp_path, environment) as server:
        page = visit(browser, server.address, "train?network=mlp")
        page.get_by_role("textbox", name="Hidden layers").fill("32, 16")
        page.get_by_role("textbox", name="Hidden layers").press("Enter")
        expect(page.get_by_text("25,818 parameters")).to_be_visible()  # 784·32+32 + 32·16+16 + 16·10+10
        page.get_by_role("textbox", name="Hidden layers").fill("32, many")
        page.get_by_role("textbox", name="Hidden layers").press("Enter")
        expect(page.get_by_text("must be whole numbers")).to_be_visible()
        expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
        nothing_failed(page)
        page.context.close()


def test_code_is_exported_for_what_the_form_shows(tmp_path, browser, environment):
    with serving_app(tmp_path, environment) as server:
        page = visit(browser, server.address, "train?network=cnn&data=mnist_sample&epochs=3")
        page.get_by_role("spinbutton", name="Epochs").fill("9")
        page.get_by_role("spinbutton", name="Epochs").press("Enter")
        page.wait_for_url(re.compile("epochs=9"))
        with page.expect_download() as download:
            page.get_by_role("button", name="Export code").click()
        assert download.value.suggested_filename == "train_cnn.py"
        script = download.value.path().read_text(encoding="utf-8")
        compile(script, "train_cnn.py", "exec")
        assert "\nEPOCHS = 9  # " in script
        assert "layers.Conv2D(64, 3, " in script
        nothing_failed(page)
        page.context.close()


def test_a_run_outlives_the_server_and_is_found_again(tmp_path, browser, environment):
    settings = Settings.load()
    with serving_app(tmp_path, environment) as server, database.connect(settings) as db:
        page = visit(browser, server.address, LONG)
        press_train(page)
        wait_for_points(page, 0)
        run = db.runs.all()[0]
        os.kill(server.process.pid, signal.SIGKILL)
        page.context.close()
        row = db.runs.last_point(run.id).row
        wait_until(lambda: db.runs.points(run.id, after=row))  # it trains on without a server
    with serving_app(tmp_path, environment) as server:
        page = visit(browser, server.address, f"train?run={run.id}")
        wait_for_points(page, 1)
        before = points_in_chart(page)
        wait_for_points(page, before + 2)
        nothing_failed(page)
        page.context.close()


def test_a_killed_worker_is_shown_as_failed_with_its_log_and_goes_on(tmp_path, browser, environment):
    settings = Settings.load()
    with serving_app(tmp_path, environment) as server, database.connect(settings) as db:
        page = visit(browser, server.address, LONG)
        press_train(page)
        wait_until(lambda: db.runs.all() and db.runs.points(db.runs.all()[0].id, whole=True))
        (worker,) = db.workers.all()
        os.killpg(worker.process.pid, signal.SIGKILL)
        expect(page.get_by_text("was killed (signal 9)")).to_be_visible(timeout=PATIENCE)
        page.get_by_text("The last lines of its log").click()
        expect(page.get_by_text("Preparing data")).to_be_visible()
        done = points_in_chart(page)
        page.get_by_role("button", name="Resume").click()
        wait_for_points(page, done)
        nothing_failed(page)
        page.context.close()


@contextmanager
def onlookers(address, count):
    """Sessions that look at the Train page without a browser, whose thirty would measure Chromium."""
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(
                connect(f"{address.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"])
            )
            for _ in range(count)
        ]
        ask = BackMsg()
        ask.rerun_script.page_name = "train"
        for session in sessions:  # all ask before any is answered
            session.send(ask.SerializeToString())
        for session in sessions:
            wait_for_page(session)
        yield


def wait_for_page(session):
    """Read what the server sends until the page is complete."""
    answer = ForwardMsg()
    while answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY or not answer.HasField(
        "script_finished"
    ):
        answer = ForwardMsg.FromString(session.recv(timeout=PATIENCE / 1_000))
        if answer.HasField("delta"):
            assert not answer.delta.new_element.HasField("exception")


IS_CUT_OFF = "b => [...b.querySelectorAll('*')].some(part => part.scrollWidth > part.clientWidth + 1)"


def test_thirty_sessions_of_which_three_press_train(tmp_path, browser, environment):
    with serving_app(tmp_path, environment) as server, onlookers(server.address, 27):
        pages = [visit(browser, server.address, LONG) for _ in range(3)]
        for page in pages:
            press_train(page)
            page.get_by_role("heading", name="Feed-forward net").first.wait_for(timeout=PATIENCE)
        first, second, third = pages
        wait_for_points(first, 0)
        expect(second.get_by_text("next in the queue")).to_be_visible(timeout=PATIENCE)
        expect(third.get_by_text("2nd in the queue")).to_be_visible(timeout=PATIENCE)
        take_back = second.get_by_role("button", name="Take back")
        assert not take_back.evaluate(IS_CUT_OFF)
        take_back.click()
        expect(third.get_by_text("next in the queue")).to_be_visible(timeout=PATIENCE)
        for page in pages:
            nothing_failed(page)
            page.context.close()


def test_runs_are_compared_and_only_their_owners_delete_them(tmp_path, browser, environment):
    settings = Settings.load()
    with database.connect(settings) as db:
        ids = [queue.start(db, settings, configured("mlp", epochs=1, images=640), "a") for _ in range(2)]
        wait_until(lambda: all(db.runs.get(run_id).state == "finished" for run_id in ids))
    with serving_app(tmp_path, environment) as server:
        page = visit(browser, server.address, "runs")
        box = page.get_by_test_id("stDataFrame").locator("canvas").first.bounding_box()
        for row in (1, 2):
            page.mouse.click(box["x"] + 17, box["y"] + 18 + 35 * row)
            page.wait_for_function(
                "count => document.querySelector('.js-plotly-plot')?.data?.length === count", arg=2 * row
            )
        page.mouse.click(box["x"] + 17, box["y"] + 18 + 35)  # one of the two is let go
        page.get_by_role("button", name="Rename or delete").wait_for()
        expect(page.get_by_role("button", name="Rename or delete")).to_be_disabled()  # it is of visitor "a"
        nothing_failed(page)
        page.context.close()


def test_a_run_is_renamed_and_deleted_by_its_owner(tmp_path, browser, environment):
    settings = Settings.load()
    with serving_app(tmp_path, environment) as server, database.connect(settings) as db:
        page = visit(browser, server.address, "train?network=mlp&data=mnist_sample&epochs=1&images=640")
        press_train(page)
        expect(page.get_by_text(re.compile("^Finished, "))).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Rename or delete").click()
        page.get_by_role("textbox", name="Name", exact=True).fill("My *first* run")
        page.get_by_role("button", name="Rename", exact=True).click()
        expect(page.get_by_role("heading", name="My *first* run")).to_be_visible()
        (run,) = db.runs.all()
        page.get_by_role("button", name="Delete with all its files").click()
        expect(page.get_by_text("maybe it was deleted")).to_be_visible()
        assert db.runs.all() == []
        assert not settings.folder(run.id).exists()
        nothing_failed(page)
        page.context.close()
