import contextlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_models.images import normalize, paper, photo_scenes
from mnist_models.serving import classifier

CASES = Path(__file__).parent.parent / "cases"
PHOTOS = 12  # of every kind; `evaluate reader` reads sixty
LEAST_READ = 10


@pytest.mark.parametrize("kind", photo_scenes.SCENES)
def test_photos_of_every_kind_are_read(kind, sample):
    rng = np.random.default_rng([7, len(kind)])
    read = wrong = 0
    for number in rng.integers(0, len(sample.x_held_out), PHOTOS):
        photo = photo_scenes.photograph(sample.x_held_out[number], photo_scenes.SCENES[kind], rng)
        reading = classifier.read("reader", normalize.photo_to_mnist(photo))
        right = reading.digit == sample.y_held_out[number]
        read += right and reading.is_sure
        wrong += reading.is_sure and not right
    assert read >= LEAST_READ
    assert wrong <= 1


@pytest.mark.parametrize(
    "name",
    [
        "whole_sheet_on_black_0.jpg",
        "yellow_note_on_dark_desk_2.jpg",
        "in_a_form_box_0.jpg",
        "circled_1.jpg",
        "squared_strong_6.jpg",
        "yellow_pen_0.jpg",
        "white_ink_clear_7.png",
        "white_ink_clear_28_6.png",
    ],
)
def test_pictures_that_failed(name):
    reading = classifier.read("reader", normalize.photo_to_mnist((CASES / name).read_bytes()))
    assert reading.digit == int(name.split(".")[0].split("_")[-1])
    assert reading.is_sure


def written(size=(300, 400), at=(120, 200), length=60):
    """A white photo with a vertical stroke: float32 H×W×3."""
    photo = np.full((*size, 3), 0.9, np.float32)
    photo[at[0] : at[0] + length, at[1] : at[1] + 8] = 0.1
    return photo


def test_the_box_is_where_the_ink_is():
    left, top, right, bottom = paper.find_ink(written()).box
    np.testing.assert_allclose((left, top, right, bottom), (200, 120, 208, 180), atol=3)


def test_what_reaches_the_edge_is_no_ink():
    photo = written()
    photo[:, :40] = 0.2  # a table
    left, _, right, _ = paper.find_ink(photo).box
    assert left > 190
    assert right < 220


@pytest.mark.parametrize("size", [(300, 400), (640, 30), (30, 640)])
def test_bare_paper_has_no_ink(size):
    with pytest.raises(paper.NoInk):
        paper.find_ink(np.full((*size, 3), 0.8, np.float32))


@pytest.mark.parametrize("size", [(2000, 1), (50, 1), (1, 2000)])
def test_a_photo_one_pixel_thin_ends_in_no_ink_or_some(size):
    photo = np.ones((*size, 3), np.float32)
    photo[size[0] // 3 : size[0] // 2 + 1, size[1] // 3 : size[1] // 2 + 1] = 0
    with contextlib.suppress(paper.NoInk):
        assert paper.find_ink(photo).ink.shape == size


def test_hundreds_of_frames_are_looked_into_in_time(rng):
    """Squares with something in each: only the largest few are looked into."""
    photo = np.full((640, 640, 3), 0.9, np.float32)
    photo[::16] = photo[:, ::16] = 0.1
    photo[8::16, 8::16] = 0.1
    ink = paper.find_ink(photo).ink
    assert ink.shape == (640, 640)


def test_a_photo_without_a_digit_gets_a_sentence_about_photos():
    with pytest.raises(normalize.EmptyCanvas, match="in this photo"):
        normalize.photo_to_mnist(Image.new("RGB", (300, 300), "white"))


def test_the_frame_shows_what_was_read():
    photo = Image.new("RGB", (100, 80), "white")
    framed = np.asarray(normalize.framed(photo, (0.3, 0.25, 0.7, 0.75)))
    assert (framed[40, 50] == 255).all()
    assert (framed[:, 10] == 255).all()
    assert (framed[40] != 255).any()
    assert (np.asarray(photo) == 255).all()
