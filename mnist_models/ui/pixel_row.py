"""Pictures of pixels as HTML: hard pixels, whole-number scale, in rows that wrap on a phone."""

from dataclasses import dataclass
from html import escape

import numpy as np

from mnist_models.images import encoding

# A row of three fits a phone at three screen pixels a pixel, and half a page at five.
_STYLE = """<style>
.pixels {display: flex; flex-wrap: wrap; gap: 0.75rem}
.pixels figure {margin: 0}
.pixels img {display: block; image-rendering: pixelated; width: calc(28px * var(--scale)); height: auto}
.pixels figcaption {font-size: 0.8rem; line-height: 1.3; min-height: 2.6em}
.pixels figcaption {max-width: calc(28px * var(--scale))}
.pixels .empty {width: calc(28px * var(--scale)); height: calc(28px * var(--scale))}
.pixels .empty {box-sizing: border-box; border: 1px dashed color-mix(in srgb, currentColor 35%, transparent)}
.pixels.small {gap: 0.4rem}
.pixels.small figcaption {min-height: 1.3em; text-align: center}
.pixels {--scale: 5}
.pixels.small {--scale: 2}
@media (max-width: 640px) {.pixels {--scale: 3} .pixels.small {--scale: 2}}
</style>"""


@dataclass(frozen=True)
class Picture:
    """One picture of a row.

    Attributes:
        image: uint8 28×28 or 28×28×3, or a network's float32 28×28×1 in [0, 1]; None leaves its place
            empty.
        caption: what stands below it, plain text.
    """

    image: np.ndarray | None
    caption: str = ""


def row(pictures, small=False):
    """A row of pictures.

    Args:
        pictures: list of Picture.
        small: True for 56 screen pixels each, else 140 (84 on a phone).

    Returns:
        str, HTML.
    """
    figures = "".join(
        f"<figure>{_shown(picture)}<figcaption>{escape(picture.caption)}</figcaption></figure>"
        for picture in pictures
    )
    return f'{_STYLE}<div class="pixels{" small" if small else ""}">{figures}</div>'


def _shown(picture):
    caption = escape(picture.caption)
    if picture.image is None:
        return f'<div class="empty" role="img" aria-label="{caption}"></div>'
    return f'<img src="{encoding.png_address(pixels(picture.image))}" alt="{caption}">'


def pixels(image):
    """A picture as uint8, for showing; None is black."""
    is_uint8 = image is not None and image.dtype == np.uint8
    return image if is_uint8 else encoding.as_pixels(image)
