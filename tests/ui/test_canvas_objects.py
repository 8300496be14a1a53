import base64
import io

import numpy as np
from PIL import Image

from mnist_models.ui import canvas_objects


def test_every_version_is_loaded_anew():
    assert canvas_objects.blank(1) != canvas_objects.blank(2)


def test_an_example_is_drawn_dark_on_light_over_the_whole_canvas():
    digit = np.zeros((28, 28), np.uint8)
    digit[5, 6] = 255
    (picture,) = canvas_objects.of_image(digit, 1)["objects"]
    assert picture["width"] * picture["scaleX"] == 280
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture["src"].split(",")[1]))))
    assert pixels[5, 6] == 0
    assert pixels[0, 0] == 255
