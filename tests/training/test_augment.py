from dataclasses import replace

import numpy as np

from mnist_models.training.augment import KINDS, Augmentation, warp

NOTHING = Augmentation(rotation=0, slant=0, scale=0, shift=0, elastic=0)


def test_without_distortion_images_stay_as_they_are(sample, rng):
    images = sample.x_train[:20]
    np.testing.assert_allclose(warp(images, NOTHING, rng)[..., 0], images / 255, atol=1e-6)


def test_every_image_is_distorted_in_another_way(sample, rng):
    images = np.repeat(sample.x_train[:1], 8, axis=0)
    distorted = warp(images, Augmentation(), rng)
    assert distorted.shape == (8, 28, 28, 1)
    assert distorted.dtype == np.float32
    assert len({image.tobytes() for image in distorted}) == 8


def test_pixels_stay_in_range_and_ink_stays_about_the_same(sample, rng):
    images = sample.x_train[:500]
    distorted = warp(images, Augmentation(), rng)
    assert distorted.min() >= 0
    assert distorted.max() <= 1 + 1e-6
    assert 0.9 < distorted.mean() / (images / 255).mean() < 1.1


def test_nothing_comes_in_from_the_other_side(rng):
    edge = np.zeros((50, 28, 28), np.uint8)
    edge[:, :, -1] = 255
    shifted = warp(edge, Augmentation(rotation=0, slant=0, scale=0, shift=4, elastic=0), rng)
    assert not shifted[:, :, :10].any()


def test_floats_and_bytes_are_distorted_alike(sample):
    images = sample.x_train[:10]
    from_bytes = warp(images, Augmentation(), np.random.default_rng(1))
    from_floats = warp(images.astype(np.float32) / 255, Augmentation(), np.random.default_rng(1))
    np.testing.assert_allclose(from_bytes, from_floats, atol=1e-5)


def test_half_of_the_images_are_mirrored(sample, rng):
    images = np.repeat(sample.x_train[:1], 400, axis=0)
    mirrored = warp(images, replace(NOTHING, mirror=True), rng)[..., 0]
    original = images[0] / 255
    is_original = np.abs(mirrored - original).max(axis=(1, 2)) < 1e-5
    is_mirrored = np.abs(mirrored - original[:, ::-1]).max(axis=(1, 2)) < 1e-5
    assert (is_original | is_mirrored).all()
    assert 0.4 < is_mirrored.mean() < 0.6


def test_shifts_by_whole_pixels_blur_nothing(rng):
    image = rng.integers(0, 256, (28, 28)).astype(np.uint8)
    images = np.repeat(image[np.newaxis], 600, axis=0)
    shifted = warp(images, replace(NOTHING, shift=2, whole_pixels=True), rng)
    framed = np.pad(image / 255, 2)
    wanted = {(y, x): framed[y : y + 28, x : x + 28] for y in range(5) for x in range(5)}
    found = [
        [place for place, picture in wanted.items() if np.allclose(picture, one[..., 0], atol=1e-6)]
        for one in shifted
    ]
    assert all(len(places) == 1 for places in found)
    assert len({places[0] for places in found}) == 25


def test_one_grey_square_is_painted_over_half_of_the_images(rng):
    images = np.full((400, 28, 28), 255, np.uint8)
    painted = warp(images, replace(NOTHING, erase=9), rng)[..., 0]
    changed = painted < 1
    touched = changed.any(axis=(1, 2))
    assert 0.4 < touched.mean() < 0.6
    for picture, where in zip(painted[touched], changed[touched], strict=True):
        rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
        assert where[np.ix_(rows, columns)].all()
        assert max(np.ptp(rows), np.ptp(columns)) < 9
        assert len(np.unique(picture[where])) == 1
    assert changed.any(axis=0).all()  # anywhere, edges and corners among them


def test_garments_are_neither_turned_nor_slanted_and_digits_not_mirrored():
    assert KINDS["garments"].rotation == KINDS["garments"].slant == KINDS["garments"].elastic == 0
    assert KINDS["garments"].mirror
    assert not KINDS["digits"].mirror
