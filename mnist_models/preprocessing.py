"""From what a person gives us (a canvas, a photo, a file) to what a network takes.

Every way in ends in `centre_digit`, the normalisation that made MNIST itself: the ink is cropped,
scaled so that its longer side is 20 pixels, and placed in a 28×28 field with its centre of mass in
the middle (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", III.A).

NumPy and Pillow only (photos also use SciPy, loaded when the first one comes), so that the app's
process stays small.
"""

import numpy as np
from PIL import Image, ImageFilter, ImageOps

# Files are opened elsewhere; others find that here.
from mnist_models.image_files import (  # noqa: F401
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


class EmptyCanvas(ValueError):
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

    The light on the paper is estimated and taken out first, so shadows and vignettes do not count
    as ink; dark on light and light on dark both work.

    Args:
        photo: the bytes of an image file, or a `PIL.Image.Image`.

    Returns:
        float32 array 28×28×1 in [0, 1], ink bright on black.

    Raises:
        UnreadableImage: when the bytes are no image, or the image has over 50 million pixels.
        EmptyCanvas: when no digit stands out from the paper.
    """
    image = photo if isinstance(photo, Image.Image) else open_image(photo)
    grey = _grey(image)
    if grey.shape == (FIELD, FIELD):
        return _read_as_mnist(grey)
    ink = _ink_on_paper(grey)
    return centre_digit(ink, min_side=0.02 * max(grey.shape))


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
    rows = np.flatnonzero((ink > MIN_INK).any(axis=1))
    columns = np.flatnonzero((ink > MIN_INK).any(axis=0))
    if rows.size == 0 or max(np.ptp(rows), np.ptp(columns)) + 1 < min_side:
        raise EmptyCanvas("There is nothing to read yet. Draw a digit.")
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # Lines are measured at four times the final size: fine enough, and ten times faster than full.
    ink = _thicken(_fit(Image.fromarray(np.uint8(255 * ink)), 4 * BOX))
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


def _grey(image):
    """Grey levels as float32 H×W in [0, 1], the longer side at most `WORK_SIDE`."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L")
    image.thumbnail((WORK_SIDE, WORK_SIDE), Image.Resampling.BOX)
    return np.asarray(image, np.float32) / 255


def _read_as_mnist(grey):
    """A 28×28 file is taken for an MNIST digit as it is, turned round if dark on light."""
    if np.median(grey) > 0.5:
        grey = 1 - grey
    if np.ptp(grey) < 0.1:
        raise EmptyCanvas("No digit stands out in this image.")
    return grey[..., np.newaxis].astype(np.float32)


def _ink_on_paper(grey):
    """Separate pen from paper under uneven light: float32 H×W in [0, 1]."""
    light = _paper_light(grey)
    ink = light - grey
    if np.median(grey) < 0.5 and _contrast(grey - _paper_light(grey, dark=True)) > _contrast(ink):
        ink = grey - _paper_light(grey, dark=True)  # chalk on a board
    ink = np.maximum(_smooth(ink), 0)
    if ink.max() < 0.08:
        raise EmptyCanvas("No digit stands out in this image. Try a darker pen or more light.")
    threshold = _otsu(ink)
    ink = np.clip((ink - 0.6 * threshold) / (0.8 * threshold), 0, 1)
    return _keep_writing(ink)


def _contrast(ink):
    return np.percentile(ink, 99.5) - np.percentile(ink, 50)


def _paper_light(grey, dark=False):
    """The brightness the bare paper would have at every pixel (a closing, then a blur).

    With `dark`, the darkness of a board instead (an opening).
    """
    size = min(grey.shape)
    small_side = 96
    image = Image.fromarray(np.uint8(255 * grey))
    scale = small_side / size
    small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    small = small.filter(ImageFilter.MedianFilter(3))
    reach, back = ImageFilter.MaxFilter, ImageFilter.MinFilter
    if dark:
        reach, back = back, reach
    # Wider than any stroke, so that no ink is left in it.
    small = small.filter(reach(21)).filter(back(21)).filter(ImageFilter.GaussianBlur(6))
    return np.asarray(small.resize(image.size, Image.Resampling.BICUBIC), np.float32) / 255


def _smooth(ink):
    """Take out the grain of a sensor and JPEG ringing, in proportion to the image's size."""
    image = Image.fromarray(np.uint8(255 * np.clip(ink, 0, 1)))
    radius = max(ink.shape) / 320
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def _otsu(values, bins=128):
    """The threshold that best splits values into two groups (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=bins)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = total / below - (total[-1] - total) / above
        between = below * above * gap**2
    return centres[np.nanargmax(between)]


def _keep_writing(ink):
    """Drop what touches the photo's edge and what is small beside the writing (table, dust)."""
    from scipy import ndimage  # only photos need it; a canvas is read without loading it

    labels, count = ndimage.label(ink > 0.5)
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    areas[0] = 0  # the paper
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    inside = areas.copy()
    inside[np.unique(edge)] = 0
    if not inside.any():
        inside = areas
    if not inside.any():
        raise EmptyCanvas("No digit stands out in this image. Try a darker pen or more light.")
    mask = np.isin(labels, np.flatnonzero(inside >= max(1, 0.08 * inside.max())))
    # Let the soft rim of a stroke live, so that its edge stays smooth.
    return np.where(ndimage.binary_dilation(mask, iterations=2), ink, 0)


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
