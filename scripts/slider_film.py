"""Film a dragged slider for the README: `python -m scripts.slider_film [PAGE] [FILE]`.

PAGE is the end of a page's address, by default faces; FILE by default docs/PAGE_slider.gif.
"""

import io
import math
import sys
import tempfile
from pathlib import Path

from PIL import Image

from scripts import chromium, serving

FRAMES = 40
FRAME_MILLISECONDS = 60
WIDTH = 570  # pixels of the film


def main(name, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    app = serving.ROOT / "app.py"
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium.launched() as browser,
        serving.serving(app, Path(scratch) / "log") as server,
    ):
        frames = _film(browser, f"{server.address}/{name}")
    height = round(WIDTH * frames[0].height / frames[0].width)
    frames = [frame.resize((WIDTH, height), Image.Resampling.LANCZOS).quantize(128) for frame in frames]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=FRAME_MILLISECONDS, loop=0)
    print(path, f"{path.stat().st_size / 1e6:.2f} MB")


def _film(browser, address):
    """A thumb dragged with the mouse held, there and back: list of Pillow images."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.get_by_text("Drawn by your browser").wait_for()
    page.wait_for_timeout(2_000)
    slider = page.locator(".dream").get_by_role("slider").first
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    columns = page.locator(".columns").bounding_box()
    clip = {key: columns[key] for key in ("x", "y", "width", "height")}
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    frames = []
    for i in range(FRAMES):
        share = 0.5 + 0.42 * math.sin(2 * math.pi * i / FRAMES)
        page.mouse.move(box["x"] + share * box["width"], y)
        page.wait_for_timeout(100)
        frames.append(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))
    page.mouse.up()
    page.close()
    return frames


if __name__ == "__main__":
    chosen = sys.argv[1] if len(sys.argv) > 1 else "faces"
    main(chosen, Path(sys.argv[2] if len(sys.argv) > 2 else f"docs/{chosen}_slider.gif"))
