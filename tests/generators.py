"""Small untrained generators with cards, for tests: inputs and outputs are those of the real ones."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mnist_models import catalog
from mnist_models import weights as cards
from mnist_models.serving import sliders

LATENT_DIM = 100
SHAPES = {"faces": (64, 64, 3)}  # by data set; others are 28×28×1
CHANNELS = 8


def write(folder, names=tuple(catalog.ADVERSARIAL)):
    """Write generators, discriminators, two named directions each, and cards into a folder; returns it."""
    for seed, name in enumerate(names):
        rng = np.random.default_rng(seed)
        shape = SHAPES.get(catalog.ADVERSARIAL[name].data[0], (28, 28, 1))
        paths = {ending: folder / f"{name}{ending}.onnx" for ending in ("", ".discriminator")}
        onnx.save(_generator(rng, shape), paths[""])
        onnx.save(_discriminator(rng, shape), paths[".discriminator"])
        directions = folder / sliders.file_name(name)
        directions.write_text(json.dumps([_direction(rng, title) for title in ("Slant", "Thickness")]))
        cards.write(name, _card(name, [*paths.values(), directions]), folder)
    return folder


def _direction(rng, title):
    vector = rng.standard_normal(LATENT_DIM)
    vector /= np.linalg.norm(vector)
    return {"name": title.lower(), "title": title, "vector": vector.tolist(), "reach": 3.0}


def _card(name, paths):
    return {
        "name": name,
        "parameters": 12_345,
        "data": {"sets": list(catalog.ADVERSARIAL[name].data), "licences": ["a licence"]},
        "recipe": {"latent_dim": LATENT_DIM},
        "epochs_trained": 3,
        "training_seconds": 600,
        "hardware": "two cores",
        "limits": ["It knows nothing."],
        "files": {path.name: cards.sha256(path) for path in paths},
    }


def _generator(rng, shape):
    """z → dense → two transposed convolutions → [0, 1]."""
    height, width, colours = shape
    start = (CHANNELS, height // 4, width // 4)
    weights = {
        "dense": rng.standard_normal((LATENT_DIM, np.prod(start))) / 10,
        "first": rng.standard_normal((CHANNELS, CHANNELS, 4, 4)) / 4,
        "second": rng.standard_normal((CHANNELS, colours, 4, 4)) / 2,
    }
    doubling = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("MatMul", ["z", "dense"], ["flat"]),
        helper.make_node("Reshape", ["flat", "start"], ["a"]),
        helper.make_node("ConvTranspose", ["a", "first"], ["b"], **doubling),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("ConvTranspose", ["c", "second"], ["d"], **doubling),
        helper.make_node("Sigmoid", ["d"], ["e"]),
        helper.make_node("Transpose", ["e"], ["pictures"], perm=[0, 2, 3, 1]),
    ]
    return _model(nodes, weights, {"start": [-1, *start]}, ("z", [LATENT_DIM]), ("pictures", shape))


def _discriminator(rng, shape):
    """How bright a picture is, more or less."""
    weights = {"weights": rng.standard_normal((np.prod(shape), 1)) / 10}
    nodes = [
        helper.make_node("Reshape", ["pictures", "flat_shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
    ]
    sizes = {"flat_shape": [-1, int(np.prod(shape))]}
    return _model(nodes, weights, sizes, ("pictures", shape), ("probability", [1]))


def _model(nodes, weights, sizes, given, returned):
    arrays = {name: values.astype(np.float32) for name, values in weights.items()}
    arrays |= {name: np.array(values, np.int64) for name, values in sizes.items()}
    graph = helper.make_graph(
        nodes,
        "test",
        *(
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape])]
            for name, shape in (given, returned)
        ),
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
