"""Fixtures that several test files share."""

import gzip
import json
import sys

import numpy as np
import pytest

from mnist_models.data import datasets


@pytest.fixture(autouse=True)
def _nothing_from_this_machine(monkeypatch, tmp_path_factory):
    """No test depends on data that happens to lie on the machine."""
    empty = tmp_path_factory.mktemp("nothing")
    monkeypatch.delenv(datasets.DATA_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty))
    monkeypatch.setenv("KERAS_HOME", str(empty))


@pytest.fixture(autouse=True)
def _main_module_stays(monkeypatch):
    """A page run in this process becomes `__main__`; processes spawned by later tests would run it again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def sample():
    return datasets.load_sample()


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """An empty folder that the package looks for data in."""
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def stroke_file(data_folder):
    """A stroke file of 2,400 digits (all of them ones and sevens), as `data fetch strokes` writes."""
    one = [[[10, 100], [10, 0]]]
    seven = [[[0, 100], [60, 100], [20, 0]]]
    path = data_folder / datasets.STROKES_FILE
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for _ in range(1_200):
            file.write(json.dumps({"label": 1, "strokes": one}) + "\n")
            file.write(json.dumps({"label": 7, "strokes": seven}) + "\n")
    return path
