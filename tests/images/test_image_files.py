import json
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_models import cli
from mnist_models.images import image_files, normalize
from mnist_models.serving import classifier
from scripts import serving
from tests import hostile_pictures
from tests.hostile_pictures import encoded, mark

CASES = Path(__file__).parent.parent / "cases"


def refusal(data):
    """The sentence with which a file is refused."""
    with pytest.raises(image_files.UnreadableImage) as caught:
        image_files.open_image(data)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def corners(image):
    """Grey levels of the four corners, clockwise from the upper left."""
    grey = np.asarray(image.convert("L"))
    return [int(grey[place]) for place in ((2, 2), (2, -3), (-3, -3), (-3, 2))]


def is_upright(image):
    return [level < 128 for level in corners(image)] == [True, False, False, False]


class TestKinds:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "MPO"])
    @pytest.mark.parametrize("mode", ["L", "RGB"])
    def test_is_told_by_content(self, kind, mode):
        image = image_files.open_image(encoded(mark(mode=mode), kind))
        assert image.size == (64, 48)
        assert image.mode in ("L", "RGB")
        assert is_upright(image)

    @pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16", "CMYK", "I", "F"])
    def test_every_mode_becomes_grey_or_colour_or_keeps_alpha(self, mode):
        kind = "PNG" if mode in ("1", "P", "LA", "RGBA") else "TIFF"
        image = mark(mode="L" if mode == "I;16" else mode)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
        opened = image_files.open_image(encoded(image, kind))
        assert opened.mode == ("RGBA" if "A" in mode else "RGB" if mode in ("P", "CMYK") else "L")
        assert is_upright(opened)
        assert corners(opened)[2] > 250

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF", "GIF"])
    @pytest.mark.parametrize("side", [200, 1_500])
    def test_white_ink_on_a_clear_ground_stays_apart(self, kind, side):
        image = Image.new("RGBA", (side, side), (255, 255, 255, 0))
        image.paste((255, 255, 255, 255), (side // 4, side // 4, side // 2, side // 2))
        opened = image_files.open_image(encoded(image, kind))
        alpha = np.asarray(opened)[..., 3]
        assert alpha.max() > 250
        assert alpha.min() < 5

    def test_a_clear_colour_of_a_palette_is_alpha(self):
        image = mark(mode="P")
        opened = image_files.open_image(encoded(image, "PNG", transparency=image.getpixel((60, 40))))
        assert opened.mode == "RGBA"
        assert opened.getpixel((60, 40))[3] == 0

    @pytest.mark.parametrize(
        ("data", "name"),
        [
            (b"%PDF-1.7\n...", "PDF files"),
            (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG files"),
            (b"8BPS\0\1", "Photoshop files"),
            (b"\0\0\0\x18ftypqt  \0\0\0\0qt  ", "Video files"),
            (b"PK\x03\x04word/document.xml", "Office files"),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL files"),
            (b"", "This file is empty"),
            (b"This is no picture.", "This file cannot be opened as an image"),
            (b"\x89PNG\r\n\x1a\n" + 40 * b"\0", "This PNG file is damaged"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + 90 * b"\0", "This HEIC file is damaged"),
        ],
    )
    def test_other_files_are_named_with_what_to_do(self, data, name):
        sentence = refusal(data)
        assert name in sentence
        assert "cannot be opened as an image" in sentence
        assert "Please" in sentence

    def test_names_do_not_matter_on_the_command_line(self, tmp_path, capsys):
        names = ["digit.jfif", "digit.JPE", "digit.png", "digit"]
        for name in names:
            (tmp_path / name).write_bytes((CASES / "named_jfif.jfif").read_bytes())
        assert cli.main(["predict", "reader", *(str(tmp_path / name) for name in names)]) == 0
        assert [line.split(": ")[1][0] for line in capsys.readouterr().out.splitlines()] == list("3333")


class TestHeic:
    def test_is_read(self):
        image = normalize.photo_to_mnist((CASES / "two.heic").read_bytes())
        assert classifier.read("reader", image).digit == 2

    def test_is_turned_once(self):
        upright, turned = (
            image_files.open_image((CASES / name).read_bytes()) for name in ("two.heic", "two_turned.heic")
        )
        assert upright.size == turned.size == (320, 240)
        assert np.abs(np.asarray(upright, float) - np.asarray(turned, float)).mean() < 4

    def test_is_refused_by_the_size_that_it_names(self):
        data = (CASES / "two.heic").read_bytes()
        for size, sentence in (
            ((10_000, 10_000), "100 megapixels; at most 50"),
            ((2_000, 10), "too narrow"),
            ((4, 4), "only 4×4 pixels"),
        ):
            place = data.index(b"ispe") + 8
            other = data[:place] + struct.pack(">II", *size) + data[place + 8 :]
            assert sentence in refusal(other)

    def test_is_read_on_the_command_line(self, capsys):
        assert cli.main(["predict", "reader", str(CASES / "two_turned.heic")]) == 0
        assert "two_turned.heic: 2" in capsys.readouterr().out


class TestExif:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_pictures_are_upright(self, kind, orientation):
        exif = Image.Exif()
        exif[0x0112] = orientation
        lying = mark((96, 80))
        for undo in _UNDOING[orientation]:
            lying = lying.transpose(undo)
        image = image_files.open_image(encoded(lying, kind, exif=exif))
        assert image.size == (96, 80)
        assert is_upright(image)

    def test_the_orientation_is_found_among_mistyped_fields(self, rng):
        lying = encoded(mark().transpose(Image.Transpose.ROTATE_90), "JPEG")
        for _ in range(1_000):
            image = image_files.open_image(
                hostile_pictures.with_exif(lying, hostile_pictures.mistyped_exif(rng, 6))
            )
            assert image.size == (64, 48)

    @pytest.mark.parametrize("orientation", [0, 9, 255, 65_535])
    def test_an_orientation_that_means_nothing_is_passed_over(self, rng, orientation):
        data = hostile_pictures.with_exif(
            encoded(mark(), "JPEG"), hostile_pictures.mistyped_exif(rng, orientation)
        )
        assert is_upright(image_files.open_image(data))

    def test_a_mistyped_file_is_read(self):
        image = normalize.photo_to_mnist((CASES / "sub_lens_spec.jpg").read_bytes())
        assert classifier.read("reader", image).digit == 7

    def test_nothing_of_it_is_handed_on(self):
        exif = Image.Exif()
        exif[0x010E] = "a description"
        assert not image_files.open_image(encoded(mark(), "JPEG", exif=exif)).info


_UNDOING = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}


def test_two_thousand_odd_files_end_in_a_picture_or_a_sentence(rng):
    whole = [
        *(encoded(mark(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")),
        encoded(mark(), "JPEG", progressive=True),
        encoded(mark(), "TIFF", compression="tiff_lzw"),
        (CASES / "two.heic").read_bytes(),
        (CASES / "animated_blank_first_3.gif").read_bytes(),
    ]
    for number in range(2_000):
        data = bytearray(whole[number % len(whole)])
        if number % 3 == 0:
            data = bytearray(
                hostile_pictures.with_exif(whole[1], hostile_pictures.mistyped_exif(rng, number % 10))
            )
        if number % 3 == 1:
            del data[int(rng.integers(0, len(data))) :]
        if number % 3 == 2 or rng.random() < 0.2:
            for _ in range(int(rng.integers(1, 12))):
                if data:
                    data[int(rng.integers(0, min(len(data), 400)))] = int(rng.integers(0, 256))
        try:
            image = image_files.open_image(bytes(data))
        except image_files.UnreadableImage:
            continue
        assert image.mode in ("L", "RGB", "RGBA")
        assert max(image.size) <= 640


class TestFrames:
    @pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
    @pytest.mark.parametrize("ground", ["white", "black", (0, 0, 0, 0)])
    def test_the_first_that_shows_something_is_taken(self, kind, ground):
        blank = Image.new("RGBA", (64, 48), ground)
        drawn, later = blank.copy(), blank.copy()
        drawn.paste("red", (10, 10, 40, 30))
        later.paste("blue", (0, 0, 64, 30))
        data = encoded(blank, kind, save_all=True, append_images=[blank, drawn, later], duration=90)
        red, _, blue = image_files.open_image(data).convert("RGB").getpixel((25, 20))
        assert red > 200
        assert blue < 60

    def test_a_gif_with_a_blank_first_frame_is_read(self):
        data = (CASES / "animated_blank_first_3.gif").read_bytes()
        assert classifier.read("reader", normalize.photo_to_mnist(data)).digit == 3

    def test_frames_that_all_are_blank_end_soon(self):
        blank = [Image.new("L", (300, 300), 250 + number % 2) for number in range(400)]
        data = encoded(blank[0], "GIF", save_all=True, append_images=blank[1:])
        start = time.perf_counter()
        with pytest.raises(normalize.EmptyCanvas):
            normalize.photo_to_mnist(data)
        assert time.perf_counter() - start < 3


class TestCost:
    @pytest.mark.parametrize("size", [(4_000, 3_000), (641, 640), (1_279, 64), (1_280, 1_280), (300, 4_100)])
    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_what_comes_out_has_at_most_640_pixels_a_side(self, size, kind):
        image = image_files.open_image(encoded(mark(size), kind))
        assert max(image.size) == 640
        assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.05)
        assert is_upright(image)

    def test_small_pictures_stay_as_they_are(self, sample):
        image = image_files.open_image(encoded(Image.fromarray(sample.x_train[0]), "PNG"))
        np.testing.assert_array_equal(np.asarray(image), sample.x_train[0])

    @pytest.mark.parametrize(
        ("size", "sentence"),
        [
            ((1, 2_000), "1×2000 pixels, too narrow"),
            ((2_000, 1), "2000×1 pixels, too narrow"),
            ((3, 160), "too narrow"),
            ((1, 500), "too narrow"),
            ((3, 3), "only 3×3 pixels, too few"),
        ],
    )
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
    def test_extreme_shapes_get_a_sentence_at_once(self, kind, size, sentence):
        data = encoded(Image.new("RGB", size, "red"), kind)
        start = time.process_time()
        assert sentence in refusal(data)
        assert time.process_time() - start < 0.5

    @pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "TIFF"])
    def test_a_hundred_megapixels_are_refused(self, kind):
        assert "100 megapixels; at most 50" in refusal(encoded(Image.new("L", (10_000, 10_000)), kind))

    def test_what_takes_much_memory_to_decode_is_refused_sooner(self):
        data = encoded(Image.new("RGB", (8_000, 6_000)), "WEBP", lossless=True, method=0, quality=0)
        assert "48 megapixels; at most 21 can be read from a file of its type" in refusal(data)

    def test_a_jpeg_of_endless_scans_is_refused(self):
        data = encoded(mark((400, 300)), "JPEG", progressive=True)
        last = data.rindex(b"\xff\xda")
        assert "slow to open" in refusal(data[:last] + 500 * data[last:-2] + data[-2:])

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_four_large_ones_at_once_take_the_memory_of_one(self, tmp_path):
        for number, data in enumerate(hostile_pictures.costly().values()):
            (tmp_path / str(number)).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", _FOUR_AT_ONCE, str(tmp_path / "0")],
            capture_output=True,
            text=True,
            check=True,
        )
        before, most, after = json.loads(done.stdout)
        assert most - before < 300
        assert after - before < 100


_FOUR_AT_ONCE = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from mnist_models.images import image_files

def megabytes(name):
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(name)).split()[1]) // 1024

data = open(sys.argv[1], "rb").read()
before = megabytes("VmRSS")
with ThreadPoolExecutor(4) as pool:
    assert {image.size for image in pool.map(image_files.open_image, 4 * [data])} == {(640, 496)}
print(json.dumps([before, megabytes("VmHWM"), megabytes("VmRSS")]))
"""


def test_the_server_answers_while_hostile_pictures_are_worked_on(tmp_path):
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name, data in hostile_pictures.costly().items():
        (folder / name).write_bytes(data)
    (tmp_path / "page.py").write_text("", encoding="utf-8")
    script = tmp_path / "served.py"
    script.write_text(_HOSTILE_SERVER, encoding="utf-8")
    environment = {"PYTHONPATH": str(serving.ROOT), "HOSTILE_PICTURES": str(folder)}
    with serving.serving(script, tmp_path / "log", environment) as server:
        seconds = []
        until = time.monotonic() + 5
        while time.monotonic() < until:
            start = time.perf_counter()
            urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=30).read()
            seconds.append(time.perf_counter() - start)
        worked_on = len((folder / "done.txt").read_text().splitlines())
    assert worked_on >= 10
    assert np.median(seconds) < 0.05


_HOSTILE_SERVER = """
import os
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from mnist_models.images import normalize

FOLDER = Path(os.environ["HOSTILE_PICTURES"])
FILES = [path.read_bytes() for path in sorted(FOLDER.glob("*.*")) if path.name != "done.txt"]


def visitor(first):
    while True:
        for number in range(len(FILES)):
            try:
                normalize.photo_to_mnist(FILES[(first + number) % len(FILES)])
            except (normalize.UnreadableImage, normalize.EmptyCanvas):
                pass
            with open(FOLDER / "done.txt", "a") as done:
                done.write("one\\n")


@asynccontextmanager
async def lifespan(app):
    for first in range(0, 8, 2):
        threading.Thread(target=visitor, args=(first,), daemon=True).start()
    yield


app = st.App("page.py", lifespan=lifespan)
"""
