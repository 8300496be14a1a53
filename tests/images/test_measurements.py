import numpy as np
import pytest
from PIL import Image, ImageFilter

from mnist_models.images import measurements


@pytest.fixture(scope="module")
def digits(sample):
    return sample.x_test[:60, ..., None] / np.float32(255)


def transformed(digits, matrix):
    """Digits under an affine map around the centre; the matrix is that of `Image.transform`, row by row."""
    a, b, d, e = matrix
    centre = 13.5
    offsets = centre - a * centre - b * centre, centre - d * centre - e * centre
    data = (a, b, offsets[0], d, e, offsets[1])
    transform = Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
    images = [Image.fromarray(digit[..., 0]).transform((28, 28), *transform) for digit in digits]
    return np.stack([np.asarray(image) for image in images])[..., None]


def filtered(digits, effect):
    images = [Image.fromarray(np.uint8(255 * digit[..., 0])).filter(effect) for digit in digits]
    return np.stack([np.asarray(image) for image in images])[..., None] / np.float32(255)


def bars(width, height=20, value=1.0):
    picture = np.zeros((1, 28, 28, 1), np.float32)
    picture[0, 4 : 4 + height, 5 : 5 + width] = value
    return picture


def test_a_sheared_digit_leans(digits):
    # A pixel further right for every two further up.
    leaning = measurements.slant(transformed(digits, (1, 0.5, 0, 1)))
    upright = measurements.slant(digits)
    assert (leaning > upright + 5).mean() > 0.97
    leaning_left = measurements.slant(transformed(digits, (1, -0.5, 0, 1)))
    assert (leaning_left < upright - 5).mean() > 0.97


def test_slant_is_in_degrees():
    bar = bars(3)
    assert measurements.slant(bar)[0] == pytest.approx(0, abs=1e-6)
    diagonal = np.eye(28, dtype=np.float32)[None, ::-1, :, None]  # from bottom left to top right
    assert measurements.slant(diagonal)[0] == pytest.approx(45, abs=1e-6)


def test_a_bolder_digit_is_thicker(digits):
    bold = measurements.thickness(filtered(digits, ImageFilter.MaxFilter(3)))
    plain = measurements.thickness(digits)
    assert (bold > plain + 0.5).all()


def test_thickness_is_in_pixels_and_does_not_heed_how_dark_the_ink_is():
    for pixels in (2, 4):
        assert measurements.thickness(bars(pixels))[0] == pytest.approx(pixels, rel=0.25)
    assert measurements.thickness(bars(3, value=0.5)) == pytest.approx(measurements.thickness(bars(3)))


def test_a_stretched_digit_is_wider(digits):
    wide = measurements.width(transformed(digits, (1 / 1.3, 0, 0, 1)))
    plain = measurements.width(digits)
    np.testing.assert_allclose((wide / plain).mean(), 1.3, atol=0.06)


def test_width_is_in_pixels_and_does_not_heed_slant(digits):
    assert measurements.width(bars(10))[0] == pytest.approx(10, rel=0.01)
    leaning = transformed(digits, (1, 0.4, 0, 1))
    np.testing.assert_allclose(measurements.width(leaning), measurements.width(digits), atol=0.5)
    assert measurements.extent(leaning).mean() > measurements.extent(digits).mean() + 0.5


def test_brightness_contrast_and_fabric():
    picture = bars(14, height=14, value=0.5)  # a quarter of the picture
    assert measurements.brightness(picture)[0] == pytest.approx(0.125)
    assert measurements.fabric(picture)[0] == pytest.approx(0.5)
    assert measurements.contrast(picture)[0] == pytest.approx(0.5 * (0.25 * 0.75) ** 0.5)


def test_colours():
    picture = np.zeros((2, 8, 8, 3), np.float32)
    picture[0, ..., 0] = 0.6  # red
    picture[1, :, 4:, 2] = 1  # blue on the right
    np.testing.assert_allclose(measurements.warmth(picture), [0.6, -0.5], atol=1e-6)
    np.testing.assert_allclose(measurements.brightness(picture), [0.299 * 0.6, 0.114 / 2], atol=1e-6)
    np.testing.assert_allclose(measurements.light_from_right(picture), [0, 0.114], atol=1e-6)


def test_an_empty_picture_has_numbers():
    empty = np.zeros((1, 28, 28, 1), np.float32)
    for measure in (measurements.slant, measurements.thickness, measurements.width, measurements.fabric):
        assert measure(empty) == pytest.approx(0)


def test_logits_come_back_from_probabilities(rng):
    wanted = rng.standard_normal((5, 10)) * 12
    wanted -= wanted.mean(axis=1, keepdims=True)
    shares = np.exp(wanted - wanted.max(axis=1, keepdims=True))
    probabilities = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    np.testing.assert_allclose(measurements.logits(probabilities), wanted, atol=1e-5)
    assert np.isfinite(measurements.logits(np.array([[1, 0]], np.float32))).all()
