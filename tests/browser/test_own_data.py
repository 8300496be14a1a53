"""Data of one's own in a real browser: brought along, refused, kept, deleted, and a submission."""

import shutil

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from mnist_models import weights as cards
from mnist_models.runs import database, uploads
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from scripts import serving
from tests.data.test_image_folders import png, zipped
from tests.data.test_kaggle_csv import test_csv

PAGE = serving.ROOT / "tests" / "browser" / "own_data_page.py"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "runs"))
    return Settings.load()


@pytest.fixture
def page(browser, settings, tmp_path):
    with serving.serving(PAGE, tmp_path / "log") as server:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(server.address)
        yield page
        assert page.get_by_test_id("stException").count() == 0
        context.close()


@pytest.fixture
def hats(sample, tmp_path):
    """The path of a zip with six pictures of two classes."""
    path = tmp_path / "hats.zip"
    names = [f"{'cap' if number % 2 else '<i>bowler'}/{number}.png" for number in range(6)]
    path.write_bytes(
        zipped([(n, png(Image.fromarray(x))) for n, x in zip(names, sample.x_train[:6], strict=True)])
    )
    return path


def bring(page, path):
    page.get_by_text("Data of your own").click()
    page.locator("input[type=file]").first.set_input_files(path)


def test_brought_along_kept_and_deleted(page, settings, hats):
    bring(page, hats)
    expect(page.get_by_text("6 images of 2 classes.")).to_be_visible()
    expect(page.locator(".pixels img")).to_have_count(2)
    expect(page.get_by_text("<i>bowler: 3")).to_be_visible()
    title = page.get_by_label("Title")
    expect(title).to_have_value("hats")
    title.fill("Hats and caps")
    title.press("Enter")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept. It is chosen under Data: press Train.")).to_be_visible()
    expect(page.locator(".pixels img")).to_have_count(0)
    (name,) = uploads.names(settings)
    expect(page.get_by_text("Hats and caps: 6 images of 2 classes")).to_be_visible()
    expect(page.get_by_text(f"Chosen: {name}")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Hats and caps")).to_have_count(0)
    assert uploads.names(settings) == []


def test_what_is_refused_is_said_and_can_be_mended(page, hats, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("label,pixel0\n1,2\n")
    bring(page, wrong)
    expect(page.get_by_text("names 2 columns, not 784 or 785")).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_have_count(0)
    page.locator("input[type=file]").set_input_files(hats)
    expect(page.get_by_text("6 images of 2 classes.")).to_be_visible()
    expect(page.get_by_text("names 2 columns")).to_have_count(0)


def test_everything_that_is_wrong_is_listed(page, sample, tmp_path):
    digit = png(Image.fromarray(sample.x_train[0]))
    members = [("a/0.png", digit), ("a/1.png", digit), ("b/<b>x![y](z).png", b"?"), ("c/", b"")]
    path = tmp_path / "wrong.zip"
    path.write_bytes(zipped(members))
    bring(page, path)
    alert = page.get_by_test_id("stAlert")
    expect(alert.get_by_role("listitem")).to_have_count(3)
    expect(alert).to_contain_text("“b/<b>x![y](z).png” cannot be opened")
    expect(alert).to_contain_text("The folder “c” is empty")
    expect(alert.locator("img")).to_have_count(0)


@pytest.fixture
def run(settings):
    """A finished run with the shipped network."""
    with database.connect(settings) as db:
        run_id = db.runs.create("{}", "a", network="mlp", data="mnist", epochs=1)
        weights = settings.folder(run_id) / "weights"
        weights.mkdir(parents=True)
        for name in ("mlp.json", "mlp.onnx"):
            shutil.copy(cards.folder() / name, weights / name)
        db.runs.change_state(run_id, "running")
        db.runs.change_state(run_id, "finished")
        return db.runs.get(run_id)


def test_a_submission(run, page, sample, tmp_path):
    path = tmp_path / "test.csv"
    path.write_bytes(test_csv(sample.x_test[:30]))
    page.get_by_text("Submission for Kaggle").click()
    page.locator("input[type=file]").last.set_input_files(path)
    expect(page.get_by_text("30 images were read")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download submission.csv").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "ImageId,Label"
    labels = np.array([int(line.split(",")[1]) for line in lines[1:]])
    assert (labels == sample.y_test[:30]).mean() > 0.9
    assert download.value.suggested_filename == "submission.csv"


def test_somebody_elses_data_cannot_be_deleted(settings, sample, page):
    from tests.data.test_user_data import some

    uploads.keep(settings, "Theirs", some(sample), "somebody else")
    page.reload()
    page.get_by_text("Data of your own").click()
    expect(page.get_by_text("Theirs: 40 images of 10 classes")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
