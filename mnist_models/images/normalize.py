"""From what a person gives us (a canvas, a photo, a file) to what a network takes.

Every way in ends in `centre_digit`, the normalisation that made MNIST itself: the ink is cropped,
scaled so that its longer side is 20 pixels, and placed in a 28×28 field with its centre of mass in
the middle (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", III.A).

NumPy and Pillow only (photos also use SciPy, loaded when the first one comes), so that the app's
process stays small.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

# Files are opened elsewhere; others find that here.
from mnist_models.errors import DigitLabError
from mnist_models.images.image_files import (  # noqa: F401
    MAX_PHOTO_PIXELS,
    PHOTO_TYPES,
    WORK_SIDE,
    UnreadableImage,
    open_image,
    preview,
)

FIELD = 28  # pixels, the side of what a network sees
BOX = 20  # pixels, the longer side of the digit in it
MIN_INK = 0.15  # ink below this share of the strongest is paper, not pen
MIN_DIGIT_SIDE = 5  # pixels on the canvas; anything smaller is a speck
# Thinner lines are thickened to this, so that a fine pen looks like MNIST's, whose lines are 1.6 to
# 4.0 pixels wide (5th to 95th percentile of 2,000 training digits, by `_line_width`).
MIN_LINE = 1.8  # pixels in the 20-pixel box
# Thicker lines are thinned to this: a fat pen closes the loops and gaps that tell digits apart. Chosen on
# drawings by the validation writers; figures in docs/reading.md.
MAX_LINE = 3.4  # pixels in the 20-pixel box

NO_DIGIT = "No digit stands out in this photo. Write one digit large, with a pen unlike the paper."


class EmptyCanvas(DigitLabError, ValueError):
    """There is nothing on the canvas that could be read."""


def canvas_to_mnist(rgba):
    """Turn a drawing into a network's input.

    Args:
        rgba: uint8 array H×W×4, a drawing in any stroke colour on any plain background, opaque or
            transparent.

    Returns:
        float32 array 28×28×1 in [0, 1], ink bright on black.

    Raises:
        EmptyCanvas: when nothing, or only a speck, is drawn.
        ValueError: when the array has another shape or dtype.

    Example:
        >>> canvas = np.full((280, 280, 4), 255, np.uint8)
        >>> canvas[60:220, 130:150, :3] = 0
        >>> canvas_to_mnist(canvas).shape
        (28, 28, 1)
    """
    rgba = np.asarray(rgba)
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4:
        raise ValueError(f"canvas_to_mnist needs a uint8 H×W×4 array, not {rgba.dtype} {rgba.shape}")
    return centre_digit(_ink_on_canvas(rgba))


def photo_to_mnist(photo):
    """Turn a photo or scan of a digit on paper into a network's input.

    A sheet that lies wholly in view, and boxes and circles round the digit, are found and left out. The light
    on the paper is estimated and taken out, so shadows and vignettes do not count as ink; any colour on any
    other works.

    Args:
        photo: the bytes of an image file, or a `PIL.Image.Image`.

    Returns:
        float32 array 28×28×1 in [0, 1], ink bright on black.

    Raises:
        UnreadableImage: when the bytes are no image, or the image has over 50 million pixels.
        EmptyCanvas: when no digit stands out from the paper.
    """
    return locate_digit(photo if isinstance(photo, Image.Image) else open_image(photo)).image


@dataclass(frozen=True)
class LocatedDigit:
    """A digit found in a photo.

    Attributes:
        image: float32 28×28×1 in [0, 1], ink bright on black.
        box: left, top, right, bottom of the part of the photo that was taken for the digit, as shares of
            its width and height.
    """

    image: np.ndarray
    box: tuple[float, float, float, float]


def locate_digit(photo):
    """Find the digit in an opened photo: on a sheet, in a frame, on squares, in any colour.

    Args:
        photo: `PIL.Image.Image`.

    Returns:
        LocatedDigit.

    Raises:
        EmptyCanvas: when no digit stands out. The message says what to try.
    """
    colours = _colours(photo)
    height, width = colours.shape[:2]
    if (height, width) == (FIELD, FIELD):
        return LocatedDigit(_read_as_mnist(colours.mean(axis=2)), (0.0, 0.0, 1.0, 1.0))
    from mnist_models.images import paper  # with SciPy, which only photos need

    try:
        found = paper.find_ink(colours)
        image = centre_digit(found.ink, min_side=0.02 * max(height, width))
    except (paper.NoInk, EmptyCanvas):
        raise EmptyCanvas(NO_DIGIT) from None
    left, top, right, bottom = found.box
    return LocatedDigit(image, (left / width, top / height, right / width, bottom / height))


def framed(photo, box):
    """A copy of a photo with a frame round a part of it.

    Args:
        photo: `PIL.Image.Image`, RGB.
        box: left, top, right, bottom as shares of its width and height.
    """
    copy = photo.copy()
    margin = 4  # pixels
    left, top, right, bottom = (edge * size for edge, size in zip(box, 2 * copy.size, strict=True))
    edges = max(0, left - margin), max(0, top - margin), right + margin, bottom + margin
    pen = ImageDraw.Draw(copy)
    inside = tuple(min(edge, size - 1) for edge, size in zip(edges, 2 * copy.size, strict=True))
    pen.rectangle(inside, outline="white", width=4)
    pen.rectangle(inside, outline="#117733", width=2)
    return copy


def as_input(images):
    """Images of a data set as a network takes them.

    Args:
        images: uint8 N×28×28.

    Returns:
        float32 N×28×28×1 in [0, 1].
    """
    return images[..., np.newaxis] / np.float32(255)


def centre_digit(ink, min_side=MIN_DIGIT_SIDE):
    """Place ink as MNIST does: 20 pixels on the longer side, centre of mass in the middle.

    Args:
        ink: float array H×W in [0, 1], 0 where the paper is bare.
        min_side: pixels; ink whose longer side is shorter counts as a speck.

    Returns:
        float32 array 28×28×1 in [0, 1].

    Raises:
        EmptyCanvas: when there is no ink, or only a speck.
    """
    ink = _crop(ink, MIN_INK)
    if not ink.size or max(ink.shape) < min_side:
        raise EmptyCanvas("There is nothing to read yet. Draw a digit.")
    # Lines are measured at four times the final size: fine enough, and ten times faster than full.
    ink = _thicken(_thin(_fit(Image.fromarray(np.uint8(255 * ink)), 4 * BOX)))
    small = np.asarray(_fit(ink, BOX), np.float32) / 255
    small /= max(small.max(), 1e-6)
    return _paste_by_mass(small)[..., np.newaxis]


def _ink_on_canvas(rgba):
    """How far every pixel is from the background colour: float32 H×W in [0, 1]."""
    # Premultiplied, a transparent background is one colour whatever its hidden RGB values say.
    alpha = rgba[..., 3:].astype(np.int32)
    colour = rgba[..., :3] * alpha // 255
    row, column = _bare_pixel(rgba)
    distance = np.maximum(
        np.abs(colour - colour[row, column]).max(axis=-1),
        np.abs(alpha - alpha[row, column])[..., 0],
    )
    strongest = distance.max()
    if strongest < 16:  # of 255: nothing a person could tell from the background
        raise EmptyCanvas("There is nothing to read yet. Draw a digit.")
    return distance.astype(np.float32) / strongest


def _bare_pixel(rgba):
    """Row and column of a pixel in the commonest colour of the edge, where people draw least."""
    packed = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    border = np.concatenate([packed[0], packed[-1], packed[:, 0], packed[:, -1]])
    values, counts = np.unique(border, return_counts=True)
    return np.unravel_index((packed == values[counts.argmax()]).argmax(), packed.shape)


def _colours(image):
    """Colours as float32 H×W×3 in [0, 1], the longer side at most `WORK_SIDE`; what is clear is paper."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, _paper_for(image)), image)
    image = image.convert("RGB")
    image.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.BOX)
    return np.asarray(image, np.float32) / 255


def _paper_for(image):
    """White or black, whichever the ink on a clear ground stands out from more."""
    pixels = np.asarray(image, np.float32)
    shown = pixels[..., 3]
    brightness = (pixels[..., :3].mean(axis=2) * shown).sum() / max(shown.sum(), 1)
    return "black" if brightness > 191 else "white"


def _read_as_mnist(grey):
    """A 28×28 file is taken for an MNIST digit as it is, turned round if dark on light."""
    if np.median(grey) > 0.5:
        grey = 1 - grey
    if np.ptp(grey) < 0.1:
        raise EmptyCanvas(NO_DIGIT)
    return grey[..., np.newaxis].astype(np.float32)


def _fit(image, side):
    """Resize so that the longer side is `side` pixels."""
    scale = side / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BOX)


def _thicken(image):
    """Widen thin lines to `MIN_LINE` pixels of the 20-pixel box; leave others alone."""
    width = MIN_LINE * max(image.size) / BOX
    missing = width - _line_width(np.asarray(image) > 127)
    grow = 2 * round(missing / 2) + 1
    if grow < 3:
        return image
    return ImageOps.expand(image, grow // 2).filter(ImageFilter.MaxFilter(grow))


def _thin(image):
    """Erode thick lines to `MAX_LINE` pixels of the 20-pixel box; leave others alone."""
    ink, side = np.asarray(image), max(image.size)
    excess = _line_width(ink > 127) - MAX_LINE * side / BOX
    # Eroding also shrinks the digit, which is then enlarged to the box, lines included.
    for steps in range(round(excess / 2 / (1 - MAX_LINE / BOX)), 0, -1):
        thinned = _crop(_erode(ink, steps), 255 * MIN_INK)
        if thinned.size and thinned.max() > 127:
            return _fit(Image.fromarray(thinned), side)
    return image


def _erode(ink, steps):
    """Take `steps` pixels off every edge: minima over 4-neighbourhoods, every third over 8 (an octagon)."""
    for step in range(steps):
        field = np.pad(ink, 1)
        rows = np.minimum(np.minimum(field[:-2], field[1:-1]), field[2:])
        if step % 3 == 1:
            ink = np.minimum(np.minimum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
        else:
            columns = np.minimum(np.minimum(field[:, :-2], field[:, 1:-1]), field[:, 2:])
            ink = np.minimum(rows[:, 1:-1], columns[1:-1])
    return ink


def _crop(ink, least):
    """The part of H×W values that holds ink, which is more than `least`; empty where there is none."""
    rows = np.flatnonzero((ink > least).any(axis=1))
    columns = np.flatnonzero((ink > least).any(axis=0))
    if not rows.size:
        return ink[:0, :0]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _line_width(mask):
    """A line's mean width in pixels: twice its area over the length of its outline."""
    padded = np.pad(mask, 1)
    # A pixel outline counts a diagonal as two sides; π/4 undoes that on average over directions.
    edges = np.count_nonzero(np.diff(padded, axis=0)) + np.count_nonzero(np.diff(padded, axis=1))
    return 2 * np.count_nonzero(mask) / max(1, edges * np.pi / 4)


def _paste_by_mass(small):
    """Put an array of at most 20×20 into a 28×28 field, centre of mass in the middle."""
    height, width = small.shape
    mass = small.sum()
    centre_y = (small.sum(axis=1) * np.arange(height)).sum() / mass
    centre_x = (small.sum(axis=0) * np.arange(width)).sum() / mass
    # MNIST's digits have their centre of mass at pixel 14, not between 13 and 14: within half a
    # pixel of it in each of 3,000 training digits.
    top = int(np.clip(round(FIELD / 2 - centre_y), 0, FIELD - height))
    left = int(np.clip(round(FIELD / 2 - centre_x), 0, FIELD - width))
    field = np.zeros((FIELD, FIELD), np.float32)
    field[top : top + height, left : left + width] = small
    return field
