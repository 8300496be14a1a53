import numpy as np
import pytest

from mnist_models import metrics


def noise(count, side=8, channels=1, seed=0):
    return np.random.default_rng(seed).random((count, side, side, channels), np.float32)


def smooth(count, side=64, seed=0):
    """Colour images with structure at every scale."""
    small = noise(count, side // 4, 3, seed)
    return small.repeat(4, axis=1).repeat(4, axis=2) * 0.8 + noise(count, side, 3, seed + 1) * 0.2


def test_confusion_has_true_classes_in_rows():
    confusion = metrics.confusion_matrix([7, 7, 1], [1, 7, 1])
    assert confusion[7, 1] == 1
    assert confusion[7, 7] == 1
    assert confusion[1, 1] == 1
    assert confusion.sum() == 3


def test_diversity_is_the_mean_over_all_pairs():
    pictures = noise(5)
    pairs = [((pictures[i] - pictures[j]) ** 2).mean() for i in range(5) for j in range(i)]
    assert metrics.diversity(pictures) == pytest.approx(np.mean(pairs), rel=1e-5)
    assert metrics.diversity(np.repeat(pictures[:1], 4, axis=0)) == 0


def test_frechet_distance_of_normal_clouds():
    rng = np.random.default_rng(0)
    cloud = rng.standard_normal((200_000, 3))
    assert metrics.frechet_distance(cloud, cloud) == pytest.approx(0, abs=1e-9)
    assert metrics.frechet_distance(cloud, cloud + np.array([2, 0, 1])) == pytest.approx(5, abs=1e-6)
    # Per axis (σ_a - σ_b)², here (1 - 3)² for each of three.
    wide = 3 * rng.standard_normal((200_000, 3))
    assert metrics.frechet_distance(cloud, wide) == pytest.approx(12, rel=0.01)


def test_a_dead_feature_does_not_spoil_the_frechet_distance():
    cloud = np.random.default_rng(0).standard_normal((500, 3)) * [1, 1, 0]
    assert metrics.frechet_distance(cloud, cloud + np.array([0, 1, 0])) == pytest.approx(1, abs=1e-6)


def test_nearest_finds_copies():
    training = noise(300)
    copied = training[[7, 250, 3]] + 0.01
    indices, distances = metrics.nearest(copied, training, batch=2)
    assert indices.tolist() == [7, 250, 3]
    np.testing.assert_allclose(distances, 0.01, rtol=1e-3)


def test_a_pyramid_adds_up_to_the_images():
    images = smooth(2)
    levels = metrics.laplacian_pyramid(images)
    assert [level.shape[1] for level in levels] == [64, 32, 16]
    rebuilt = levels[-1]
    for level in reversed(levels[:-1]):
        rebuilt = metrics.enlarge(rebuilt) + level
    np.testing.assert_allclose(rebuilt, images, atol=1e-5)


def test_a_flat_image_has_no_detail():
    levels = metrics.laplacian_pyramid(np.full((1, 32, 32, 3), 0.4, np.float32))
    np.testing.assert_allclose(levels[0], 0, atol=1e-6)
    np.testing.assert_allclose(levels[1], 0.4, atol=1e-6)


def test_sliced_wasserstein_sees_what_is_missing_and_at_which_scale():
    real, other, checkered = smooth(30), smooth(30, seed=10), smooth(30, seed=20)
    checkered[:, ::2, ::2] += 0.3
    alike = metrics.sliced_wasserstein(real, other)
    spoilt = metrics.sliced_wasserstein(real, checkered)
    assert len(alike) == 3
    assert spoilt[0] > 3 * alike[0]  # a checkerboard is the finest detail ...
    assert spoilt[2] < 2 * alike[2] + 20  # ... and none at 16 pixels
    assert metrics.sliced_wasserstein(real, other) == alike  # repeatable


def test_mean_colour_distance():
    images = noise(3, channels=3)
    assert metrics.mean_colour_distance(images, images + np.array([0.3, 0.0, 0.4])) == pytest.approx(
        0.5, abs=1e-6
    )
