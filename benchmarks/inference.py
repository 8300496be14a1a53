"""One digit through one network."""

import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.rows import Row
from mnist_models import catalog
from mnist_models.data import datasets
from mnist_models.serving import classifier

TURNS = 50


def measure():
    """Rows: `model.predict` against our ONNX Runtime session, for every network that reads."""
    from mnist_models.training import models

    digit = datasets.load_sample().x_test[:1, ..., None] / np.float32(255)
    rows = []
    for network in catalog.CLASSIFIERS.values():
        model = models.load(network)
        candidates = {
            "model.predict": lambda model=model: model.predict(digit, verbose=0),
            "ours": lambda name=network.name: classifier.predict(name, digit),
        }
        times = {name: [] for name in candidates}
        for turn in range(-3, TURNS):
            for name, call in candidates.items():
                start = time.perf_counter()
                call()
                if turn >= 0:
                    times[name].append(1000 * (time.perf_counter() - start))
        rows += [Row(f"{network.name}, {name}", times[name], "ms") for name in candidates]
    return rows
