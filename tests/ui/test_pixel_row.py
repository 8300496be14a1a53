import base64
import io
import re

import numpy as np
from PIL import Image

from mnist_models.ui import pixel_row
from mnist_models.ui.pixel_row import Picture


def shown(html):
    """The pictures of a row as arrays."""
    addresses = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(address)))) for address in addresses]


def test_a_row_shows_pictures_of_every_kind():
    grey = np.full((28, 28), 7, np.uint8)
    colour = np.full((28, 28, 3), 9, np.uint8)
    network = np.full((28, 28, 1), 0.5, np.float32)
    found = shown(pixel_row.row([Picture(grey), Picture(colour), Picture(network)]))
    assert [image.shape for image in found] == [(28, 28), (28, 28, 3), (28, 28)]
    assert [int(image.max()) for image in found] == [7, 9, 128]


def test_a_place_without_a_picture_stays_empty_and_keeps_its_caption():
    html = pixel_row.row([Picture(None, "Error")])
    assert "<img" not in html
    assert 'class="empty"' in html
    assert html.count("Error") == 2  # below the place, and for who cannot see it


def test_captions_are_text_and_not_html():
    html = pixel_row.row([Picture(None, '<b>"5"</b>')])
    assert "<b>" not in html
    assert html.count("&lt;b&gt;") == 2  # below the picture, and for who cannot see it
