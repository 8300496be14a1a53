import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mnist_models.data import datasets
from tests import pictures
from tests.browser.strokes import DIGITS, SCRIBBLE, draw, wait_until_quiet

CASES = Path(__file__).parent.parent / "cases"
INVITATION = "the networks will read it"
EXAMPLE = "Example: an MNIST digit"


def canvas(page):
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    return canvas


def undo(page):
    return page.locator("button", has_text="Undo")  # the canvas's own toolbar has one without text


def verdict(page):
    return page.locator("h3")


def reads(digit):
    return re.compile(rf"Reader reads an? {digit} ")


def table(page):
    """The comparison as rows of cells, without its header."""
    rows = page.locator("table").first.locator("tbody tr").all()
    return [row.locator("td").all_text_contents() for row in rows]


@pytest.mark.parametrize("digit", range(10))
def test_a_drawn_digit_is_read(page, digit):
    draw(page, canvas(page), DIGITS[digit])
    expect(verdict(page)).to_have_text(reads(digit))


def test_every_network_reads_the_same_drawing(page):
    draw(page, canvas(page), DIGITS[3])
    expect(verdict(page)).to_have_text(reads(3))
    # The sentence is sent first; the table comes once all have read.
    expect(page.get_by_role("cell", name=re.compile(r"\d ms$"))).to_have_count(4)
    rows = table(page)
    assert [row[0] for row in rows] == ["Reader", "CNN", "Strided CNN", "Feed-forward net"]
    for _, reads_as, parameters, time in rows:
        assert re.search(r"\d.* \((over )?\d+ %\)", reads_as)
        assert int(parameters.replace(",", "")) > 10_000
        assert float(time.removesuffix(" ms")) < 1_000


def test_the_bars_show_the_winner(page):
    draw(page, canvas(page), DIGITS[7])
    expect(verdict(page)).to_have_text(reads(7))
    labels = page.locator(".js-plotly-plot .bars text")
    expect(labels.filter(has_text=re.compile(r"^(9\d|>99)$"))).to_have_count(1)
    bars = page.locator(".js-plotly-plot .bars .point path").all()
    heights = [bar.bounding_box()["height"] for bar in bars]
    assert heights.index(max(heights)) == 7


def test_an_example_is_read_before_anybody_draws(page):
    expect(verdict(page)).to_contain_text(INVITATION)
    expect(page.get_by_alt_text(EXAMPLE)).to_be_visible()
    expect(page.get_by_role("cell", name=re.compile(r"\d ms$"))).to_have_count(4)
    expect(page.locator(".js-plotly-plot .bars .point")).to_have_count(10)
    truth = page.get_by_test_id("stButtonGroup").filter(has_text="Which digit")
    expect(truth.get_by_role("radio", name="1")).to_be_disabled()
    draw(page, canvas(page), DIGITS[7])
    expect(verdict(page)).to_have_text(reads(7))
    expect(page.get_by_alt_text(EXAMPLE)).to_have_count(0)


def test_an_empty_canvas_invites_and_guesses_nothing(page):
    draw(page, canvas(page), DIGITS[7])
    expect(verdict(page)).to_have_text(reads(7))
    page.get_by_role("button", name="Clear").click()
    expect(verdict(page)).to_contain_text(INVITATION)
    expect(page.get_by_alt_text(EXAMPLE)).to_have_count(0)
    expect(page.get_by_role("cell", name=re.compile(r"\d ms$"))).to_have_count(0)
    expect(page.locator("table").first.locator("tbody tr")).to_have_count(4)  # it comes after the heading
    assert {(row[1], row[3]) for row in table(page)} == {("–", "–")}
    expect(page.locator(".js-plotly-plot")).to_have_count(0)


def test_a_scribble_is_called_unsure(page):
    draw(page, canvas(page), SCRIBBLE)
    expect(verdict(page)).to_contain_text("unsure")


def test_clear_empties_the_canvas_and_the_verdict(page):
    draw(page, canvas(page), DIGITS[2])
    expect(verdict(page)).to_have_text(reads(2))
    page.get_by_role("button", name="Clear").click()
    expect(verdict(page)).to_contain_text(INVITATION)
    expect(undo(page)).to_be_disabled()
    draw(page, canvas(page), DIGITS[2])
    expect(verdict(page)).to_have_text(reads(2))


def test_undo_takes_back_a_stroke_a_click(page):
    draw(page, canvas(page), DIGITS[1])
    expect(verdict(page)).to_have_text(reads(1))
    draw(page, canvas(page), [[(60, 140), (230, 140)], [(60, 180), (230, 180)]])
    expect(verdict(page)).not_to_have_text(reads(1))
    undo(page).click()
    undo(page).click()
    expect(verdict(page)).to_have_text(reads(1))


def test_an_example_loads_with_one_click_and_can_be_undone(page):
    examples = page.get_by_test_id("stButtonGroup").filter(has_text="Examples")
    examples.get_by_role("radio", name="4").click()
    expect(verdict(page)).to_have_text(reads(4))
    examples.get_by_role("radio", name="0").click()
    expect(verdict(page)).to_have_text(reads(0))
    undo(page).click()
    expect(verdict(page)).to_contain_text(INVITATION)


def test_telling_the_right_digit_counts_and_can_be_corrected(page):
    truth = page.get_by_test_id("stButtonGroup").filter(has_text="Which digit")
    draw(page, canvas(page), DIGITS[7])
    expect(verdict(page)).to_have_text(reads(7))
    truth.get_by_role("radio", name="1").click()
    expect(truth).to_contain_text("0 read right, 1 read wrong")
    truth.get_by_role("radio", name="7").click()
    expect(truth).to_contain_text("1 read right, 0 read wrong")
    page.get_by_role("button", name="Clear").click()
    expect(verdict(page)).to_contain_text(INVITATION)
    draw(page, canvas(page), DIGITS[0])
    expect(verdict(page)).to_have_text(reads(0))
    truth.get_by_role("radio", name="6").click()
    expect(truth).to_contain_text("1 read right, 1 read wrong")


def test_another_network_can_be_asked(page):
    page.get_by_role("radio", name="Feed-forward net").click()
    draw(page, canvas(page), DIGITS[7])
    expect(verdict(page)).to_contain_text("Feed-forward net")


class TestPhoto:
    @pytest.fixture(autouse=True)
    def _photo_input(self, page):
        page.get_by_role("radio", name="Photo").click()
        page.get_by_test_id("stFileUploader").wait_for()

    def test_a_photo_of_a_digit_is_read(self, page, rng):
        sample = datasets.load_sample()
        photo = pictures.photo_of(sample.x_test[0], rng)
        page.locator("input[type=file]").set_input_files(
            {"name": "digit.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        expect(verdict(page)).to_have_text(reads(sample.y_test[0]))

    @pytest.mark.parametrize(
        ("case", "name", "digit"),
        [
            ("named_jfif.jfif", "digit.jfif", 3),
            ("named_jfif.jfif", "digit", 3),
            ("two.heic", "IMG_0001.HEIC", 2),
            ("animated_blank_first_3.gif", "digit.gif", 3),
            ("sub_lens_spec.jpg", "digit.jpg", 7),
        ],
    )
    def test_files_of_every_kind_and_name_are_read(self, page, case, name, digit):
        content = (CASES / case).read_bytes()
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": content})
        expect(verdict(page)).to_have_text(reads(digit))

    def test_a_photo_stays_while_other_pages_are_looked_at(self, page):
        content = (CASES / "named_jfif.jfif").read_bytes()
        page.locator("input[type=file]").set_input_files(
            {"name": "digit.jpg", "mimeType": "", "buffer": content}
        )
        expect(verdict(page)).to_have_text(reads(3))
        page.get_by_role("link", name="Runs", exact=True).click()
        page.get_by_text("All runs on this server").wait_for()
        page.get_by_role("link", name="Draw", exact=True).click()
        expect(verdict(page)).to_have_text(reads(3))
        expect(page.get_by_text("digit.jpg, chosen before")).to_be_visible()
        page.get_by_role("radio", name="Draw", exact=True).click()
        expect(verdict(page)).to_contain_text(INVITATION)
        page.get_by_role("radio", name="Photo", exact=True).click()
        expect(verdict(page)).to_have_text(reads(3))
        page.get_by_role("button", name="Remove photo").click()
        expect(verdict(page)).to_contain_text("Choose a photo")

    def test_a_drawing_made_elsewhere_is_shown_rather_than_the_photo(self, page):
        content = (CASES / "named_jfif.jfif").read_bytes()
        page.locator("input[type=file]").set_input_files(
            {"name": "digit.jpg", "mimeType": "", "buffer": content}
        )
        expect(verdict(page)).to_have_text(reads(3))
        page.get_by_role("link", name="Reconstruct", exact=True).click()
        page.get_by_role("heading", name="see what is left").wait_for()
        draw(page, canvas(page), DIGITS[7])
        page.get_by_role("heading", name="keep this much").wait_for()
        page.get_by_role("link", name="Draw", exact=True).click()
        expect(verdict(page)).to_have_text(reads(7))

    def test_a_file_of_another_kind_is_named(self, page):
        page.locator("input[type=file]").set_input_files(
            {"name": "digit.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
        )
        expect(verdict(page)).to_contain_text("PDF files cannot be opened as an image here. Please save")

    @pytest.mark.parametrize("content", [b"", b"This is no picture."])
    def test_what_is_no_image_gets_a_sentence(self, page, content):
        page.locator("input[type=file]").set_input_files(
            {"name": "digit.png", "mimeType": "image/png", "buffer": content}
        )
        expect(verdict(page)).to_contain_text("cannot be opened as an image")
        assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize("width", [360], indirect=True, ids=["360px"])
class TestPhone:
    def test_a_digit_is_read_and_nothing_overflows(self, page):
        draw(page, canvas(page), DIGITS[5])
        expect(verdict(page)).to_have_text(reads(5))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for element in (canvas(page), page.locator("table").first, page.locator(".js-plotly-plot")):
            box = element.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
        for pills in page.get_by_test_id("stButtonGroup").all():
            for pill in pills.get_by_role("radio").all():
                assert pill.bounding_box()["x"] + pill.bounding_box()["width"] <= 360

    def test_a_finger_draws(self, page):
        box = canvas(page).bounding_box()
        client = page.context.new_cdp_session(page)
        client.send("Input.dispatchTouchEvent", _touch("touchStart", box, (146, 50)))
        for y in range(60, 231, 10):
            client.send("Input.dispatchTouchEvent", _touch("touchMove", box, (146, y)))
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        expect(verdict(page)).to_have_text(reads(1))


def _touch(kind, box, point):
    return {"type": kind, "touchPoints": [{"x": box["x"] + point[0], "y": box["y"] + point[1]}]}


def test_the_chosen_network_and_pen_are_there_again_after_a_look_at_other_pages(page):
    page.get_by_role("radio", name="Strided CNN").click()
    page.get_by_role("radio", name="26", exact=True).click()
    wait_until_quiet(page)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_text("All runs on this server").wait_for()
    page.get_by_role("link", name="Draw", exact=True).click()
    page.get_by_role("heading", name="the networks will read it").wait_for()
    expect(page.get_by_role("radio", name="Strided CNN")).to_be_checked()
    expect(page.get_by_role("radio", name="26", exact=True)).to_be_checked()
    page.get_by_text("Photo", exact=True).click()
    page.get_by_role("heading", name="Choose a photo").wait_for()
    page.get_by_text("Draw", exact=True).last.click()
    page.get_by_role("heading", name="the networks will read it").wait_for()
    expect(page.get_by_role("radio", name="26", exact=True)).to_be_checked()
