"""The pages of the generators: sliders that the picture follows, and what is around them."""

import base64
import io
import re
import time
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks.byte_counter import relayed
from mnist_models import catalog, weights
from mnist_models.images import encoding
from mnist_models.latent.address import from_address
from mnist_models.serving import generator, sliders
from scripts import serving
from tests import generators

WITHOUT_WEBASSEMBLY = "delete window.WebAssembly"
NET = {"digits": "digit_gan", "faces": "face_gan"}


@pytest.fixture
def visit(browser, dream_server, width):
    """A function that opens a page as a fresh visitor; fails the test when an exception is shown."""
    contexts = []

    def visit(path, script=None):
        context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=width < 500)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{dream_server[0].address}/{path}")
        page.get_by_text("Drawn by").wait_for()
        return page

    yield visit
    for context in contexts:
        for page in context.pages:
            assert page.get_by_test_id("stException").count() == 0
        context.close()


def slider(page, title="Slant"):
    return page.get_by_role("slider", name=title)


def pixels(page):
    """What the canvas shows: uint8 H×W×3."""
    address = page.locator("canvas").evaluate("canvas => canvas.toDataURL()")
    return as_pixels(base64.b64decode(address.split(",")[1]))


def as_pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def parameters(page):
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query).items()}


def vector(page):
    return from_address(parameters(page)["z"], generators.LATENT_DIM)


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def take(page, handle):
    """Press the mouse on a slider's thumb; returns a function that moves it to a share of the slider."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    low, high, value = (float(handle.evaluate(f"s => s.{name}")) for name in ("min", "max", "value"))
    thumb = 16  # pixels, Chromium's

    def move(share):
        x = box["x"] + thumb / 2 + share * (box["width"] - thumb)
        page.mouse.move(x, box["y"] + box["height"] / 2, steps=5)

    move((value - low) / (high - low))
    page.mouse.down()
    return move


def close_to(page, image):
    return np.abs(pixels(page).astype(int) - image).max() <= 2


class TestDragging:
    @pytest.mark.parametrize("path", NET)
    def test_changes_the_picture_before_the_mouse_is_released(self, visit, path):
        page = visit(path)
        before, address = pixels(page), page.url
        move = take(page, slider(page))
        for share in (0.1, 0.9):
            seen = pixels(page)
            move(share)
            wait_for(lambda seen=seen: (pixels(page) != seen).any())
        assert (pixels(page) != before).any()
        assert page.url == address
        page.mouse.up()
        expect(page).not_to_have_url(address)

    def test_tells_python_after_the_release(self, visit, dream_server):
        page = visit("digits")
        opinion = page.get_by_text("The discriminator gives it")
        before = opinion.text_content()
        move = take(page, slider(page))
        move(0.95)
        page.mouse.up()
        expect(opinion).not_to_have_text(before)
        (direction, _) = sliders.directions(weights.trained("digit_gan", dream_server[1]))
        assert vector(page) @ direction.vector == pytest.approx(float(slider(page).input_value()), abs=0.01)

    @pytest.mark.parametrize("path", NET)
    def test_gives_the_server_the_same_picture(self, visit, dream_server, path):
        page = visit(path)
        before = page.url
        move = take(page, slider(page, "Thickness"))
        move(0.8)
        page.mouse.up()
        expect(page).not_to_have_url(before)
        image = generator.picture(weights.trained(NET[path], dream_server[1]), parameters(page)["z"])
        wait_for(lambda: close_to(page, image))

    @pytest.mark.parametrize("path", NET)
    def test_can_be_repeated_from_the_address_pixel_by_pixel(self, visit, path):
        page = visit(path)
        before = page.url
        take(page, slider(page))(0.2)
        page.mouse.up()
        expect(page).not_to_have_url(before)
        expected, place = pixels(page), slider(page).input_value()
        page.reload()
        page.get_by_text("Drawn by your browser").wait_for()
        np.testing.assert_array_equal(pixels(page), expected)
        assert slider(page).input_value() == place

    def test_is_not_disturbed_by_the_answer_to_an_earlier_release(self, visit):
        page = visit("digits")
        before = page.url
        take(page, slider(page))(0.2)
        page.mouse.up()
        take(page, slider(page))(0.85)
        place = slider(page).input_value()
        expect(page).not_to_have_url(before)  # Python has heard of the first drag, and answered
        page.wait_for_timeout(1_000)
        held = pixels(page)
        assert slider(page).input_value() == place
        page.mouse.up()
        page.wait_for_timeout(1_000)
        np.testing.assert_array_equal(pixels(page), held)
        assert slider(page).input_value() == place

    def test_there_and_back_leads_back(self, visit):
        page = visit("digits")
        before = pixels(page)
        handle = slider(page)
        place = handle.input_value()
        move = take(page, handle)
        move(0.05)
        wait_for(lambda: (pixels(page) != before).any())
        handle.evaluate(f"s => {{ s.value = {place}; s.dispatchEvent(new Event('input')); }}")
        wait_for(lambda: np.abs(pixels(page).astype(int) - before).max() <= 2)
        page.mouse.up()

    def test_works_for_single_numbers(self, visit):
        page = visit("digits")
        before, start, address = pixels(page), vector(page), page.url
        page.get_by_text("The 100 numbers").click()
        handle = page.get_by_role("slider", name="7", exact=True)
        take(page, handle)(0.99)
        wait_for(lambda: (pixels(page) != before).any())
        page.mouse.up()
        expect(page).not_to_have_url(address)
        assert set(np.flatnonzero(vector(page) != start)) == {6}
        assert vector(page)[6] == pytest.approx(float(handle.input_value()), abs=0.001)

    def test_works_with_the_keyboard(self, visit):
        page = visit("digits")
        before, address = pixels(page), page.url
        slider(page).focus()
        for _ in range(40):
            page.keyboard.press("ArrowRight")
        wait_for(lambda: (pixels(page) != before).any())
        expect(page).not_to_have_url(address)


class TestAround:
    def test_back_and_forward_go_through_what_was_seen(self, visit):
        page = visit("digits")
        first = pixels(page)
        page.get_by_role("button", name="Random", exact=True).click()
        wait_for(lambda: (pixels(page) != first).any())
        second, place = pixels(page), slider(page).input_value()
        page.get_by_role("button", name="Back").click()
        wait_for(lambda: (pixels(page) == first).all())
        page.get_by_role("button", name="Forward").click()
        wait_for(lambda: (pixels(page) == second).all())
        assert slider(page).input_value() == place
        expect(page.get_by_role("button", name="Forward")).to_be_disabled()

    def test_a_random_picture_can_be_picked(self, visit):
        page = visit("faces")
        fourth = page.get_by_role("button", name="Picture 4")
        thumbnail = as_pixels(base64.b64decode(fourth.locator("img").get_attribute("src").split(",")[1]))
        fourth.click()
        wait_for(lambda: close_to(page, thumbnail))
        page.get_by_role("button", name="Other pictures").click()
        expect(fourth.locator("img")).not_to_have_attribute("src", encoding.png_address(thumbnail))

    def test_between_two_pinned_pictures_one_can_morph(self, visit):
        page = visit("digits")
        way = slider(page, "From A to B")
        expect(way).to_be_disabled()
        page.get_by_role("button", name="Pin as A").click()
        start = pixels(page)
        page.get_by_role("button", name="Random", exact=True).click()
        wait_for(lambda: (pixels(page) != start).any())
        end = pixels(page)
        page.get_by_role("button", name="Pin as B").click()
        expect(way).to_be_enabled()
        move = take(page, way)
        move(0.5)
        wait_for(lambda: (pixels(page) != end).any() and (pixels(page) != start).any())
        move(1)
        wait_for(lambda: close_to(page, end))
        page.mouse.up()

    def test_the_picture_can_be_saved(self, visit):
        page = visit("faces")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save PNG").click()
        assert download.value.suggested_filename == "face_gan.png"
        file = as_pixels(download.value.path().read_bytes())
        assert np.abs(file[3::7, 3::7].astype(int) - pixels(page)).max() <= 2
        with page.expect_download() as download:
            page.get_by_role("button", name="Save GIF").click()
        assert Image.open(download.value.path()).n_frames == generator.FRAMES

    def test_another_generator_has_a_picture_and_an_address_of_its_own(self, visit, dream_server):
        page = visit("digits")
        first = pixels(page)
        page.get_by_role("radio", name="Tutorial GAN, fashion").click()
        expect(page).to_have_url(re.compile("net=fashion_gan"))
        expect(page.get_by_role("img", name="Tutorial GAN, fashion")).to_be_visible()
        expect(page.locator("canvas")).to_have_count(1)  # no longer beside the one before
        image = generator.picture(weights.trained("fashion_gan", dream_server[1]), parameters(page)["z"])
        wait_for(lambda: close_to(page, image))
        page.reload()
        page.get_by_text("Drawn by your browser").wait_for()
        assert close_to(page, image)
        page.get_by_role("radio", name="Digit GAN").click()
        expect(page.get_by_role("img", name="Digit GAN")).to_be_visible()
        expect(page.locator("canvas")).to_have_count(1)
        wait_for(lambda: (pixels(page) == first).all())

    def test_an_address_that_holds_no_picture_gets_a_sentence(self, visit):
        page = visit("faces?z=nonsense")
        expect(page.get_by_text("The address holds")).to_be_visible()

    def test_it_is_said_that_these_people_do_not_exist(self, visit):
        page = visit("faces")
        expect(page.get_by_text("These people do not exist.", exact=True)).to_be_visible()
        page.get_by_text("What you see").click()
        expect(page.get_by_text("It knows nothing.")).to_be_visible()


class TestQuiz:
    def test_counts_a_score(self, visit):
        page = visit("digits")
        page.get_by_text("Real or generated?").click()
        page.get_by_role("button", name="Begin").click()
        quiz = page.get_by_test_id("stExpander").filter(has_text="Real or generated?")
        cards_of_quiz = quiz.get_by_role("button", name=re.compile(r"^Picture \d"))
        expect(cards_of_quiz).to_have_count(8)
        cards_of_quiz.nth(2).click()
        expect(cards_of_quiz.nth(2)).to_have_attribute("aria-pressed", "true")
        quiz.get_by_role("button", name="Check").click()
        expect(quiz.get_by_text("pictures called right")).to_be_visible()
        captions = cards_of_quiz.locator("span").all_text_contents()
        right = sum(caption.endswith("right") for caption in captions)
        expect(quiz).to_contain_text(f"{right} of 8 pictures called right")
        assert captions[2] in ("generated, right", "real, wrong")
        quiz.get_by_role("button", name="Eight others").click()
        expect(cards_of_quiz.nth(2)).to_have_attribute("aria-pressed", "false")

    def test_says_that_faces_are_missing(self, visit):
        page = visit("faces")
        page.get_by_text("Real or generated?").click()
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_text("not on this machine")).to_be_visible()


class TestWithoutWebAssembly:
    def test_the_server_draws_what_streamlits_sliders_say(self, visit):
        page = visit("digits", WITHOUT_WEBASSEMBLY)
        expect(page.get_by_text("Drawn by the server")).to_be_visible()
        picture = page.get_by_alt_text("A picture by Digit GAN")
        for _ in range(2):
            before, address = picture.get_attribute("src"), page.url
            slider(page).focus()
            for _ in range(60):
                page.keyboard.press("ArrowRight")
            expect(picture).not_to_have_attribute("src", before)
            expect(page).not_to_have_url(address)

    def test_an_address_shows_the_picture_that_browsers_draw(self, visit):
        drawn = visit("faces")
        address = drawn.url
        take(drawn, slider(drawn))(0.8)
        drawn.mouse.up()
        expect(drawn).not_to_have_url(address)
        served = visit(f"faces?{urlsplit(drawn.url).query}", WITHOUT_WEBASSEMBLY)
        source = served.get_by_alt_text("A picture by Face GAN").get_attribute("src")
        assert close_to(drawn, as_pixels(base64.b64decode(source.split(",")[1])))


def test_a_second_visit_loads_neither_the_runtime_nor_the_generator_again(browser, dream_server):
    server = relayed(dream_server[0].address)
    page = browser.new_page()
    sent = []
    for _ in range(2):
        before = server.sent
        page.goto(f"{server.address}/digits")
        page.get_by_text("Drawn by your browser").wait_for(timeout=60_000)
        sent.append(server.sent - before)
    page.close()
    runtime = next((serving.ROOT / "static").glob("runtime-*.wasm.gz")).stat().st_size
    assert sent[0] > runtime
    assert sent[1] < runtime / 4


@pytest.mark.parametrize("width", [360], indirect=True, ids=["360px"])
class TestPhone:
    @pytest.mark.parametrize("path", NET)
    def test_nothing_overflows_and_the_picture_stays_in_sight(self, visit, path):
        page = visit(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_text("The 100 numbers").click()
        slider(page, "Thickness").scroll_into_view_if_needed()
        for element in (page.locator("canvas"), *page.get_by_role("slider").all()[:6]):
            box = element.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
        box = page.locator("canvas").bounding_box()
        assert 0 <= box["y"] <= box["y"] + box["height"] <= 900

    def test_a_finger_drags(self, visit):
        page = visit("digits")
        before, address = pixels(page), page.url
        box = slider(page).bounding_box()
        y = box["y"] + box["height"] / 2
        client = page.context.new_cdp_session(page)
        for kind, x in [("touchStart", 100), *(("touchMove", x) for x in range(110, 300, 10))]:
            touch = {"type": kind, "touchPoints": [{"x": box["x"] + x, "y": y}]}
            client.send("Input.dispatchTouchEvent", touch)
        wait_for(lambda: (pixels(page) != before).any())
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(page).not_to_have_url(address)


def test_the_app_works_under_a_path_prefix(browser, dream_server, tmp_path):
    environment = {weights.WEIGHTS_VARIABLE: str(dream_server[1])}
    with serving.serving(serving.ROOT / "app.py", tmp_path / "log", environment, "/lab") as server:
        page = browser.new_page()
        page.goto(f"{server.address}/digits")
        page.get_by_text("Drawn by your browser").wait_for(timeout=30_000)
        page.close()


def test_a_generator_that_is_not_trained_gets_a_sentence(browser, tmp_path):
    environment = {weights.WEIGHTS_VARIABLE: str(tmp_path)}
    with serving.serving(serving.ROOT / "app.py", tmp_path / "log", environment) as server:
        page = browser.new_page()
        page.goto(f"{server.address}/faces")
        expect(page.get_by_test_id("stAlert")).to_contain_text("face_gan is not trained yet", timeout=30_000)
        assert page.get_by_test_id("stException").count() == 0
        page.close()


@pytest.mark.parametrize("name", catalog.ADVERSARIAL)
def test_browser_and_server_agree_on_shipped_generators(browser, server, name):
    if not (weights.folder() / f"{name}.json").is_file():
        pytest.skip(f"{name} is not trained yet")
    page = browser.new_page()
    page.set_default_timeout(60_000)
    path = "faces?" if name == "face_gan" else f"digits?net={name}&"
    for address in generator.addresses(2, name, seed=11):
        page.goto(f"{server.address}/{path}z={address}")
        page.get_by_text("Drawn by your browser").wait_for()
        assert close_to(page, generator.picture(name, address))
    page.close()
