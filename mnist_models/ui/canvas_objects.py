"""The drawing on a canvas as Fabric.js objects: examples put on it, strokes taken off it."""

import base64
import io

import numpy as np
from PIL import Image

from mnist_models.images.strokes import CANVAS


def blank(version):
    """An empty drawing. Another `version` makes the canvas load it again."""
    return {"objects": [], "version_of_app": version}


def of_image(image, version):
    """A drawing that holds one picture, dark on light, filling the canvas.

    Args:
        image: uint8 H×H, ink bright on black as in MNIST.
        version: int.
    """
    side = len(image)
    picture = {
        "type": "Image",
        "left": 0,
        "top": 0,
        "originX": "left",
        "originY": "top",
        "width": side,
        "height": side,
        "scaleX": CANVAS / side,
        "scaleY": CANVAS / side,
        "src": png_address(255 - image),
    }
    return {"objects": [picture], "version_of_app": version}


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
        image: uint8 H×W grey or H×W×3.
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
