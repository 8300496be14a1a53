"""Ten digits as a person draws them with a mouse: stroke lists in pixels of the 280-pixel canvas."""

from itertools import pairwise

DIGITS = {
    0: [
        [
            (140, 50),
            (100, 75),
            (85, 140),
            (100, 210),
            (145, 232),
            (185, 205),
            (198, 140),
            (180, 75),
            (140, 50),
        ]
    ],
    1: [[(105, 95), (148, 52), (146, 140), (145, 230)]],
    2: [
        [(90, 95), (110, 58), (155, 52), (185, 85), (170, 130), (125, 180), (88, 225), (140, 224), (198, 226)]
    ],
    3: [
        [
            (95, 70),
            (135, 50),
            (178, 72),
            (172, 112),
            (130, 135),
            (176, 150),
            (190, 190),
            (155, 228),
            (95, 215),
        ]
    ],
    4: [[(150, 52), (115, 110), (82, 165), (140, 166), (205, 164)], [(168, 110), (166, 170), (165, 232)]],
    5: [
        [(188, 56), (112, 58), (104, 125), (145, 115), (186, 140), (190, 190), (150, 228), (92, 212)],
    ],
    6: [
        [
            (168, 50),
            (125, 90),
            (98, 150),
            (100, 205),
            (140, 232),
            (182, 208),
            (180, 165),
            (145, 148),
            (106, 172),
        ]
    ],
    7: [[(85, 62), (140, 60), (198, 60), (165, 130), (132, 230)]],
    8: [
        [
            (170, 80),
            (135, 55),
            (105, 80),
            (120, 118),
            (160, 150),
            (178, 195),
            (142, 230),
            (102, 205),
            (115, 155),
            (160, 118),
            (172, 82),
        ]
    ],
    9: [
        [
            (180, 92),
            (145, 58),
            (105, 80),
            (110, 128),
            (150, 138),
            (180, 100),
            (182, 92),
            (176, 160),
            (160, 232),
        ],
    ],
}
SCRIBBLE = [
    [(60, 60), (220, 90), (70, 120), (210, 150), (60, 180), (220, 210)],
    [(80, 220), (120, 50), (150, 230), (190, 50), (210, 220)],
]


def draw(page, canvas, strokes):
    """Draw strokes on a canvas with the mouse, a dozen moves a segment."""
    box = canvas.bounding_box()
    mouse = page.mouse
    for stroke in strokes:
        mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1])
        mouse.down()
        for (x0, y0), (x1, y1) in pairwise(stroke):
            for step in range(1, 7):
                part = step / 6
                mouse.move(box["x"] + x0 + part * (x1 - x0), box["y"] + y0 + part * (y1 - y0))
        mouse.up()


LINES = [[(60, y), (220, y)] for y in (40, 90, 140, 190, 240)]  # strokes that one can count


def lines_on(page):
    """How many of `LINES` the page's first canvas shows."""
    return page.locator("canvas.dc-canvas.lower-canvas").first.evaluate(
        """canvas => {
            const column = canvas.getContext("2d").getImageData(140, 0, 1, canvas.height).data;
            const dark = y => column[4 * y] < 128 && column[4 * y + 3] > 128;
            return [...Array(canvas.height).keys()].filter(y => dark(y) && !dark(y - 1)).length;
        }"""
    )


def press_after_stroke(page, button, delays):
    """Have a button pressed so many milliseconds after the next stroke: once for every delay."""
    button.evaluate(
        """(button, delays) => addEventListener("mouseup", () => {
            for (const delay of delays) setTimeout(() => button.click(), delay);
        }, {capture: true, once: true})""",
        delays,
    )


def wait_until_quiet(page):
    """Wait until the app has done nothing for longer than a canvas takes to report a stroke."""
    page.evaluate(
        """() => new Promise(resolve => {
            let since = performance.now();
            const timer = setInterval(() => {
                const app = document.querySelector("[data-test-script-state]");
                if (app?.dataset.testScriptState !== "notRunning") since = performance.now();
                if (performance.now() - since < 800) return;
                clearInterval(timer);
                resolve();
            }, 20);
        })"""
    )
