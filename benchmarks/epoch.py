"""An epoch of `cnn`: ours against the same layers in a ten-line `model.fit` script."""

import dataclasses
import subprocess
import sys
import time

from benchmarks.rows import Row
from mnist_models import catalog
from mnist_models.data import datasets
from mnist_models.training.progress import Watch

TURNS = 3


def training_digits():
    """The images both train on: uint8 N×28×28 and labels."""
    data = datasets.load("mnist")
    return data.x_train, data.y_train


def measure():
    """Rows: seconds of a second epoch, compiling left out, each in a process of its own."""
    candidates = {
        "ten-line model.fit script": ["-m", "benchmarks.plain_fit"],
        "ours, without distortions": ["-m", "benchmarks.epoch"],
        "ours, as shipped, every image distorted anew": ["-m", "benchmarks.epoch", "--augment"],
    }
    times = {name: [] for name in candidates}
    for _ in range(TURNS):
        for name, arguments in candidates.items():
            output = subprocess.check_output(
                [sys.executable, *arguments], stderr=subprocess.DEVNULL, text=True
            )
            times[name].append(float(output.split()[-1]))
    plain, ours, distorted = (Row(name, values, "s") for name, values in times.items())
    return [plain, dataclasses.replace(ours, goal=plain.median), distorted]


class _Clock(Watch):
    """Notes when each epoch ends."""

    def __init__(self):
        self.ends = []

    def on_epoch(self, epoch, metrics):
        self.ends.append(time.perf_counter())


def _second_epoch(augment):
    from mnist_models.training import keras_loop
    from mnist_models.training.data import TrainingData
    from mnist_models.training.loop import Run

    x, y = training_digits()
    network = catalog.get("cnn")
    recipe = network.recipe.replace(epochs=2, augment=augment)
    clock = _Clock()
    # The script does not validate either; ten digits keep that part of our epoch negligible.
    keras_loop.fit(network, Run(recipe), TrainingData(x, y, x[:10], y[:10], {}), clock)
    return clock.ends[1] - clock.ends[0]


if __name__ == "__main__":
    print(_second_epoch("--augment" in sys.argv))
