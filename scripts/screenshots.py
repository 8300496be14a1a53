"""Take the pictures of the README: `python -m scripts.screenshots [FOLDER]`, by default docs/."""

import re
import sys
import tempfile
from pathlib import Path

from mnist_models.runs.settings import DIRECTORY_VARIABLE
from scripts import chromium, serving
from tests.browser.strokes import DIGITS, draw

WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium.launched() as browser:
        log = Path(scratch) / "log"
        runs = {DIRECTORY_VARIABLE: str(Path(scratch) / "runs")}
        with serving.serving(serving.ROOT / "app.py", log, runs) as server:
            start = f"{server.address}/train?data=mnist_sample&epochs=6&network="
            *_, trained = [_train(browser, start + network) for network in ("cnn", "mlp")]
            for width in WIDTHS:
                for scheme in SCHEMES:
                    path = folder / f"draw_{width}_{scheme}.png"
                    _draw_page(browser, server.address, width, scheme, path)
                    print(path)
                    path = folder / f"reconstruct_{width}_{scheme}.png"
                    _reconstruct_page(browser, f"{server.address}/reconstruct", width, scheme, path)
                    print(path)
                    for name in ("digits", "faces"):
                        path = folder / f"{name}_{width}_{scheme}.png"
                        _dream_page(browser, f"{server.address}/{name}", width, scheme, path)
                        print(path)
                    path = folder / f"train_{width}_{scheme}.png"
                    _train_page(browser, trained, width, scheme, path)
                    print(path)
                    path = folder / f"runs_{width}_{scheme}.png"
                    _runs_page(browser, f"{server.address}/runs", width, scheme, path)
                    print(path)


def _draw_page(browser, address, width, scheme, path):
    context = browser.new_context(viewport={"width": width, "height": 840}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("heading", name="the networks will read it").wait_for()
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    draw(page, canvas, DIGITS[7])
    page.get_by_role("heading", name="reads").wait_for()
    page.mouse.move(width - 5, 5)  # away from the canvas, whose toolbar would show
    page.wait_for_timeout(1_500)
    page.screenshot(path=path, full_page=True)
    context.close()


def _reconstruct_page(browser, address, width, scheme, path):
    context = browser.new_context(viewport={"width": width, "height": 840}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("heading", name="see what is left").wait_for()
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    draw(page, canvas, DIGITS[5])
    page.get_by_role("heading", name="keep this much").wait_for()
    page.mouse.move(width - 5, 5)
    page.wait_for_timeout(3_000)
    _take_whole_page(page, width, path)
    context.close()


def _dream_page(browser, address, width, scheme, path):
    context = browser.new_context(viewport={"width": width, "height": 840}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.get_by_text("Drawn by your browser").wait_for()
    page.wait_for_timeout(1_500)
    _take_whole_page(page, width, path)
    context.close()


def _train(browser, address):
    page = browser.new_page()
    page.goto(address)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("^Finished, ")).wait_for(timeout=600_000)
    trained = page.url
    page.close()
    return trained


def _train_page(browser, address, width, scheme, path):
    context = browser.new_context(viewport={"width": width, "height": 840}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.get_by_text(re.compile("^Finished, ")).wait_for()
    page.wait_for_timeout(3_000)
    _take_whole_page(page, width, path)
    context.close()


def _runs_page(browser, address, width, scheme, path):
    context = browser.new_context(viewport={"width": width, "height": 840}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    table = page.get_by_test_id("stDataFrame").locator("canvas").first
    table.wait_for()
    page.wait_for_timeout(1_500)
    box = table.bounding_box()
    for row in (1, 2):
        page.mouse.click(box["x"] + 17, box["y"] + 18 + 35 * row)
        page.wait_for_timeout(2_500)
    _take_whole_page(page, width, path)
    context.close()


def _take_whole_page(page, width, path):
    # Streamlit scrolls within the page, so a full picture needs a window as high as its content.
    height = page.get_by_test_id("stMainBlockContainer").evaluate("content => content.scrollHeight")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
