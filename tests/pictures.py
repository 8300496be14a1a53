"""Pictures that people might show the app: photos of digits on paper, scribbles, letters."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

# Letters that nobody writes like a digit (left out: B b C D G g I i J l O o q S s Z z).
LETTERS = "AEFHKLMNPQRTUVWXYadefhkmnprtuvwx"


def photo_of(digit, rng):
    """A JPEG of a digit written on paper, photographed carelessly.

    Dark ink on light paper, turned by up to 10°, under a light that falls off to one side, with
    sensor noise and JPEG artefacts.

    Args:
        digit: uint8 28×28, ink bright on black.
        rng: numpy Generator.

    Returns:
        bytes.
    """
    side = int(rng.integers(240, 480))
    ink = Image.new("L", (side, side))
    size = int(side * rng.uniform(0.4, 0.8))
    corner = tuple(int(c) for c in rng.uniform(0.05, 0.95, 2) * (side - size))
    ink.paste(Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC), corner)
    centre = corner[0] + size / 2, corner[1] + size / 2
    ink = ink.rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC, center=centre)
    ink = np.asarray(ink.filter(ImageFilter.GaussianBlur(side / 300)), float) / 255
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.45)
    y, x = np.mgrid[-0.5 : 0.5 : side * 1j, -0.5 : 0.5 : side * 1j]
    light = rng.uniform(0.75, 0.95) * (1 - strength * (0.5 + x * np.cos(angle) + y * np.sin(angle)))
    darkness = rng.uniform(0.55, 0.85)
    paper = light * (1 - darkness * ink) + rng.normal(0, rng.uniform(0.01, 0.03), ink.shape)
    tint = np.array([1, rng.uniform(0.92, 1), rng.uniform(0.82, 0.95)])  # lamps are yellowish
    picture = Image.fromarray(np.uint8(255 * np.clip(paper[..., None] * tint, 0, 1)))
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=int(rng.integers(35, 80)))
    return data.getvalue()


def scribble(rng):
    """A random curve of several loops and turns: uint8 280×280×4, dark on white."""
    canvas = Image.new("RGBA", (280, 280), "white")
    pen = ImageDraw.Draw(canvas)
    width = int(rng.integers(8, 24))
    for _ in range(int(rng.integers(1, 4))):
        corners = rng.uniform(30, 250, (int(rng.integers(5, 10)), 2))
        pen.line([tuple(point) for point in _spline(corners)], fill="black", width=width, joint="curve")
    return np.asarray(canvas)


def letter(rng):
    """A letter in Pillow's own typeface, of any size, place and slant: uint8 280×280×4."""
    canvas = Image.new("RGBA", (280, 280), "white")
    font = ImageFont.load_default(size=int(rng.integers(90, 200)))
    sign = str(rng.choice(list(LETTERS)))
    weight = int(rng.integers(1, 7))
    position = tuple(rng.uniform(90, 190, 2))
    ImageDraw.Draw(canvas).text(
        position, sign, fill="black", font=font, anchor="mm", stroke_width=weight, stroke_fill="black"
    )
    return np.asarray(canvas.rotate(rng.uniform(-8, 8), fillcolor="white"))


def _spline(points, per_piece=16):
    """A smooth curve through points (Catmull and Rom 1974)."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, per_piece)[:, None]
    curve = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        curve.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    return np.concatenate(curve)
