"""From releasing the mouse to changed text on the page, in Chromium."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.rows import Row
from scripts import chromium, serving
from tests.browser.strokes import DIGITS, draw

TURNS = 21
PAGES = Path(__file__).parent / "pages"

# Starts the clock when the mouse is released and stops it when the heading's text has changed.
_STOPWATCH = """
() => {
  const text = () => document.querySelector('h3, h4')?.textContent;
  const before = text();
  let released;
  document.addEventListener('mouseup', () => { released = performance.now(); }, {capture: true, once: true});
  window.measured = new Promise(resolve => {
    const observer = new MutationObserver(() => {
      if (released === undefined || text() === before) return;
      observer.disconnect();
      resolve(performance.now() - released);
    });
    observer.observe(document.body, {subtree: true, childList: true, characterData: true});
  });
}
"""


def measure():
    """Rows: an empty button rerun, a canvas that counts strokes, and our Draw page."""
    times = {"button": [], "canvas": [], "ours": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(chromium.launched())
        scripts = {
            "button": PAGES / "button.py",
            "canvas": PAGES / "canvas.py",
            "ours": serving.ROOT / "app.py",
        }
        pages = {}
        for name, script in scripts.items():
            server = stack.enter_context(serving.serving(script, folder / f"{name}.log"))
            pages[name] = browser.new_page(viewport={"width": 1280, "height": 900})
            pages[name].goto(server.address)
            pages[name].locator("h3, h4").first.wait_for()
            pages[name].wait_for_timeout(1_500)
        for turn in range(-2, TURNS):  # the first two warm up
            for name, page in pages.items():
                milliseconds = one_turn(name, page, turn)
                if turn >= 0:
                    times[name].append(milliseconds)
    canvas = Row("canvas in a fragment that only counts strokes", times["canvas"], "ms")
    return [
        Row("empty button rerun", times["button"], "ms"),
        canvas,
        Row("our Draw page, to the winner sentence", times["ours"], "ms", goal=1.1 * canvas.median),
    ]


def one_turn(name, page, turn):
    """Press or draw once; milliseconds from the release to changed text.

    Args:
        name: "ours", "canvas" or "button".
        page: that shows it.
        turn: int; the digit drawn is another one every turn.
    """
    page.bring_to_front()
    if name == "ours":  # start from an empty canvas, so that the sentence changes
        clear = page.get_by_role("button", name="Clear")
        if clear.is_enabled():
            clear.click()
            page.get_by_role("heading", name="the networks will read it").wait_for()
    page.wait_for_timeout(700)
    page.evaluate(_STOPWATCH)
    if name == "button":
        page.get_by_role("button", name="Press").click()
    else:
        draw(page, page.locator("canvas.upper-canvas"), DIGITS[(1, 7)[turn % 2]])
    return page.evaluate("window.measured")
