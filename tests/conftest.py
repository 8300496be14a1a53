"""Fixtures that several test files share."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mnist_models.data import datasets

# What starts browsers, servers, workers or TensorFlow, or reads hundreds of photos: not in `make test-fast`.
SLOW = (
    "browser",
    "evaluation",
    "export_script",
    "networks",
    "pages",
    "training",
    "images/test_image_files.py",
    "images/test_normalize.py",
    "images/test_paper.py",
    "runs/test_full_disk.py",
    "runs/test_killed.py",
    "runs/test_processes.py",
    "runs/test_queue.py",
    "runs/test_worker.py",
    "serving/test_usage.py",
    "test_api.py",
    "test_cli.py",
    "test_old_data.py",
    "test_package.py",
)


def pytest_collection_modifyitems(items):
    slow = tuple(str(Path(__file__).parent / place) for place in SLOW)
    for item in items:
        if str(item.path).startswith(slow):
            item.add_marker(pytest.mark.slow)


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
