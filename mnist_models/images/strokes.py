"""Drawings as lists of strokes: reading recorded ones, and drawing them as a canvas would."""

import numpy as np
from PIL import Image, ImageDraw

CANVAS = 280  # pixels, the side of the Draw page's canvas
_SUPERSAMPLING = 2  # Pillow's lines have hard edges; drawing larger and averaging softens them


def place(strokes, height, left=None, top=None, line_width=0, canvas=CANVAS):
    """Scale and move strokes so that they stand on the canvas.

    Args:
        strokes: list of arrays N×2 of x, y in any units, y down.
        height: pixels between the highest and the lowest point (less, where the digit would be
            wider than the canvas).
        left, top: pixels from the canvas's edges to the outline; centred where None.
        line_width: pixels that the pen takes; kept on the canvas all around.
        canvas: pixels, the canvas's side.

    Returns:
        list of float64 arrays N×2 in canvas pixels.
    """
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    room = canvas - line_width - 2
    scale = min(height, room) / max(extent[1], 1e-6)
    scale = min(scale, room / max(extent[0], 1e-6))
    free = room - extent * scale
    pad = line_width / 2 + 1
    corner = np.array(
        [
            free[0] / 2 if left is None else np.clip(left, 0, free[0]),
            free[1] / 2 if top is None else np.clip(top, 0, free[1]),
        ]
    )
    return [(np.asarray(stroke) - low) * scale + corner + pad for stroke in strokes]


def draw(strokes, line_width, canvas=CANVAS, colour=(0, 0, 0), background=(255, 255, 255, 255)):
    """Draw strokes with a round pen.

    Args:
        strokes: list of arrays N×2 of x, y in canvas pixels, y down.
        line_width: pixels.
        canvas: pixels, the canvas's side.
        colour: RGB of the pen, 0 to 255.
        background: RGBA of the canvas, 0 to 255.

    Returns:
        uint8 array canvas×canvas×4, RGBA.

    Example:
        >>> draw([np.array([[140, 40], [140, 240]])], line_width=20).shape
        (280, 280, 4)
    """
    mask = draw_mask(strokes, line_width, canvas)[..., np.newaxis].astype(np.float32) / 255
    pen = np.array([*colour, 255], np.float32)
    paper = np.array(background, np.float32)
    alpha = mask * 255 + (1 - mask) * paper[3]
    premultiplied = mask * pen[:3] * 255 + (1 - mask) * paper[:3] * paper[3]
    colours = premultiplied / np.maximum(alpha, 1e-6)
    return np.uint8(np.rint(np.concatenate([colours, alpha], axis=-1)))


def draw_mask(strokes, line_width, canvas=CANVAS):
    """The pen's coverage of every pixel: uint8 canvas×canvas, 255 where fully inked."""
    side = canvas * _SUPERSAMPLING
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    width = line_width * _SUPERSAMPLING
    for stroke in strokes:
        points = [(float(x) * _SUPERSAMPLING, float(y) * _SUPERSAMPLING) for x, y in stroke]
        if len(points) > 1:
            pen.line(points, fill=255, width=max(1, round(width)), joint="curve")
        for x, y in points[:: max(1, len(points) - 1)]:  # round ends
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(image.reduce(_SUPERSAMPLING))
