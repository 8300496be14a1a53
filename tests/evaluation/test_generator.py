import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from scipy.special import softmax

from mnist_models import catalog, weights
from mnist_models.data import datasets
from mnist_models.evaluation import generator as measures
from tests.test_metrics import noise, smooth


def judge(images):
    """A classifier whose features are the first ten pixels and whose logits are forty times those."""
    features = images.reshape(len(images), -1)[:, :10]
    return softmax(40 * features, axis=1), features


@pytest.fixture
def judge_file(tmp_path):
    """The same as an ONNX file."""
    nodes = [
        helper.make_node("Reshape", ["image", "shape"], ["flat"]),
        helper.make_node("Slice", ["flat", "zero", "ten", "one"], ["judge/features/Slice:0"]),
        helper.make_node("Mul", ["judge/features/Slice:0", "forty"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    constants = {"shape": [-1, 784], "zero": [0], "ten": [10], "one": [1]}
    initial = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in constants.items()]
    initial.append(numpy_helper.from_array(np.array(40, np.float32), "forty"))
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 10])
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [None, 28, 28, 1])
    save_onnx(tmp_path / "judge.onnx", nodes, [image], [output], initial)


def save_onnx(path, nodes, inputs, outputs, initial):
    graph = helper.make_graph(nodes, path.stem, inputs, outputs, initial)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def digits(classes, sure=True, seed=0):
    """Pictures that the fake judge reads as those classes."""
    images = noise(len(classes), side=28, seed=seed) * 0.01
    images[np.arange(len(classes)), 0, classes, 0] = 0.5 if sure else 0.05
    return images


def test_digits_are_judged():
    classes = np.arange(200) % 10
    training, test = digits(classes, seed=1), digits(classes, seed=2)
    good = measures.measure_digits(digits(classes, seed=3), test, training, judge)
    assert good["sure"] == 1
    assert good["class_shares"] == pytest.approx([0.1] * 10)
    assert good["frechet"] < 4 * good["frechet_real"]
    only_threes = np.full(200, 3)
    bad = measures.measure_digits(digits(only_threes, seed=3), test, training, judge)
    assert bad["class_shares"][3] == 1
    assert bad["frechet"] > 100 * bad["frechet_real"]
    assert measures.measure_digits(digits(classes, sure=False), test, training, judge)["sure"] < 0.5
    copies = measures.measure_digits(training[:50], test, training, judge)
    assert copies["nearest_least"] == 0
    assert copies["nearest_real_least"] > 0


def test_faces_are_measured_beside_real_ones():
    training, test, generated = smooth(40, seed=1), smooth(15, seed=30), smooth(15, seed=60) + np.float32(0.1)
    found = measures.measure_faces(generated, test, training)
    assert found["mean_colour"] == pytest.approx(0.1 * 3**0.5, abs=0.02)
    assert found["mean_colour_real"] < 0.02
    assert len(found["swd"]) == len(found["swd_real"]) == 3
    assert found["nearest_least"] > 0
    assert found["diversity"] == pytest.approx(found["diversity_real"], rel=0.2)


@pytest.mark.usefixtures("judge_file")
def test_an_exported_generator_is_measured(tmp_path, monkeypatch):
    """Through cards and files, as whoever calls `evaluate` has them; here on the embedded sample."""
    monkeypatch.setattr(measures, "PICTURES", 60)
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    mix = np.random.default_rng(0).standard_normal((3, 784)).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["z", "mix"], ["sums"]),
        helper.make_node("Sigmoid", ["sums"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["pictures"]),
    ]
    initial = [
        numpy_helper.from_array(mix, "mix"),
        numpy_helper.from_array(np.array([-1, 28, 28, 1], np.int64), "shape"),
    ]
    z = helper.make_tensor_value_info("z", TensorProto.FLOAT, [None, 3])
    pictures = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [None, 28, 28, 1])
    save_onnx(tmp_path / "digit_gan.onnx", nodes, [z], [pictures], initial)
    for name in ("digit_gan", "judge"):
        checksums = {f"{name}.onnx": weights.sha256(tmp_path / f"{name}.onnx")}
        weights.write(name, {"recipe": {"latent_dim": 3}, "files": checksums}, tmp_path)
    network = catalog.ADVERSARIAL["digit_gan"]
    content = (tmp_path / "digit_gan.onnx").read_bytes()
    (tmp_path / "digit_gan.onnx").write_bytes(b"something else")
    with pytest.raises(weights.CardError, match="not the file its card describes"):
        measures.evaluate(network, tmp_path)
    (tmp_path / "digit_gan.onnx").write_bytes(content)
    found = measures.evaluate(network, tmp_path)
    assert sum(found["class_shares"]) == pytest.approx(1)
    assert found["frechet"] > found["frechet_real"]
    assert found == measures.evaluate(network, tmp_path)  # repeatable
