import sys
import time

import pytest

from mnist_models.data import datasets
from mnist_models.runs import configuration, database, disk, processes, queue
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Settings of this process and of the workers it starts: a folder of their own, nothing warm."""
    for name, value in {
        DIRECTORY_VARIABLE: tmp_path / "data directory",
        "MNIST_MODELS_WORKERS": 1,
        "MNIST_MODELS_WARM": "no",
        "MNIST_MODELS_NICENESS": 0,
        "MNIST_MODELS_CHECKPOINT_SECONDS": 0,
    }.items():
        monkeypatch.setenv(name, str(value))
    return Settings.load()


@pytest.fixture
def db(settings):
    with database.connect(settings) as db:
        yield db
        for worker in db.workers.all():
            processes.kill(worker.process)


@pytest.fixture
def sleepers(monkeypatch):
    """Workers that do nothing at all; a list of their processes."""
    started, start = [], processes.start

    def start_sleeper(command, log, environment=None):
        started.append(start([sys.executable, "-c", "import time; time.sleep(600)"], log, environment))
        return started[-1]

    monkeypatch.setattr(processes, "start", start_sleeper)
    yield started
    for process in started:
        processes.kill(process)


@pytest.fixture
def tiny():
    """A network that learns within a second, on the embedded digits."""
    return configured("mlp", hidden=(16,), epochs=2, images=640, batch_size=32, dropout=0.2)


def configured(network, **recipe):
    usual = configuration.default(network)
    return configuration.Configuration(network, datasets.SAMPLE, usual.recipe.replace(**recipe))


def wait_until(condition, patience=600):
    """Wait for something that a worker does; importing TensorFlow takes minutes on a busy machine."""
    end = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.1)
    return value


def wait_for(db, settings, run_id, *states):
    """Wait until a run is in one of the states; returns it."""

    def arrived():
        queue.tend(db, settings)
        run = db.runs.get(run_id)
        assert run.state in states or run.is_active, f"{run.state}: {run.reason}\n" + disk.log_tail(
            settings, run_id
        )
        return run if run.state in states else None

    return wait_until(arrived)
