import json

import numpy as np
import pytest

from mnist_models import weights
from mnist_models.latent import walks
from mnist_models.serving import sliders


@pytest.fixture
def ends(rng):
    return rng.standard_normal((2, 100)).astype(np.float32)


@pytest.mark.parametrize("walk", [walks.linear, walks.spherical])
def test_a_walk_has_both_ends(walk, ends):
    path = walk(*ends, steps=7)
    assert path.shape == (7, 100)
    assert path.dtype == np.float32
    np.testing.assert_allclose(path[[0, -1]], ends, atol=1e-5)


@pytest.mark.parametrize("walk", [walks.linear, walks.spherical])
def test_a_walk_needs_two_vectors_and_two_steps(walk, ends):
    with pytest.raises(ValueError, match="at least 2 steps"):
        walk(*ends, steps=1)
    with pytest.raises(ValueError, match="as many numbers"):
        walk(ends[0], ends[1, :50], steps=4)


def test_half_way_on_the_line_is_the_mean(ends):
    np.testing.assert_allclose(walks.linear(*ends, steps=3)[1], ends.mean(axis=0), atol=1e-6)


def test_the_arc_keeps_the_length_and_turns_evenly(ends):
    ends = ends / np.linalg.norm(ends, axis=1, keepdims=True) * 10
    path = walks.spherical(*ends, steps=6)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 10, rtol=1e-5)
    cosines = (path[1:] * path[:-1]).sum(axis=1) / 100
    np.testing.assert_allclose(cosines, cosines[0], atol=1e-5)
    assert np.linalg.norm(walks.linear(*ends, steps=3)[1]) < 8.5  # what the line does not do


def test_the_arc_knows_vectors_without_a_plane(ends):
    z = ends[0]
    np.testing.assert_allclose(walks.spherical(z, 2 * z, steps=3)[1], 1.5 * z, atol=1e-5)
    opposite = walks.spherical(z, -z, steps=3)
    assert np.linalg.norm(opposite[1]) == pytest.approx(np.linalg.norm(z), rel=1e-5)
    np.testing.assert_allclose(walks.spherical(np.zeros(100), z, steps=3)[1], z / 2, atol=1e-6)


def test_a_tour_closes(ends):
    z = ends[0]
    path = walks.tour(z, steps=12, seed=3)
    np.testing.assert_allclose(path[0], z, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(z), rtol=1e-5)
    strides = np.linalg.norm(path - np.roll(path, 1, axis=0), axis=1)  # the last to the first as well
    np.testing.assert_allclose(strides, strides[0], rtol=1e-4)
    np.testing.assert_array_equal(path, walks.tour(z, steps=12, seed=3))
    assert not np.allclose(path, walks.tour(z, steps=12, seed=4))


def test_truncation_shrinks(ends):
    np.testing.assert_allclose(walks.truncate(ends, 0.5), ends / 2)
    with pytest.raises(ValueError, match="0 to 1"):
        walks.truncate(ends, 1.5)
    np.testing.assert_allclose(walks.sample(4, 9, 1, truncation=0.5), walks.sample(4, 9, 1) / 2)


def test_a_slider_goes_as_far_to_both_sides(ends):
    direction = sliders.Direction("slant", "Slant", np.eye(100, dtype=np.float32)[3], reach=2.5)
    path = walks.along(ends[0], direction, steps=5)
    np.testing.assert_allclose(path[2], ends[0], atol=1e-6)
    np.testing.assert_allclose(path[:, 3] - ends[0, 3], [-2.5, -1.25, 0, 1.25, 2.5], atol=1e-6)
    np.testing.assert_allclose(np.delete(path, 3, axis=1), np.tile(np.delete(ends[0], 3), (5, 1)), atol=1e-6)


def write_directions(folder, text):
    path = folder / sliders.file_name("digit_gan")
    path.write_text(text, encoding="utf-8")
    weights.write("digit_gan", {"files": {path.name: weights.sha256(path)}}, folder)
    return path


def test_directions_are_read_in_their_order(tmp_path):
    rows = [
        {"name": name, "title": name.title(), "reach": 3.0, "vector": vector}
        for name, vector in (("width", [0, 1, 0]), ("slant", [0.6, 0, 0.8]))
    ]
    write_directions(tmp_path, json.dumps(rows))
    found = sliders.directions(weights.trained("digit_gan", tmp_path))
    assert [direction.title for direction in found] == ["Width", "Slant"]
    assert found[1].vector.dtype == np.float32
    np.testing.assert_allclose(found[1].vector, [0.6, 0, 0.8])
    assert found[1].reach == 3


def test_a_generator_without_directions_has_none(tmp_path):
    weights.write("digit_gan", {"files": {}}, tmp_path)
    assert sliders.directions(weights.trained("digit_gan", tmp_path)) == []


def test_damaged_directions_are_not_used(tmp_path):
    write_directions(tmp_path, "[]").write_text('[{"name": "other"}]', encoding="utf-8")
    with pytest.raises(weights.CardError, match="not the file its card describes"):
        sliders.directions(weights.trained("digit_gan", tmp_path))


def test_walks_of_a_single_number_stay_numbers():
    start, end = np.array([1.0], np.float32), np.array([-2.0], np.float32)
    arc = walks.spherical(start, end, 5)
    np.testing.assert_allclose(arc[[0, -1]], [start, end], atol=1e-6)
    assert np.isfinite(arc).all()
    circle = walks.tour(start, 8, seed=1)
    np.testing.assert_allclose(circle[[0, 4]], [[1], [-1]], atol=1e-6)
