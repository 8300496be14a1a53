import numpy as np

from mnist_models.training import non_digits, stroke_variants

ONE = [np.array([[0.0, 0], [0, 100]])]


def test_scribbles_are_all_different(rng):
    drawn = [non_digits.draw(rng, [ONE]) for _ in range(300)]
    assert all(len(strokes) >= 1 for strokes in drawn)
    assert all(np.isfinite(np.concatenate(strokes)).all() for strokes in drawn)
    assert len({np.concatenate(strokes).tobytes() for strokes in drawn}) == 300


def test_drawn_scribbles_fill_the_field():
    images = stroke_variants.draw_scribbles(60, [ONE], seed=5)
    assert images.shape == (60, 28, 28)
    assert images.dtype == np.uint8
    assert (images.reshape(60, -1).max(axis=1) == 255).all()


def test_variants_of_a_digit_differ_but_remain_that_digit():
    variants = stroke_variants.draw_variants([ONE] * 4, 25, seed=5)
    assert variants.shape == (4, 25, 28, 28)
    assert len({image.tobytes() for image in variants.reshape(-1, 28, 28)}) > 95
    upright = variants.reshape(-1, 28, 28) > 100
    heights, widths = upright.any(axis=2).sum(axis=1), upright.any(axis=1).sum(axis=1)
    assert (heights >= widths).all()


def test_the_seed_decides_the_drawings():
    first, again, other = (stroke_variants.draw_scribbles(10, [ONE], seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
