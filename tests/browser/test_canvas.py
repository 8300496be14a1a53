"""The canvas of Draw and Reconstruct: Undo takes one stroke, and the drawing travels with the visitor."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.strokes import DIGITS, LINES, draw, lines_on, press_after_stroke, wait_until_quiet


def canvas(page):
    canvas = page.locator("canvas.upper-canvas").first
    canvas.scroll_into_view_if_needed()
    return canvas


def undo(page):
    return page.locator("button", has_text="Undo").first


def go_to(page, name):
    page.get_by_role("link", name=name, exact=True).click()
    wait_until_quiet(page)  # until then the page before stands beneath


def reads(page, digit):
    expect(page.locator("h3").first).to_have_text(re.compile(rf"Reader reads an? {digit} "))


def is_reconstructed(page):
    expect(page.locator("h5").first).to_contain_text("keep this much")


class TestUndo:
    @pytest.mark.parametrize("delay", [0, 30, 100, 200])
    def test_takes_one_stroke_however_soon_it_is_pressed(self, page, delay):
        draw(page, canvas(page), LINES[:2])
        wait_until_quiet(page)
        press_after_stroke(page, undo(page), [delay])
        draw(page, canvas(page), LINES[2:3])
        wait_until_quiet(page)
        assert lines_on(page) == 2

    @pytest.mark.parametrize("delays", [[0, 0], [30, 60], [100, 250]])
    def test_takes_two_strokes_when_it_is_pressed_twice(self, page, delays):
        draw(page, canvas(page), LINES[:3])
        wait_until_quiet(page)
        press_after_stroke(page, undo(page), delays)
        draw(page, canvas(page), LINES[3:4])
        wait_until_quiet(page)
        assert lines_on(page) == 2

    def test_takes_the_first_stroke_too(self, page):
        canvas(page)
        press_after_stroke(page, undo(page), [0])
        draw(page, canvas(page), LINES[:1])
        wait_until_quiet(page)
        assert lines_on(page) == 0
        expect(undo(page)).to_be_disabled()

    @pytest.mark.parametrize("presses", range(1, 5))
    def test_takes_strokes_from_before_the_page_was_left(self, page, presses):
        draw(page, canvas(page), LINES[:3])
        go_to(page, "Reconstruct")
        is_reconstructed(page)
        draw(page, canvas(page), LINES[3:4])
        wait_until_quiet(page)
        undo(page).evaluate("(button, times) => { while (times--) button.click(); }", presses)
        wait_until_quiet(page)
        assert lines_on(page) == 4 - presses
        go_to(page, "Draw")
        wait_until_quiet(page)
        assert lines_on(page) == 4 - presses


class TestTravel:
    def test_the_drawing_survives_a_look_at_photo(self, page):
        draw(page, canvas(page), DIGITS[3])
        reads(page, 3)
        page.get_by_role("radio", name="Photo").click()
        page.get_by_test_id("stFileUploader").wait_for()
        page.get_by_role("radio", name="Draw", exact=True).click()
        reads(page, 3)
        undo(page).click()
        expect(page.locator("h3").first).to_contain_text("the networks will read it")

    def test_the_drawing_is_the_same_on_draw_and_reconstruct(self, page):
        draw(page, canvas(page), DIGITS[4])
        reads(page, 4)
        for _ in range(2):
            go_to(page, "Reconstruct")
            is_reconstructed(page)
            go_to(page, "Draw")
            reads(page, 4)
        go_to(page, "Reconstruct")
        page.locator("button", has_text="Clear").first.click()
        expect(page.locator("h5").first).to_contain_text("see what is left")
        draw(page, canvas(page), DIGITS[7])
        is_reconstructed(page)
        go_to(page, "Train")
        go_to(page, "Draw")
        reads(page, 7)

    @pytest.mark.parametrize("delay", [0, 150])
    def test_a_cleared_drawing_stays_cleared_however_soon_the_page_is_left(self, page, delay):
        draw(page, canvas(page), LINES[:2])
        wait_until_quiet(page)
        page.locator("button", has_text="Clear").first.click()
        page.wait_for_timeout(delay)  # milliseconds: the canvas reports 200 after it was cleared
        go_to(page, "Reconstruct")
        wait_until_quiet(page)
        assert lines_on(page) == 0
        expect(undo(page)).to_be_disabled()

    def test_a_stroke_is_not_lost_by_leaving_at_once(self, page):
        link = page.get_by_role("link", name="Reconstruct", exact=True).bounding_box()
        draw(page, canvas(page), LINES[:3])
        page.mouse.click(link["x"] + link["width"] / 2, link["y"] + link["height"] / 2)
        is_reconstructed(page)
        assert lines_on(page) == 3

    def test_an_example_is_not_lost_by_leaving_at_once(self, page):
        examples = page.get_by_test_id("stButtonGroup").filter(has_text="Examples")
        examples.get_by_role("radio", name="4").click()
        page.get_by_role("radio", name="Photo").click()
        page.get_by_test_id("stFileUploader").wait_for()
        page.get_by_role("radio", name="Draw", exact=True).click()
        reads(page, 4)

    def test_answers_are_not_taken_for_a_drawing_of_another_page(self, page):
        truth = page.get_by_test_id("stButtonGroup").filter(has_text="Which digit")
        draw(page, canvas(page), DIGITS[7])
        reads(page, 7)
        truth.get_by_role("radio", name="7").click()
        expect(truth).to_contain_text("1 read right, 0 read wrong")
        go_to(page, "Reconstruct")
        is_reconstructed(page)
        page.locator("button", has_text="Clear").first.click()
        draw(page, canvas(page), DIGITS[0])
        is_reconstructed(page)
        go_to(page, "Draw")
        reads(page, 0)
        truth.get_by_role("radio", name="0").click()
        expect(truth).to_contain_text("2 read right, 0 read wrong")
