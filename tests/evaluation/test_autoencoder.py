import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mnist_models.evaluation import autoencoder as measures
from mnist_models.images import corruption
from mnist_models.images.normalize import as_input

IMAGE = [None, 28, 28, 1]


@pytest.fixture
def save(tmp_path):
    """Writes an ONNX file of a few nodes from "x" to "y"."""

    def save(name, nodes, shape_in, shape_out, **constants):
        graph = helper.make_graph(
            nodes,
            name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape_in)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape_out)],
            [numpy_helper.from_array(value, key) for key, value in constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path = tmp_path / f"{name}.onnx"
        onnx.save(model, path)
        return path

    return save


@pytest.fixture
def halving(save):
    """A "network" that gives every picture back half as bright."""
    nodes = [helper.make_node("Mul", ["x", "half"], ["y"])]
    return save("halving", nodes, IMAGE, IMAGE, half=np.array(0.5, np.float32))


@pytest.fixture
def quarters(save):
    """An "encoder" whose code is the 16 means of 7×7 squares."""
    nodes = [
        helper.make_node("Reshape", ["x", "image"], ["grey"]),
        helper.make_node("AveragePool", ["grey"], ["means"], kernel_shape=[7, 7], strides=[7, 7]),
        helper.make_node("Reshape", ["means", "flat"], ["y"]),
    ]
    shapes = {"image": np.array([-1, 1, 28, 28]), "flat": np.array([-1, 16])}
    return save("quarters", nodes, IMAGE, [None, 16], **shapes)


def test_the_error_is_that_of_the_pixels(halving, quarters, sample):
    training, test = as_input(sample.x_train[:2_000]), as_input(sample.x_test)
    found = measures.measure(halving, quarters, training, sample.y_train[:2_000], test, sample.y_test)
    assert found["error"] == pytest.approx((test**2).mean() / 4, rel=1e-4)
    # Sixteen numbers: the published curve of MNIST lies near 0.03 there.
    assert found["error_pca"] == pytest.approx(0.027, abs=0.003)
    assert 0.6 < found["codes_read"] < 0.9


def test_as_many_components_as_pixels_lose_nothing(sample):
    digits = as_input(sample.x_test)
    assert measures.pca_error(digits, digits, 784) == pytest.approx(0, abs=1e-6)
    errors = [measures.pca_error(digits, digits, count) for count in (1, 8, 32)]
    assert errors[0] > errors[1] > errors[2]


def test_codes_that_say_the_digit_are_read(rng):
    labels = np.arange(300) % 10
    codes = np.eye(10, dtype=np.float32)[labels] + 0.01 * rng.standard_normal((300, 10), np.float32)
    assert measures.share_read(codes[:200], labels[:200], codes[200:], labels[200:]) == 1
    assert measures.share_read(codes[:200], labels[:200], codes[200:], (labels[200:] + 1) % 10) == 0


def test_repairs_are_measured_beside_the_damage(halving, sample):
    test = as_input(sample.x_test[:500])
    found = measures.measure_repairs(halving, test)
    assert found["noise_sigma"] == 0.5
    assert found["noisy_error"] == pytest.approx(0.115, abs=0.003)
    rng = np.random.default_rng(0)
    noisy = corruption.add_noise(test, 0.5, rng)
    assert found["denoised_error"] == pytest.approx(((noisy / 2 - test) ** 2).mean(), rel=1e-4)
    # Inside a hole the "network" sees 0.5 and answers 0.25.
    holes = corruption.strokes_of_rubber(len(test), rng)
    assert found["hole_error"] == pytest.approx(((test[holes] - 0.25) ** 2).mean(), rel=1e-4)
    assert found["hole_error_bare"] == pytest.approx((test[holes] ** 2).mean(), rel=1e-4)


def test_a_plane_is_read_by_the_judge(save):
    """A "decoder" that paints the x of the point, and a "judge" sure of 3 where that is positive."""
    decoder = save(
        "decoder",
        [
            helper.make_node("Gemm", ["x", "spread"], ["flat"]),
            helper.make_node("Reshape", ["flat", "image"], ["y"]),
        ],
        [None, 2],
        IMAGE,
        spread=np.stack([np.ones(784), np.zeros(784)]).astype(np.float32),
        image=np.array([-1, 28, 28, 1]),
    )
    weights = np.zeros((784, 10), np.float32)
    weights[:, 3] = 1
    nodes = [
        helper.make_node("Reshape", ["x", "rows"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["y"]),
    ]
    judge = save("judge", nodes, IMAGE, [None, 10], rows=np.array([-1, 784]), weights=weights)
    found = measures.measure_plane(decoder, judge, 3.0)
    assert found["plane_edge"] == 3
    assert found["plane_shares"][3] == pytest.approx(0.5)
    assert found["plane_sure"] == pytest.approx(0.5)  # elsewhere nine digits are equally likely
    assert sum(found["plane_shares"]) == pytest.approx(0.5)
