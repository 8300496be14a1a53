"""The page Reconstruct: every stroke changes the picture, and the plane follows the pointer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.strokes import DIGITS, draw

WITHOUT_WEBASSEMBLY = "delete window.WebAssembly"


@pytest.fixture
def visit(browser, server, width):
    """A function that opens the page as a fresh visitor; fails the test when an exception is shown."""
    contexts = []

    def visit(script=None):
        context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=width < 500)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{server.address}/reconstruct")
        page.get_by_role("heading", name="see what is left").wait_for()
        return page

    yield visit
    for context in contexts:
        for page in context.pages:
            assert page.get_by_test_id("stException").count() == 0
        context.close()


def canvas(page, number=0):
    canvas = page.locator("canvas.upper-canvas").nth(number)
    canvas.scroll_into_view_if_needed()
    return canvas


def heading(page):
    return page.locator("h5").first


def picture(page, caption):
    """A picture of a row, as its data: address."""
    return page.get_by_alt_text(caption, exact=True).get_attribute("src")


def shows(page, view):
    page.get_by_role("radio", name=view, exact=True).click()


def error(page):
    """The figure in the heading that the network is to bring down."""
    return float(re.search(r"error (0\.\d+)", heading(page).text_content(), re.IGNORECASE)[1])


def test_every_stroke_changes_the_reconstruction(visit):
    page = visit()
    draw(page, canvas(page), DIGITS[7])
    expect(heading(page)).to_contain_text("keep this much: error 0.0")
    first = picture(page, "Drawn from the code")
    draw(page, canvas(page), [[(110, 140), (190, 140)]])
    expect(page.get_by_alt_text("Drawn from the code", exact=True)).not_to_have_attribute("src", first)
    assert picture(page, "Error") != picture(page, "What the network sees")
    bars = page.locator(".js-plotly-plot").first.locator(".bars .point")
    expect(bars).to_have_count(32)


def test_an_example_is_reconstructed_before_anybody_draws(visit):
    page = visit()
    expect(heading(page)).to_contain_text("see what is left")
    expect(page.get_by_alt_text("Example: an MNIST digit", exact=True)).to_be_visible()
    expect(page.get_by_alt_text("Drawn from the code", exact=True)).to_be_visible()
    expect(page.locator(".js-plotly-plot").first.locator(".bars .point")).to_have_count(32)
    shows(page, "Clean up")
    expect(page.get_by_alt_text("Example, with noise", exact=True)).to_be_visible()
    shows(page, "Blend")
    expect(page.get_by_alt_text("Example, from its code", exact=True)).to_be_visible()
    shows(page, "Reconstruct")
    draw(page, canvas(page), DIGITS[7])
    expect(heading(page)).to_contain_text("keep this much")
    expect(page.get_by_alt_text("What the network sees", exact=True)).to_be_visible()
    page.locator("button", has_text="Clear").first.click()
    expect(heading(page)).to_contain_text("see what is left")
    expect(page.locator(".pixels img")).to_have_count(0)


def test_neighbours_are_found(visit):
    page = visit()
    draw(page, canvas(page), DIGITS[0])
    expect(heading(page)).to_contain_text("keep this much")
    captions = page.locator(".pixels.small figcaption")
    expect(captions.first).to_have_text("0")
    assert captions.all_text_contents().count("0") >= 7


def test_a_picked_digit_is_shown_and_taken_back(visit):
    page = visit()
    examples = page.get_by_test_id("stButtonGroup").filter(has_text="no network was trained on")
    examples.get_by_role("radio", name="4").click()
    expect(heading(page)).to_contain_text("keep this much")
    page.locator("button", has_text="Clear").first.click()
    expect(heading(page)).to_contain_text("see what is left")
    examples.get_by_role("radio", name="6").click()
    expect(heading(page)).to_contain_text("keep this much")


def test_noise_is_cleaned_up(visit):
    page = visit()
    draw(page, canvas(page), DIGITS[3])
    expect(heading(page)).to_contain_text("keep this much")
    shows(page, "Clean up")
    expect(heading(page)).to_contain_text("times less")
    assert error(page) > 0.08
    noisy = picture(page, "With noise")
    page.get_by_role("slider").press("ArrowLeft")
    expect(page.get_by_alt_text("With noise", exact=True)).not_to_have_attribute("src", noisy)
    expect(heading(page)).to_contain_text("times less")


def test_a_part_is_rubbed_out_and_filled_in(visit):
    page = visit()
    draw(page, canvas(page), DIGITS[0])
    expect(heading(page)).to_contain_text("keep this much")
    shows(page, "Fill in")
    expect(heading(page)).to_contain_text("Rub a part of the digit out")
    draw(page, canvas(page, 1), [[(110, 50), (170, 55)]])
    expect(heading(page)).to_contain_text("Error inside the hole")
    filled, bare = re.findall(r"0\.\d+", heading(page).text_content())
    assert float(filled) < float(bare)
    page.locator("button", has_text="Clear").last.click()
    expect(heading(page)).to_contain_text("Rub a part of the digit out")


def test_two_digits_are_blended(visit):
    page = visit()
    draw(page, canvas(page), DIGITS[1])
    expect(heading(page)).to_contain_text("keep this much")
    shows(page, "Blend")
    expect(heading(page)).to_contain_text("50 % of a 3")
    between = picture(page, "Between the codes")
    page.get_by_role("slider").press("ArrowRight")
    expect(heading(page)).to_contain_text("55 % of a 3")
    expect(page.get_by_alt_text("Between the codes", exact=True)).not_to_have_attribute("src", between)
    page.get_by_test_id("stButtonGroup").filter(has_text="Blend with").get_by_role("radio", name="8").click()
    expect(heading(page)).to_contain_text("55 % of a 8")


class TestPlane:
    def test_the_picture_follows_the_pointer(self, visit):
        """Without a button pressed, and without the server: no message leaves while the pointer moves."""
        page = visit()
        plane = self.plane(page)
        box = plane.bounding_box()
        sent = []
        page.on("websocket", lambda socket: socket.on("framesent", sent.append))
        pictures = set()
        for step in range(1, 8):
            page.mouse.move(box["x"] + 38 * step, box["y"] + 38 * step)
            page.wait_for_timeout(150)
            pictures.add(self.pixels(page))
        assert len(pictures) >= 6
        assert not sent

    def test_the_picture_is_that_of_the_sheet(self, visit):
        """In the middle of a tile, what the browser decodes is what the server drew there."""
        page = visit()
        plane = self.plane(page)
        box = plane.bounding_box()
        page.mouse.move(box["x"] + 2.5 * 28, box["y"] + 8.5 * 28)
        page.wait_for_timeout(500)
        difference = page.locator(".map img").evaluate(
            """sheet => {
                const here = sheet.getRootNode().querySelector(".here canvas");
                const tile = document.createElement("canvas");
                tile.width = tile.height = 28;
                const context = tile.getContext("2d");
                context.drawImage(sheet, 2 * 28, 8 * 28, 28, 28, 0, 0, 28, 28);
                const a = context.getImageData(0, 0, 28, 28).data;
                const b = here.getContext("2d").getImageData(0, 0, 28, 28).data;
                return Math.max(...a.map((value, index) => Math.abs(value - b[index])));
            }"""
        )
        assert difference <= 4  # the pointer stands on whole screen pixels, not quite in the middle

    def test_the_keyboard_walks_too(self, visit):
        page = visit()
        plane = self.plane(page)
        before = self.pixels(page)
        plane.focus()
        for _ in range(5):
            plane.press("ArrowRight")
        expect(page.locator(".here output")).to_have_text("+0.50, +0.00")
        page.wait_for_timeout(300)
        assert self.pixels(page) != before

    def test_without_webassembly_the_server_draws(self, visit):
        page = visit(WITHOUT_WEBASSEMBLY)
        note = page.get_by_text("Drawn by the server")
        expect(note).to_contain_text("does not run WebAssembly")
        pictures = page.locator(".pixels img").last
        before = pictures.get_attribute("src")
        page.get_by_role("slider", name="Across").press("ArrowRight")
        expect(pictures).not_to_have_attribute("src", before)

    def test_held_out_digits_lie_on_it_in_ten_colours(self, visit):
        page = visit()
        chart = page.locator(".js-plotly-plot").last
        expect(chart.locator(".scatterlayer .trace")).to_have_count(10)
        expect(chart.locator(".scatterlayer .point")).to_have_count(2_000)

    def plane(self, page):
        plane = page.locator(".map")
        plane.scroll_into_view_if_needed()
        page.wait_for_function(
            """() => [...document.querySelectorAll("*")].some((element) => {
                const canvas = element.shadowRoot?.querySelector(".here canvas");
                return canvas && canvas.getContext("2d").getImageData(0, 0, 28, 28).data.some((v) => v);
            })"""
        )
        return plane

    def pixels(self, page):
        return page.locator(".here canvas").evaluate("canvas => canvas.toDataURL()")


@pytest.mark.parametrize("width", [360], indirect=True, ids=["360px"])
def test_nothing_overflows_a_phone(visit):
    page = visit()
    draw(page, canvas(page), DIGITS[5])
    for view in ("Reconstruct", "Clean up", "Fill in", "Blend"):
        shows(page, view)
        expect(page.get_by_role("radio", name=view, exact=True)).to_be_checked()
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for element in page.locator(".pixels img, canvas.upper-canvas, .map").all():
            box = element.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
