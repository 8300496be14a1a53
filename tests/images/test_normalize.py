import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_models.data import datasets
from mnist_models.evaluation import classifier as evaluation
from mnist_models.images import normalize, strokes
from mnist_models.serving import classifier, sessions
from tests import pictures

CASES = Path(__file__).parent.parent / "cases"
SEVEN = [np.array([[80.0, 60], [200, 60], [130, 230]])]


def png(image):
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def canvas(**colours):
    return strokes.draw(SEVEN, 18, **colours)


class TestCanvas:
    def test_gives_a_centred_digit_of_twenty_pixels(self):
        image = normalize.canvas_to_mnist(canvas())
        assert image.shape == (28, 28, 1)
        assert image.dtype == np.float32
        assert image.min() == 0
        assert image.max() == 1
        rows = np.flatnonzero(image[..., 0].max(axis=1) > 0.2)
        assert 19 <= np.ptp(rows) + 1 <= 20
        mass = image[..., 0] / image.sum()
        assert abs((mass.sum(axis=1) * np.arange(28)).sum() - 14) <= 0.51
        assert abs((mass.sum(axis=0) * np.arange(28)).sum() - 14) <= 0.51

    @pytest.mark.parametrize(
        "colours",
        [
            {"colour": (255, 255, 255), "background": (0, 0, 0, 255)},
            {"colour": (200, 30, 90), "background": (250, 240, 200, 255)},
            {"colour": (0, 0, 0), "background": (0, 0, 0, 0)},
            {"colour": (255, 255, 0), "background": (255, 255, 255, 0)},
            {"colour": (128, 128, 128), "background": (120, 40, 120, 255)},
        ],
        ids=["white on black", "red on cream", "black on clear", "yellow on clear", "grey on purple"],
    )
    def test_colours_do_not_matter(self, colours):
        expected = normalize.canvas_to_mnist(canvas())
        assert np.abs(normalize.canvas_to_mnist(canvas(**colours)) - expected).max() < 0.1

    def test_place_does_not_matter(self):
        moved = [stroke + np.array([40, -20]) for stroke in SEVEN]
        expected = normalize.canvas_to_mnist(canvas())
        assert np.abs(normalize.canvas_to_mnist(strokes.draw(moved, 18)) - expected).max() < 0.1

    def test_size_hardly_matters(self):
        small = normalize.canvas_to_mnist(strokes.draw(strokes.place(SEVEN, 60, line_width=6), 6))
        large = normalize.canvas_to_mnist(strokes.draw(strokes.place(SEVEN, 240, line_width=24), 24))
        assert np.abs(small - large).mean() < 0.03

    def test_thin_lines_are_thickened(self):
        thin = normalize.canvas_to_mnist(strokes.draw(SEVEN, 4))
        assert (thin > 0.5).sum() > 40

    def test_fat_lines_are_thinned(self):
        fat = normalize.canvas_to_mnist(strokes.draw(strokes.place(SEVEN, 60, line_width=30), 30))
        normal = normalize.canvas_to_mnist(strokes.draw(strokes.place(SEVEN, 200, line_width=30), 30))
        assert fat.sum() < 1.6 * normal.sum()  # 2.1 times as it comes

    @pytest.mark.parametrize("name", ["fat_1", "fat_3", "small_2_default_pen", "small_5", "slashed_0"])
    def test_drawings_that_failed(self, name):
        rgba = np.asarray(Image.open(CASES / f"{name}.png").convert("RGBA"))
        reading = classifier.read("reader", normalize.canvas_to_mnist(rgba))
        assert reading.digit == int(re.search(r"\d", name).group())
        assert reading.is_sure

    @pytest.mark.parametrize("background", [(255, 255, 255, 255), (0, 0, 0, 0), (9, 9, 9, 255)])
    def test_an_empty_canvas_is_refused(self, background):
        with pytest.raises(normalize.EmptyCanvas):
            normalize.canvas_to_mnist(np.full((280, 280, 4), background, np.uint8))

    def test_a_speck_is_not_a_digit(self):
        speck = np.full((280, 280, 4), 255, np.uint8)
        speck[100:103, 100:102, :3] = 0
        with pytest.raises(normalize.EmptyCanvas):
            normalize.canvas_to_mnist(speck)

    def test_empty_canvas_is_a_value_error(self):
        assert issubclass(normalize.EmptyCanvas, ValueError)

    @pytest.mark.parametrize(
        "wrong", [np.zeros((28, 28)), np.zeros((28, 28, 4)), np.zeros((9, 9, 3), np.uint8)]
    )
    def test_other_arrays_are_refused(self, wrong):
        with pytest.raises(ValueError, match="uint8 H×W×4"):
            normalize.canvas_to_mnist(wrong)

    def test_a_canvas_full_of_ink_does_not_crash(self):
        full = np.full((280, 280, 4), 255, np.uint8)
        full[3:-3, 3:-3, :3] = 0
        assert normalize.canvas_to_mnist(full).max() == 1

    def test_mnist_digits_drawn_large_come_back(self, sample):
        """The normalisation is MNIST's own: most of its digits come back to the pixel."""
        errors = []
        for digit in sample.x_test[:100]:
            large = np.asarray(Image.fromarray(255 - digit).resize((280, 280), Image.Resampling.NEAREST))
            back = normalize.canvas_to_mnist(np.dstack([large, large, large, np.full_like(large, 255)]))
            errors.append(np.abs(back[..., 0] - digit / 255).mean())
        assert np.median(errors) < 1e-4
        assert max(errors) < 0.1


class TestPhoto:
    def test_held_out_digits_on_paper_are_read(self, sample, rng):
        chosen = rng.permutation(len(sample.x_test))[:400]
        images = np.stack(
            [normalize.photo_to_mnist(pictures.photo_of(sample.x_test[i], rng)) for i in chosen]
        )
        guesses = classifier.predict("reader", images).argmax(axis=1)
        assert (guesses == sample.y_test[chosen]).mean() >= 0.95

    def test_chalk_on_a_board_is_read(self, sample, rng):
        digit = sample.x_test[0]
        photo = Image.open(io.BytesIO(pictures.photo_of(digit, rng)))
        board = Image.eval(photo, lambda level: 255 - level)
        image = normalize.photo_to_mnist(png(board))
        assert classifier.read("reader", image).digit == sample.y_test[0]

    def test_a_clear_background_counts_as_paper(self):
        clear = Image.fromarray(canvas(background=(0, 0, 0, 0)))
        assert normalize.photo_to_mnist(png(clear)).max() == 1

    def test_a_28_pixel_file_is_taken_as_it_is(self, sample):
        digit = sample.x_test[3]
        image = normalize.photo_to_mnist(png(Image.fromarray(digit)))
        np.testing.assert_allclose(image[..., 0], digit / 255, atol=1e-6)

    @pytest.mark.parametrize("data", [b"", b"not an image", b"\x89PNG\r\n\x1a\n" + 40 * b"\0"])
    def test_what_is_no_image_gets_a_sentence(self, data):
        with pytest.raises(normalize.UnreadableImage, match="cannot be opened"):
            normalize.photo_to_mnist(data)

    def test_a_truncated_image_gets_a_sentence(self):
        data = png(Image.fromarray(np.uint8(np.random.default_rng(1).integers(0, 255, (300, 300)))))
        with pytest.raises(normalize.UnreadableImage):
            normalize.photo_to_mnist(data[: len(data) // 2])

    def test_a_hundred_megapixels_are_refused(self):
        with pytest.raises(normalize.UnreadableImage, match="100 megapixels"):
            normalize.photo_to_mnist(png(Image.new("1", (10_000, 10_000))))

    def test_bare_paper_is_refused(self):
        with pytest.raises(normalize.EmptyCanvas):
            normalize.photo_to_mnist(png(Image.new("L", (300, 300), 200)))

    def test_a_photo_lying_on_its_side_is_turned(self):
        upright = Image.fromarray(canvas()[..., :3])
        exif = Image.Exif()
        exif[0x0112] = 6  # turn a quarter to the right
        data = io.BytesIO()
        upright.rotate(90).save(data, "JPEG", exif=exif)
        expected = normalize.photo_to_mnist(png(upright))
        assert np.abs(normalize.photo_to_mnist(data.getvalue()) - expected).mean() < 0.03


class TestUnsure:
    """The issue's bounds on being sure, for the shipped reader."""

    def test_scribbles_and_letters_are_called_unsure(self, rng):
        makers = [pictures.scribble, pictures.letter]
        images = np.stack([normalize.canvas_to_mnist(makers[i % 2](rng)) for i in range(500)])
        confidence = classifier.predict("reader", images).max(axis=1)
        assert (confidence >= classifier.threshold("reader")).mean() <= 0.10

    def test_card_says_that_drawings_are_seldom_called_unsure(self):
        drawings = sessions.card("reader")["test_drawings"]
        assert drawings["unsure"] <= 0.02
        assert drawings["accuracy"] >= 0.99

    def test_drawings_by_new_writers(self, monkeypatch):
        monkeypatch.undo()  # look for the strokes where the machine has them
        if datasets.find("strokes") is None:
            pytest.skip("the pen strokes are not on this machine: python -m mnist_models data fetch strokes")
        report, unsure = evaluation.evaluate_drawings("reader", datasets.load_strokes(), seed=11)
        assert report.accuracy >= 0.99
        assert unsure <= 0.02
