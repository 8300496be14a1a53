import keras
import numpy as np
import pytest

from mnist_models import recipes
from mnist_models.networks import reader
from mnist_models.training import test_time_augmentation


def test_a_network_that_looks_again_averages_its_answers_to_all_views(sample):
    model = reader.build(recipes.ClassifierRecipe(), keras)
    digits = sample.x_test[:4, ..., None] / np.float32(255)
    looks = [np.asarray(test_time_augmentation.View(**view)(digits)) for view in test_time_augmentation.VIEWS]
    expected = np.mean([np.asarray(model(look)) for look in looks], axis=0)
    np.testing.assert_allclose(
        np.asarray(test_time_augmentation.averaged_over_views(model)(digits)), expected, atol=1e-5
    )


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, -1)])
def test_a_view_moves_a_picture_by_whole_pixels(sample, down, right):
    digits = sample.x_test[:4, ..., None] / np.float32(255)  # their margins are empty
    moved = np.asarray(test_time_augmentation.View(down=down, right=right)(digits))
    np.testing.assert_allclose(moved, np.roll(digits, (down, right), axis=(1, 2)), atol=1e-6)


def test_a_view_turns_and_enlarges_about_the_middle():
    point = np.zeros((1, 29, 29, 1), np.float32)
    point[0, 14, 24] = 1  # ten pixels to the right of the middle
    turned = np.asarray(test_time_augmentation.View(rotation=90)(point))
    assert np.argwhere(turned[0, ..., 0] > 0.9).tolist() == [[24, 14]]  # clockwise: now below it
    enlarged = np.asarray(test_time_augmentation.View(scale=1.2)(point))
    assert np.argwhere(enlarged[0, ..., 0] > 0.9).tolist() == [[14, 26]]
