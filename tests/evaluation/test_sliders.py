import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mnist_models import catalog
from mnist_models import weights as cards
from mnist_models.evaluation import slider_properties
from mnist_models.evaluation import sliders as latent_directions
from mnist_models.latent import walks
from mnist_models.serving import sessions, sliders

LATENT = 12
QUICK = latent_directions.Effort(samples=400, slopes=60, choice=20, test=60)


def search(measured, *names, is_class=False, latent_dim=LATENT):
    named = [slider_properties.Property(name, name.title(), is_class) for name in names]
    found = latent_directions.search(measured, named, latent_dim, QUICK, say=lambda _: None)
    return {one.name: one for one in found}


def cosine(found, vector):
    return float(found.vector @ np.asarray(vector) / np.linalg.norm(vector))


def test_known_directions_are_found(rng):
    slopes = np.linalg.qr(rng.standard_normal((LATENT, 2)))[0]
    found = search(lambda z: z @ slopes * [1, 50] + [3, -7], "slant", "width")
    for one, slope in zip(found.values(), slopes.T, strict=True):
        assert cosine(one, slope) > 0.99
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
        assert one.kept
        assert one.steady == one.rises == 1
        # From one end to the other, in standard deviations, whatever the unit.
        assert one.change == pytest.approx(2 * one.reach, rel=0.1)


def test_an_entangled_property_is_set_free_where_that_is_possible():
    """By regression alone thickness would take half of slant along."""
    slopes = np.zeros((LATENT, 2))
    slopes[0], slopes[1, 1] = (1, 0.8), 0.6
    found = search(lambda z: z @ slopes, "slant", "thickness")
    assert found["thickness"].kept
    assert found["thickness"].side_effects["slant"] < 0.5 * found["thickness"].change
    assert cosine(found["thickness"], slopes[:, 1]) < 0.95


def test_a_property_that_always_comes_with_another_is_dropped():
    def measured(z):
        return np.stack([z[:, 0], np.tanh(z[:, 0]) + z[:, 0]], axis=1)

    found = search(measured, "slant", "shadow_of_slant")
    assert not any(one.kept for one in found.values())
    assert found["slant"].steady == 1
    assert found["slant"].worst > 0.7


def test_a_property_that_rises_and_falls_is_dropped():
    found = search(lambda z: np.stack([np.sin(2 * z[:, 0]), z[:, 1]], axis=1), "wave", "width")
    assert not found["wave"].kept
    assert found["wave"].steady < 0.5
    assert 0.2 < found["wave"].rises < 0.8
    assert found["width"].kept


def test_a_property_that_hardly_changes_is_dropped():
    def measured(z):
        rows = np.arange(len(z)) % 2  # noise that no direction can change, and a whisper of z
        return np.stack([10 * rows + 0.01 * z[:, 0]], axis=1)

    found = search(measured, "whisper")
    assert not found["whisper"].kept


def test_becoming_less_like_other_classes_is_no_side_effect():
    def measured(z):
        return np.stack([z[:, 0], -z[:, 0]], axis=1)

    assert all(one.kept for one in search(measured, "like_0", "like_1", is_class=True).values())
    assert not any(one.kept for one in search(measured, "slant", "width").values())


def test_becoming_more_like_another_class_is_a_side_effect():
    found = search(lambda z: z[:, [0, 0]] * [1, 2], "like_0", "like_1", is_class=True)
    assert found["like_0"].side_effects["like_1"] == pytest.approx(found["like_0"].change)
    assert not found["like_0"].kept


def test_the_same_seed_finds_the_same():
    measured = lambda z: np.stack([z[:, 0] + z[:, 1] ** 2, z[:, 2]], axis=1)  # noqa: E731
    first, second = (search(measured, "slant", "width")["slant"] for _ in range(2))
    np.testing.assert_array_equal(first.vector, second.vector)
    assert first.steady == second.steady


def test_the_strongest_directions_are_those_of_the_first_layer(rng):
    turn = np.linalg.qr(rng.standard_normal((LATENT, LATENT)))[0]
    spread = np.linalg.qr(rng.standard_normal((40, LATENT)))[0].T
    sizes = np.linspace(12, 1, LATENT)
    strengths, vectors = latent_directions.strongest(turn * sizes @ spread)
    np.testing.assert_allclose(strengths, sizes)
    np.testing.assert_allclose(np.abs(vectors @ turn), np.eye(LATENT), atol=1e-5)
    assert (vectors[np.arange(LATENT), np.abs(vectors).argmax(axis=1)] > 0).all()


def generator(path, weights, gemm=False):
    """N×LATENT → N×64×64×3: parts of the picture follow sums of latent numbers, two of six show nothing."""
    first = helper.make_node("MatMul", ["z", "weights"], ["sums"])
    if gemm:
        first = helper.make_node("Gemm", ["z", "weights"], ["sums"], transB=1)
        weights = weights.T
    nodes = [
        first,
        helper.make_node("Sigmoid", ["sums"], ["levels"]),
        helper.make_node("MatMul", ["levels", "areas"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["pictures"]),
    ]
    # Sums 0 and 1: the left and right half; 2: red; 3: blue.
    areas = np.zeros((6, 64, 64, 3), np.float32)
    areas[0, :, :32], areas[1, :, 32:] = 0.25, 0.25
    areas[2, ..., 0] = areas[3, ..., 2] = 0.5
    constants = {
        "weights": weights.astype(np.float32),
        "areas": areas.reshape(6, -1),
        "shape": np.array([-1, 64, 64, 3], np.int64),
    }
    save(path, nodes, ("z", [None, LATENT]), ("pictures", [None, 64, 64, 3]), constants)


def age_judge(path):
    """N×64×64×3 → N×1: a hundred years times the mean brightness."""
    nodes = [
        helper.make_node("Reshape", ["image", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "light"], ["years"]),
    ]
    light = np.tile(np.float32([0.299, 0.587, 0.114]) * 100 / 64**2, 64**2)[:, np.newaxis]
    constants = {"shape": np.array([-1, light.size], np.int64), "light": light}
    save(path, nodes, ("image", [None, 64, 64, 3]), ("years", [None, 1]), constants)


def save(path, nodes, taken, given, constants):
    entries = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in (taken, given)
    ]
    initial = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, path.stem, *entries, initial)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


@pytest.mark.parametrize("gemm", [False, True])
def test_the_first_layer_is_read_from_the_file(tmp_path, rng, gemm):
    weights = rng.standard_normal((LATENT, 6))
    generator(tmp_path / "any.onnx", weights, gemm)
    np.testing.assert_allclose(latent_directions.first_layer(tmp_path / "any.onnx"), weights, rtol=1e-6)


def test_another_beginning_is_told(tmp_path):
    age_judge(tmp_path / "age.onnx")
    with pytest.raises(ValueError, match="does not begin with a dense layer"):
        latent_directions.first_layer(tmp_path / "age.onnx")


@pytest.fixture
def face_weights(tmp_path):
    weights = np.zeros((LATENT, 6))
    weights[np.arange(6), np.arange(6)] = 0.5, 0.6, 0.7, 0.4, 0.3, 0.2
    generator(tmp_path / "face_gan.onnx", weights)
    age_judge(tmp_path / "age_judge.onnx")
    for name in ("face_gan", "age_judge"):
        files = {f"{name}.onnx": cards.sha256(tmp_path / f"{name}.onnx")}
        cards.write(name, {"recipe": {"latent_dim": LATENT}, "files": files}, tmp_path)
    return tmp_path


def test_what_is_found_is_written_for_the_sliders(face_weights):
    network = catalog.ADVERSARIAL["face_gan"]
    tested = latent_directions.find(network, face_weights, QUICK, say=lambda _: None)
    kept = [one for one in tested if one.kept]
    assert "warmth" in {one.name for one in kept}
    found = sliders.directions(cards.trained("face_gan", face_weights))
    assert [one.name for one in found[: len(kept)]] == [one.name for one in kept]
    others = found[len(kept) :]
    assert [one.title for one in others] == [f"Strongest {i + 1}" for i in range(len(others))]
    assert len(others) >= 3
    for one in others:  # no slider twice under two names
        assert max(abs(one.vector @ named.vector) for named in kept) < 0.7
    warmth = next(one for one in found if one.name == "warmth")
    assert warmth.vector[2] > 0.5 > 0 > warmth.vector[3]  # more red, less blue
    # The slider does what its name says in the generator's pictures.
    z = walks.sample(1, LATENT, seed=5)[0]
    session = sessions.session(cards.trained("face_gan", face_weights))
    cold, _, warm = session.run(None, {"z": walks.along(z, warmth, 3)})[0]
    assert warm[..., 0].mean() > cold[..., 0].mean()
    assert warm[..., 2].mean() < cold[..., 2].mean()


def test_the_card_tells_of_all_that_were_tested(face_weights):
    network = catalog.ADVERSARIAL["face_gan"]
    tested = latent_directions.find(network, face_weights, QUICK, say=lambda _: None)
    card = cards.read("face_gan", face_weights)
    rows = card["directions"]["tested"]
    assert [row["name"] for row in rows] == ["brightness", "warmth", "light_from_right", "age"]
    assert [row["kept"] for row in rows] == [one.kept for one in tested]
    assert not rows[3]["kept"]  # this judge takes bright faces for old ones
    assert rows[3]["steady"] > 0.9
    assert rows[3]["side_effects"]["brightness"] > 0.5 * rows[3]["change"]
    assert set(rows[0]["side_effects"]) == {"warmth", "light_from_right", "age"}
    assert card["directions"]["samples"] == QUICK.test
    strengths = card["directions"]["strengths"]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] <= 0.7
    assert "face_gan.onnx" in card["files"]
    json.dumps(card)
