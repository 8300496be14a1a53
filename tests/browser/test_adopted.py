"""Networks of runs on the pages: chosen, used, written anew, and deleted while somebody looks."""

import base64
import shutil
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from mnist_models import weights
from mnist_models.runs import database, nicknames, queue, shared_networks, visitors
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings
from mnist_models.serving import generator
from scripts import serving
from tests import finished_runs, generators
from tests.browser.strokes import DIGITS, draw
from tests.browser.test_dream import as_pixels, close_to, pixels, take, wait_for


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def app(settings, tmp_path_factory):
    log = tmp_path_factory.mktemp("app") / "log"
    environment = {DIRECTORY_VARIABLE: str(settings.directory)}
    with serving.serving(serving.ROOT / "app.py", log, environment) as server:
        yield server


@pytest.fixture
def db(settings):
    with database.connect(settings) as db:
        yield db
        for run in db.runs.all():
            queue.delete(db, settings, run.id)


@pytest.fixture
def use(db, settings):
    """A function that puts a copy of a trained network to use; returns the run's id."""

    def use(network, source=None, **columns):
        run_id = finished_runs.create(db, settings, network, source=source, **columns)
        shared_networks.adopt(db, settings, run_id)
        return run_id

    return use


@pytest.fixture
def visit(browser, app, width):
    context = browser.new_context(viewport={"width": width, "height": 900})

    def visit(path=""):
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{app.address}/{path}")
        return page

    yield visit
    for page in context.pages:
        assert page.get_by_test_id("stException").count() == 0
    context.close()


@pytest.fixture
def generator_folder(tmp_path):
    """A folder with a small generator as a run writes it: without named directions."""
    return without_directions(generators.write(tmp_path, ("digit_gan",)))


def without_directions(folder, name="digit_gan"):
    card = weights.read(name, folder)
    del card["files"][f"{name}.directions.json"]
    weights.write(name, card, folder)
    return folder


def pill(page, name):
    return page.get_by_role("radio", name=name)


def seen_by_run(settings, run_id, page, network="digit_gan"):
    """What a run's generator makes of the address of the page: uint8 H×W×C."""
    trained = weights.trained(network, settings.folder(run_id) / "weights")
    return generator.picture(trained, page.url.split("z=")[1].split("&")[0])


def all_close_to(page, image):
    files = page.locator("canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL())")
    seen = [as_pixels(base64.b64decode(file.split(",")[1])).astype(int) for file in files]
    return all(np.abs(one - image).max() <= 2 for one in seen) and len(seen) == 1


class TestDraw:
    def test_a_run_reads_beside_the_others(self, visit, use):
        use("mlp", name="Anna's *best* | net")
        page = visit()
        pill(page, "Anna's *best* | net (Feed-forward net, trained here)").click()
        canvas = page.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        draw(page, canvas, DIGITS[7])
        expect(page.locator("h3")).to_contain_text("Anna's *best* | net reads a 7")
        rows = page.locator("table").first.locator("tbody tr")
        expect(rows).to_have_count(5)
        expect(rows.last).to_contain_text("Anna's *best* | net")
        expect(rows.last).to_contain_text("535,818")

    def test_a_run_that_is_deleted_meanwhile_makes_room_for_the_reader(self, visit, use, db, settings):
        run_id = use("mlp")
        page = visit()
        pill(page, "mlp 1").click()
        expect(pill(page, "mlp 1")).to_be_checked()
        queue.delete(db, settings, run_id)
        canvas = page.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        draw(page, canvas, DIGITS[7])
        expect(page.locator("h3")).to_contain_text("Reader reads a 7")
        expect(page.get_by_text("no longer in use, or not shared. Reader takes its place.")).to_be_visible()
        expect(pill(page, "mlp 1")).to_have_count(0)
        pill(page, "CNN").first.click()
        expect(page.get_by_text("no longer in use")).to_have_count(0)

    def test_damaged_files_disturb_no_other_network(self, visit, use, settings):
        run_id = use("mlp")
        page = visit()
        (settings.folder(run_id) / "weights" / "mlp.onnx").write_bytes(b"something else")
        pill(page, "mlp 1").click()
        expect(page.get_by_text("missing, damaged or just being written. Reader takes")).to_be_visible()
        canvas = page.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        draw(page, canvas, DIGITS[7])
        expect(page.locator("h3")).to_contain_text("Reader reads a 7")
        expect(page.locator("table").first.locator("tbody tr").last).to_contain_text("files are damaged")


SHAPES = ("circle", "a *cross*", "square")


@pytest.fixture
def visitor(visit):
    """A page of somebody, and the name that the app knows the browser by."""
    page = visit("runs")
    page.get_by_text("There are no runs yet").or_(
        page.get_by_text("All runs on this server")
    ).first.wait_for()
    cookie = next(one for one in page.context.cookies() if one["name"] == "_streamlit_xsrf")
    return page, visitors.name(unquote(cookie["value"]).strip('"'))


class TestOwnClasses:
    def test_one_click_from_the_run_to_drawing_for_it(self, visit, db, settings, app, visitor):
        page, name = visitor
        run_id = finished_runs.create(db, settings, "mlp", data="own-1a2b3c4d", name="mine", visitor=name)
        finished_runs.name_classes(settings, run_id, "mlp", SHAPES)
        page.goto(f"{app.address}/train?run={run_id}")
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("heading", name="Draw one of these")).to_contain_text(
            "circle, a *cross*, square"
        )
        expect(page.get_by_text("Draw a digit from 0 to 9")).to_have_count(0)
        expect(page.get_by_text("what the network reads: circle, a *cross*, square")).to_be_visible()
        expect(page.get_by_alt_text("Example: an MNIST digit")).to_have_count(0)
        expect(pill(page, "Yours: mine (Feed-forward net, trained here)")).to_be_checked()
        expect(page.get_by_text("Examples that no network was trained on")).to_have_count(0)
        canvas = page.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        draw(page, canvas, DIGITS[1])
        expect(page.locator("h3")).to_contain_text("mine reads a *cross*")
        bars = page.locator(".js-plotly-plot")
        expect(bars).to_contain_text("a *cross*")
        expect(page.locator("table").first.locator("tbody tr")).to_have_count(1)
        page.get_by_role("radio", name="a *cross*").click()
        expect(page.get_by_text("1 read right, 0 read wrong")).to_be_visible()
        pill(page, "Reader").click()
        expect(page.locator("h3")).to_contain_text("Reader reads a 1")
        expect(page.locator("table").first.locator("tbody tr")).to_have_count(4)

    def test_a_photo(self, visit, use, settings, tmp_path):
        run_id = use("mlp", data="own-1a2b3c4d", name="theirs")
        finished_runs.name_classes(settings, run_id, "mlp", SHAPES)
        page = visit()
        pill(page, "theirs").click()
        page.get_by_text("Photo", exact=True).click()
        expect(page.locator("h3")).to_contain_text(
            "Choose a photo of one of these: circle, a *cross*, square"
        )
        expect(page.get_by_text("A photo or picture of one drawing")).to_be_visible()
        path, blank = tmp_path / "one.png", tmp_path / "blank.png"
        Image.new("L", (200, 200), 255).save(blank)
        page.locator("input[type=file]").set_input_files(blank)
        expect(page.locator("h3")).to_contain_text("Nothing stands out in this photo")
        image = Image.new("L", (200, 200), 255)
        ImageDraw.Draw(image).line([(110, 30), (95, 170)], fill=0, width=16)
        image.save(path)
        page.locator("input[type=file]").set_input_files(path)
        expect(page.locator("h3")).to_contain_text("theirs reads a *cross*")
        pill(page, "Reader").click()
        expect(page.get_by_text("A photo or picture of one digit")).to_be_visible()
        expect(page.locator("h3")).to_contain_text("Reader reads a 1")  # in the same photo

    def test_what_is_not_shared_is_seen_by_its_owner_only(self, visit, db, settings, app, visitor, browser):
        page, name = visitor
        run_id = finished_runs.create(db, settings, "mlp", name="mine", visitor=name)
        finished_runs.create(db, settings, "mlp", name="secret", visitor="somebody else")
        page.goto(f"{app.address}/train?run={run_id}")
        page.get_by_role("button", name="Share", exact=True).click()
        page.get_by_role("button", name="Share with everybody").click()
        expect(page.get_by_text("Everybody can choose this network")).to_be_visible()
        called = str(nicknames.of(db, name)).capitalize()
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        other = context.new_page()
        other.goto(app.address)
        expect(pill(other, f"{called}: mine (Feed-forward net, trained here)")).to_be_visible()
        expect(pill(other, "secret")).to_have_count(0)
        nicknames.change(db, name, nicknames.Nickname("green", "yak"))
        other.reload()
        expect(pill(other, "Green yak: mine")).to_be_visible()
        other.goto(f"{app.address}/train?run={run_id}")
        expect(other.get_by_role("button", name="Try it")).to_be_visible()
        expect(other.get_by_role("button", name="Share", exact=True)).to_have_count(0)
        context.close()

    def test_another_name(self, db, settings, app, visitor):
        page, name = visitor
        run_id = finished_runs.create(db, settings, "mlp", visitor=name)
        page.goto(f"{app.address}/train?run={run_id}")
        page.get_by_role("button", name="Share", exact=True).click()
        page.get_by_role("combobox", name="Animal").fill("hedgehog")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Call me that").click()
        expect(page.get_by_text("hedgehog.")).to_be_visible()
        assert nicknames.of(db, name).animal == "hedgehog"


@pytest.mark.parametrize("network", ["denoiser", "vae", "digit_gan"])
def test_one_click_from_other_runs(network, db, settings, app, visitor, generator_folder):
    page, name = visitor
    source = generator_folder if network == "digit_gan" else None
    run_id = finished_runs.create(db, settings, network, name="mine", visitor=name, source=source)
    page.goto(f"{app.address}/train?run={run_id}")
    page.get_by_role("button", name="Try it").click()
    expect(pill(page, "Yours: mine").first).to_be_checked()
    if network == "denoiser":
        expect(pill(page, "Clean up")).to_be_checked()


class TestDigits:
    def test_a_runs_generator_follows_the_slider_in_the_browser(self, visit, use, settings, generator_folder):
        run_id = use("digit_gan", generator_folder)
        page = visit(f"digits?net=run-{run_id}")
        page.get_by_text("Drawn by your browser").wait_for()
        expect(pill(page, "digit_gan 1 (Digit GAN, trained here)")).to_be_checked()
        expect(page.get_by_text("No sliders with names were found")).to_be_visible()
        page.get_by_text("The 100 numbers").click()
        before, address = pixels(page), page.url
        take(page, page.get_by_role("slider", name="7", exact=True))(0.99)
        wait_for(lambda: (pixels(page) != before).any())
        page.mouse.up()
        expect(page).not_to_have_url(address)
        wait_for(lambda: close_to(page, seen_by_run(settings, run_id, page)))
        shown = pixels(page)
        page.reload()
        page.get_by_text("Drawn by your browser").wait_for()
        np.testing.assert_array_equal(pixels(page), shown)

    def test_what_a_run_lacks_is_said(self, visit, use, generator_folder):
        page = visit(f"digits?net=run-{use('digit_gan', generator_folder)}")
        page.get_by_text("Drawn by your browser").wait_for()
        page.get_by_text("How it learned").click()
        expect(page.get_by_text("No pictures were kept of this training.")).to_be_visible()
        page.get_by_text("Real or generated?").click()
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("button", name="Check")).to_be_visible()

    def test_a_run_that_wrote_its_files_anew_draws_anew(
        self, visit, use, settings, generator_folder, tmp_path
    ):
        run_id = use("digit_gan", generator_folder)
        page = visit(f"digits?net=run-{run_id}")
        page.get_by_text("Drawn by your browser").wait_for()
        other = tmp_path / "other"
        other.mkdir()
        generators.write(other, ("face_gan", "digit_gan"))  # so that its seed is another
        finished_runs.write_files(settings, run_id, "digit_gan", without_directions(other))
        page.get_by_role("button", name="Random", exact=True).click()
        # For a moment there are two elements, the old one and that of the new generator.
        wait_for(lambda: all_close_to(page, seen_by_run(settings, run_id, page)))

    def test_a_run_that_is_deleted_meanwhile_makes_room_for_the_digit_gan(
        self, visit, use, db, settings, generator_folder
    ):
        run_id = use("digit_gan", generator_folder)
        page = visit(f"digits?net=run-{run_id}")
        page.get_by_text("Drawn by your browser").wait_for()
        queue.delete(db, settings, run_id)
        page.get_by_role("button", name="Random", exact=True).click()
        expect(
            page.get_by_text("no longer in use, or not shared. Digit GAN takes its place.")
        ).to_be_visible()
        expect(page.get_by_role("img", name="A picture by Digit GAN")).to_be_visible()
        page.get_by_text("Drawn by your browser").wait_for()

    def test_a_link_to_what_is_not_in_use_says_so(self, visit):
        page = visit("digits?net=run-../../etc&z=AAAA")
        expect(
            page.get_by_text("no longer in use, or not shared. Digit GAN takes its place.")
        ).to_be_visible()
        page.get_by_text("Drawn by your browser").wait_for()


def test_faces_offers_a_run(visit, use, settings, tmp_path):
    source = without_directions(generators.write(tmp_path, ("face_gan",)), "face_gan")
    page = visit("faces")
    page.get_by_text("Drawn by your browser").wait_for()
    expect(page.get_by_test_id("stButtonGroup")).to_have_count(0)
    run_id = use("face_gan", source, data="faces")
    page.reload()
    pill(page, "face_gan 1").click()
    expect(page.get_by_role("img", name="A picture by face_gan 1")).to_be_visible()
    page.get_by_text("Drawn by your browser").wait_for()
    wait_for(lambda: close_to(page, seen_by_run(settings, run_id, page, "face_gan")))


class TestReconstruct:
    def test_every_view_uses_the_chosen_run(self, visit, use, settings):
        for name in ("autoencoder", "denoiser"):
            run_id = use(name)
            folder = settings.folder(run_id) / "weights"
            weights.write(name, {k: v for k, v in weights.read(name, folder).items() if k != "test"}, folder)
        page = visit("reconstruct")
        page.get_by_text("see what is left").wait_for()
        pill(page, "autoencoder 1").click()
        canvas = page.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        draw(page, canvas, DIGITS[5])
        expect(page.get_by_role("heading", name="keep this much")).to_be_visible()
        expect(page.get_by_text("A linear classifier reads")).to_have_count(0)  # not measured of the run
        page.get_by_text("Clean up", exact=True).click()
        expect(page.get_by_text("Of test digits with noise")).to_have_count(2)  # one is folded away
        pill(page, "denoiser 1").click()
        expect(page.get_by_role("heading", name="cleaned up")).to_be_visible()
        expect(page.get_by_text("Of test digits with noise")).to_have_count(1)

    def test_a_runs_plane_can_be_walked_on_while_it_is_there(self, visit, use, settings):
        run_id = use("vae")
        page = visit("reconstruct")
        pill(page, "vae 1").click()
        plane = page.get_by_role("application", name="The plane of digits by vae 1")
        expect(page.get_by_role("application")).to_have_count(1)
        expect(plane).to_be_visible()
        small = page.get_by_role("img", name="The picture of this place")
        expect(small).to_have_count(1)
        plane.scroll_into_view_if_needed()
        plane.hover(position={"x": 20, "y": 20})
        before = pixels_of(small)
        plane.hover(position={"x": 300, "y": 300})
        wait_for(lambda: (pixels_of(small) != before).any())
        shutil.rmtree(settings.folder(run_id))
        pill(page, "VAE").first.click()
        expect(page.get_by_role("application", name="The plane of digits by VAE;")).to_be_visible()
        pill(page, "vae 1").click()
        expect(page.get_by_text("VAE takes its place.")).to_be_visible()
        expect(page.get_by_role("application", name="The plane of digits by VAE;")).to_be_visible()


def pixels_of(canvas):
    return as_pixels(base64.b64decode(canvas.evaluate("canvas => canvas.toDataURL()").split(",")[1]))


def test_files_that_are_made_when_they_are_asked_for(visit, db, settings, app):
    run_id = finished_runs.create(db, settings, "mlp", name="mine")
    db.runs.append(run_id, [(10, 1.0, 2.0, True, {"loss": 0.5})], {})
    page = visit(f"train?run={run_id}")
    page.get_by_role("button", name="Download").click()
    for button, file_name, begin in (
        ("History (.csv)", "mine_history.csv", b"epoch,step,seconds,loss"),
        ("TensorBoard (.zip)", "mine_tensorboard.zip", b"PK"),
    ):
        with page.expect_download(timeout=120_000) as download:
            page.get_by_role("button", name=button).click()
        assert download.value.suggested_filename == file_name
        assert download.value.path().read_bytes().startswith(begin)
