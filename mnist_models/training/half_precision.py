"""Weights in 16 bits on disk: half the bytes; what is computed with them stays in 32 bits.

Rounding to float16 changes a number by 0.05 % at most; `export.to_onnx` measures what that does to outputs.
"""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Smaller arrays stay in 32 bits: biases and scales of batch norm weigh little on disk, but much in outputs.
_LEAST = 32_768  # numbers
_HIGHEST = np.finfo(np.float16).max


def halved(values: np.ndarray) -> np.ndarray:
    """An array as it is stored: in float16, if it is a large one of float32 within float16's range."""
    is_large = values.dtype == np.float32 and values.size >= _LEAST
    return values.astype(np.float16) if is_large and np.abs(values).max() <= _HIGHEST else values


def halve_onnx(path: Path) -> None:
    """Store the weights of an ONNX file as float16, each with a Cast to float32 behind it.

    ONNX Runtime folds the casts when it loads the file, so they cost nothing later; inputs, arithmetic and
    outputs stay float32. Weights beyond float16's range, ±65,504, are left as they are.

    Args:
        path: of the file, which is written anew. A file that is in 16 bits already stays the same.
    """
    model = onnx.load(path)
    graph, casts = model.graph, []
    for tensor in graph.initializer:
        values = halved(numpy_helper.to_array(tensor))
        if values.dtype != np.float16 or tensor.data_type != TensorProto.FLOAT:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values, f"{name}:float16"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]  # in the order in which they are computed
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, path)


def halve_keras(path: Path) -> None:
    """Store the weights of a `.keras` file as float16; `keras.models.load_model` reads them as float32.

    Args:
        path: of the file, which is written anew.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, _halved(content) if name.endswith(".h5") else content)


def _halved(content):
    """The same HDF5 file with float16 instead of float32: bytes."""
    written = io.BytesIO()
    with h5py.File(io.BytesIO(content), "r") as source, h5py.File(written, "w") as target:
        _copy(source, target)
    return written.getvalue()


def _copy(source, target):
    target.attrs.update(source.attrs)
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            _copy(item, target.create_group(name))
            continue
        target.create_dataset(name, data=halved(np.asarray(item[()]))).attrs.update(item.attrs)
