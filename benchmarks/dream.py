"""A picture that follows a dragged slider, in Chromium; pause trainings meanwhile."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.byte_counter import relayed
from benchmarks.rows import Row
from mnist_models import catalog, weights
from scripts import chromium, serving

TURNS = 5
SECONDS = 3  # of dragging
FRAMES_GOAL = 55  # a second
COMPARED = "face_gan"
PAGES = Path(__file__).parent / "pages"

# Notes which pictures were painted, and what the worker says each took.
_WATCH = """
const paint = CanvasRenderingContext2D.prototype.putImageData;
CanvasRenderingContext2D.prototype.putImageData = function (image, ...rest) {
  let hash = 2166136261;
  for (const byte of image.data) hash = Math.imul(hash ^ byte, 16777619);
  window.painted = hash;
  return paint.call(this, image, ...rest);
};
window.milliseconds = [];
window.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({data}) => {
      if (data.milliseconds) window.milliseconds.push(data.milliseconds);
    });
  }
};
"""

# Moves a thumb on every animation frame; the pictures in sight at the frames, and the frames.
_DRAG = """
(input, seconds) => new Promise(resolve => {
  const seen = new Set(), start = performance.now();
  window.milliseconds = [];
  let frames = 0;
  const step = () => {
    const share = (performance.now() - start) / (1000 * seconds);
    seen.add(window.painted);
    if (share >= 1) return resolve([seen.size, frames, window.milliseconds]);
    frames += 1;
    input.value = Number(input.min) + share * (input.max - input.min);
    input.dispatchEvent(new Event("input"));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})
"""


def measure():
    """Rows: frames and milliseconds of every trained generator; then visits, beside `model.predict`."""
    trained = [name for name in catalog.ADVERSARIAL if (weights.folder() / f"{name}.json").is_file()]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(chromium.launched())
        ours = stack.enter_context(serving.serving(serving.ROOT / "app.py", folder / "ours.log"))
        for name in trained:
            yield from _dragging(browser, ours, name)
        if COMPARED not in trained:
            return
        environment = {"BENCHMARK_KERAS_FILE": str(weights.folder() / f"{COMPARED}.keras")}
        plain = stack.enter_context(serving.serving(PAGES / "predict.py", folder / "plain.log", environment))
        yield from _dragging_plain(browser, plain)
        yield from _visits(browser, ours, plain)


def _path(name):
    return "faces" if name == "face_gan" else f"digits?net={name}"


def _dragging(browser, server, name):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(_WATCH)
    page.goto(f"{server.address}/{_path(name)}")
    page.get_by_text("Drawn by your browser").wait_for()
    page.get_by_text("The 100 numbers").click()
    page.wait_for_timeout(2_000)
    thumb = page.get_by_role("slider", name="1", exact=True)
    frames, possible, milliseconds = [], [], []
    for turn in range(-1, TURNS):  # the first warms up
        distinct, offered, times = thumb.evaluate(_DRAG, SECONDS)
        if turn >= 0:
            frames.append(distinct / SECONDS)
            possible.append(offered / SECONDS)
            milliseconds.append(sorted(times)[len(times) // 2])
    page.close()
    return [
        Row(f"{name}, distinct pictures in sight", frames, "/s", goal=FRAMES_GOAL, more_is_better=True),
        Row(f"{name}, animation frames meanwhile", possible, "/s"),
        Row(f"{name}, one picture in the browser", milliseconds, "ms"),
    ]


def _dragging_plain(browser, server):
    """The same with Streamlit's slider: pictures while it is held, and from release to picture."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(server.address)
    picture, thumb = page.locator("img").first, page.get_by_role("slider").first
    picture.wait_for(timeout=120_000)
    page.wait_for_timeout(2_000)
    held, waits = [], []
    for turn in range(TURNS):
        seen = set()
        box, track = thumb.bounding_box(), page.get_by_test_id("stSlider").first.bounding_box()
        end = 0.9 - 0.05 * turn  # elsewhere than the last time, else nothing is new at the release
        y = box["y"] + box["height"] / 2
        page.mouse.move(track["x"] + 0.1 * track["width"], y)
        page.mouse.down()
        for step in range(30 * SECONDS):
            page.mouse.move(track["x"] + track["width"] * (0.1 + (end - 0.1) * step / (30 * SECONDS)), y)
            seen.add(picture.get_attribute("src"))
            page.wait_for_timeout(1000 / 30)
        page.evaluate(
            """() => {
              const picture = document.querySelector("img"), before = picture.src;
              document.addEventListener("pointerup", () => { window.released = performance.now(); }, true);
              window.measured = new Promise(resolve => new MutationObserver(() => {
                if (document.querySelector("img")?.src !== before) resolve(performance.now() - released);
              }).observe(document.body, {subtree: true, childList: true, attributes: true}));
            }"""
        )
        page.mouse.up()
        waits.append(page.evaluate("window.measured"))
        held.append((len(seen) - 1) / SECONDS)
        page.wait_for_timeout(1_000)
    page.close()
    return [
        Row(f"{COMPARED}, st.slider + predict, distinct pictures", held, "/s"),
        Row(f"{COMPARED}, st.slider + predict, from release to picture", waits, "ms"),
    ]


def _visits(browser, ours, plain):
    """Megabytes and the server's processor time for a first and a second visit."""
    candidates = {
        "ours": (
            ours,
            relayed(ours.address),
            f"/{_path(COMPARED)}",
            lambda page: page.get_by_text("Drawn by your browser"),
        ),
        "st.slider + predict": (plain, relayed(plain.address), "", lambda page: page.locator("img").first),
    }
    figures = {}
    for turn in range(-1, TURNS):
        for name, (server, relay, path, shown) in candidates.items():
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            for visit in ("first", "second"):
                megabytes, milliseconds = _visit(context, server, relay, path, shown)
                if turn >= 0:
                    figures.setdefault((name, visit, "MB"), []).append(megabytes)
                    figures.setdefault((name, visit, "ms"), []).append(milliseconds)
            context.close()
    kinds = {"MB": "loaded", "ms": "server's processor time"}
    return [
        Row(f"{name}, {visit} visit, {kinds[unit]}", values, unit)
        for (name, visit, unit), values in figures.items()
    ]


def _visit(context, server, relay, path, shown):
    process = psutil.Process(server.process.pid)
    sent, busy = relay.sent, sum(process.cpu_times()[:2])
    page = context.new_page()
    page.goto(relay.address + path)
    shown(page).wait_for(timeout=120_000)  # the first visitor of the other page waits for TensorFlow
    page.wait_for_timeout(1_000)
    page.close()
    return (relay.sent - sent) / 1e6, 1000 * (sum(process.cpu_times()[:2]) - busy)
