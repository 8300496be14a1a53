"""Photos of digits as people take them, by kind: what reading photos is measured on.

A held-out MNIST digit is the ink, on paper that lies on a table, in a frame, on squares, in colours, under a
light that falls off to one side, with a sensor's noise and JPEG's artefacts.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 480  # pixels
WHITE, YELLOW, PINK = (240, 238, 232), (245, 225, 90), (250, 170, 190)
NAVY, BLACK = (25, 30, 95), (30, 30, 30)


@dataclass(frozen=True)
class Scene:
    """What is in a photo besides the digit. Colours are RGB, 0 to 255.

    Attributes:
        ink, paper: colours.
        table: colour of what lies around a sheet wholly in view; None for paper alone.
        sheet: side of the sheet, smallest and largest share of the photo.
        frame: "box", "circle" or "cell" round the digit; "" for none.
        lines: "ruled" or "squared" paper; "" for plain.
        line_colour: of frame and lines.
        shadow: True for the edge of a shadow across the photo.
    """

    ink: tuple[int, int, int] = NAVY
    paper: tuple[int, int, int] = WHITE
    table: tuple[int, int, int] | None = None
    sheet: tuple[float, float] = (0.55, 0.8)
    frame: str = ""
    lines: str = ""
    line_colour: tuple[int, int, int] = NAVY
    shadow: bool = False


_NOTE = {"sheet": (0.35, 0.55)}
SCENES = {
    "plain paper": Scene(ink=BLACK),
    "a shadow across": Scene(shadow=True),
    "chalk on black": Scene(ink=(235, 235, 235), paper=(20, 20, 20)),
    "ruled paper": Scene(lines="ruled", line_colour=(70, 90, 190)),
    "faint squares": Scene(lines="squared", line_colour=(170, 185, 225)),
    "strong squares": Scene(lines="squared", line_colour=(70, 90, 190)),
    "in a box": Scene(frame="box", line_colour=BLACK),
    "in a circle": Scene(frame="circle"),
    "in a table's cell": Scene(frame="cell", line_colour=BLACK),
    "a sheet on black": Scene(table=(25, 25, 25)),
    "a sheet on dark brown": Scene(table=(90, 58, 38)),
    "a sheet on blue cloth": Scene(table=(40, 70, 140)),
    "a sheet on wood": Scene(table=(170, 125, 80)),
    "a yellow note on a dark desk": Scene(paper=YELLOW, table=(60, 48, 45), **_NOTE),
    "a pink note on a white desk": Scene(paper=PINK, table=(235, 235, 230), **_NOTE),
    "yellow pen on white": Scene(ink=(225, 215, 30)),
    "green pen on white": Scene(ink=(60, 170, 80)),
    "red pen on green": Scene(ink=(215, 70, 60), paper=(90, 150, 90)),
    "blue pen on yellow": Scene(ink=(40, 60, 200), paper=YELLOW),
    "white pen on blue": Scene(ink=(245, 245, 245), paper=(60, 90, 190)),
}


def photograph(digit: np.ndarray, scene: Scene, rng: np.random.Generator) -> bytes:
    """A JPEG of a digit in a scene, 480×480 pixels.

    Args:
        digit: uint8 28×28, ink bright on black.
        scene: what else is in the photo.
        rng: draws sizes, places, angles up to 10°, light and noise.
    """
    centre = SIDE / 2 + rng.uniform(-0.06, 0.06, 2) * SIDE
    angle = rng.uniform(-10, 10)
    size = SIDE * rng.uniform(0.4, 0.6)
    picture = np.ones((SIDE, SIDE, 3)) * _colour(scene.paper)
    if scene.table is not None:
        width, height = SIDE * rng.uniform(*scene.sheet, 2)
        size = min(width, height) * rng.uniform(0.5, 0.75)
        corners = _turned([(-1, -1), (1, -1), (1, 1), (-1, 1)], centre, (width / 2, height / 2), angle, rng)
        sheet = _drawn(lambda pen, scale: pen.polygon([(x * scale, y * scale) for x, y in corners], fill=255))
        picture = _over(np.ones_like(picture) * _colour(scene.table), sheet, scene.paper)
    for lines in _lines(scene, centre, size, angle, rng):
        picture = _over(picture, lines, scene.line_colour)
    picture = _over(picture, _ink(digit, size, centre, angle), scene.ink)
    picture = picture * _light(rng, scene.shadow)[..., np.newaxis]
    picture += rng.normal(0, rng.uniform(0.008, 0.025), picture.shape)
    data = io.BytesIO()
    Image.fromarray(np.uint8(255 * np.clip(picture, 0, 1))).save(
        data, "JPEG", quality=int(rng.integers(45, 88))
    )
    return data.getvalue()


def _colour(rgb):
    return np.array(rgb) / 255


def _over(picture, coverage, rgb):
    return picture * (1 - coverage[..., np.newaxis]) + _colour(rgb) * coverage[..., np.newaxis]


def _ink(digit, size, centre, angle):
    """The pen's coverage of every pixel, turned round the digit's centre."""
    ink = Image.new("L", (SIDE, SIDE))
    large = Image.fromarray(digit).resize((round(size),) * 2, Image.Resampling.BICUBIC)
    ink.paste(large, tuple(round(edge) for edge in centre - size / 2))
    ink = ink.rotate(angle, Image.Resampling.BICUBIC, center=tuple(centre))
    return np.asarray(ink.filter(ImageFilter.GaussianBlur(1.2)), float) / 255


def _drawn(draw):
    """What a function draws with a Pillow pen, given the pen and a scale: coverage of every pixel."""
    scale = 2  # Pillow's lines have hard edges; drawing larger and averaging softens them
    image = Image.new("L", (SIDE * scale, SIDE * scale))
    draw(ImageDraw.Draw(image), scale)
    return np.asarray(image.reduce(scale).filter(ImageFilter.GaussianBlur(0.7)), float) / 255


def _turned(points, centre, half, angle, rng):
    """Points in units of half a rectangle, turned about its centre, a little off as in perspective."""
    radians = np.deg2rad(-angle)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    return [tuple(centre + turn @ (np.array(point) * half) + rng.normal(0, 3, 2)) for point in points]


def _lines(scene, centre, size, angle, rng):
    """Coverage by the frame or the paper's lines; none for a scene without."""
    width = rng.uniform(1.2, 2.4) if scene.lines else rng.uniform(1.5, 4)
    reach = size * rng.uniform(0.58, 0.7)
    if scene.lines:
        step, slope = rng.uniform(24, 50), rng.uniform(-0.06, 0.06)
        offsets = np.arange(-SIDE, 2 * SIDE, step) + rng.uniform(0, step)
        paths = [[(-9, at - 9 * slope), (SIDE + 9, at + slope * SIDE)] for at in offsets]
        if scene.lines == "squared":
            paths += [[(y, x) for x, y in reversed(path)] for path in paths]
    elif scene.frame == "circle":
        turns = np.linspace(0, 2 * np.pi, 80)
        radius = 1.1 * reach * (1 + 0.04 * np.sin(2 * turns + rng.uniform(0, 6)))
        paths = [
            list(zip(centre[0] + radius * np.cos(turns), centre[1] + radius * np.sin(turns), strict=True))
        ]
    elif scene.frame == "box":
        square = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
        corners = _turned(square, centre, (reach, reach), angle / 3, rng)
        paths = [[*corners, corners[0]]]
    elif scene.frame == "cell":
        ends = [[(-5, at), (5, at)] for at in (-3, -1, 1, 3)] + [[(at, -5), (at, 5)] for at in (-3, -1, 1, 3)]
        paths = [_turned(end, centre, (reach, reach), angle / 3, rng) for end in ends]
    else:
        return []

    def draw(pen, scale):
        for path in paths:
            scaled = [(x * scale, y * scale) for x, y in path]
            pen.line(scaled, fill=255, width=round(width * scale), joint="curve")

    return [_drawn(draw)]


def _light(rng, shadow):
    """Brightness of every pixel: a lamp to one side, and perhaps the edge of a shadow."""
    y, x = np.mgrid[-0.5 : 0.5 : SIDE * 1j, -0.5 : 0.5 : SIDE * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(0.85, 1) * (1 - rng.uniform(0.1, 0.4) * (0.5 + x * np.cos(angle) + y * np.sin(angle)))
    if shadow:
        angle, edge = rng.uniform(0, 2 * np.pi), rng.uniform(-0.15, 0.15)
        across = (x * np.cos(angle) + y * np.sin(angle) - edge) / rng.uniform(0.01, 0.04)
        light *= 1 - rng.uniform(0.3, 0.5) / (1 + np.exp(-np.clip(across, -50, 50)))
    return light
