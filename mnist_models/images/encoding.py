"""Arrays as files and addresses that a browser shows: PNG, GIF, data: URLs."""

import base64
import io

import numpy as np
from PIL import Image

SIDE = 448  # pixels of a saved picture: 16 × 28 and 7 × 64
FRAME_MILLISECONDS = 50  # of an animation


def as_pixels(image):
    """A network's input as uint8 28×28 for showing; black where there is none.

    Args:
        image: float32 28×28×1 in [0, 1], or None.
    """
    if image is None:
        return np.zeros((28, 28), np.uint8)
    return np.uint8(np.rint(255 * image[..., 0]))


def png_address(image):
    """A picture as a data: address, so that a page needs no second request for it.

    Args:
        image: uint8 H×W or H×W×1 grey, or H×W×3.
    """
    buffer = io.BytesIO()
    Image.fromarray(_flat(image)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def png(image, side=SIDE):
    """A picture as a PNG file with hard pixels: bytes.

    Args:
        image: uint8 H×W×C.
        side: int, pixels of the file.
    """
    buffer = io.BytesIO()
    _enlarged(image, side).save(buffer, "PNG")
    return buffer.getvalue()


def gif(images, side=SIDE):
    """An endless animation with hard pixels, 20 pictures a second: bytes of a GIF file.

    Args:
        images: uint8 N×H×W×C.
        side: int, pixels of the file.
    """
    # One palette for all frames, so that nothing flickers.
    strip = Image.fromarray(_flat(np.concatenate(list(images), axis=1))).convert("RGB")
    palette = strip.quantize(256, dither=Image.Dither.NONE)
    frames = [
        _enlarged(image, side).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
        for image in images
    ]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "GIF", save_all=True, append_images=frames[1:], duration=FRAME_MILLISECONDS, loop=0
    )
    return buffer.getvalue()


def _enlarged(image, side):
    return Image.fromarray(_flat(image)).resize((side, side), Image.Resampling.NEAREST)


def _flat(image):
    """Pillow takes grey pictures as H×W."""
    return image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
