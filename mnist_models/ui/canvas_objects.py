"""The drawing on a canvas as Fabric.js objects: examples put on it, strokes taken off it."""

from mnist_models.images import encoding
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
        "src": encoding.png_address(255 - image),
    }
    return {"objects": [picture], "version_of_app": version}
