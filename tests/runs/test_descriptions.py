from dataclasses import replace

import pytest

from mnist_models.data import datasets, user_data
from mnist_models.runs import descriptions, uploads


@pytest.fixture
def run(db):
    run_id = db.runs.create("{}", "a", network="mlp", data="mnist", epochs=5)
    return db.runs.get(run_id)


def test_a_waiting_run_tells_its_place(run):
    assert "2nd in the queue" in descriptions.state(run, 2)
    assert "4th in the queue" in descriptions.state(run, 4)
    assert "12th in the queue" in descriptions.state(run, 12)
    assert "21st in the queue" in descriptions.state(run, 21)
    assert "next in the queue" in descriptions.state(run, 1)


def test_a_running_run_tells_what_it_is_busy_with(run):
    running = replace(run, state="running", epochs_done=1.3)
    assert descriptions.state(running) == "Training, epoch 2 of 5."
    assert descriptions.state(replace(running, phase="Preparing data …")) == "Preparing data …"
    assert descriptions.state(replace(running, command="stop")) == "Stopping …"
    assert descriptions.state(replace(running, epochs_done=5.0)) == "Training, epoch 5 of 5."


def test_a_run_that_ended_tells_how(run):
    half = replace(run, epochs_done=2.5)
    assert descriptions.state(replace(half, state="paused")) == "Paused after 2.5 of 5 epochs."
    assert descriptions.state(replace(run, state="paused", epochs=200, epochs_done=113.42)).startswith(
        "Paused after 113.4 of"
    )
    assert "best weights are kept" in descriptions.state(replace(half, state="stopped"))
    assert descriptions.state(replace(run, state="stopped")) == "Stopped before it began."
    failed = descriptions.state(replace(half, state="failed", reason="Memory ran out."))
    assert failed == "Failed after 2.5 of 5 epochs. Memory ran out."
    assert descriptions.state(replace(run, state="finished", epochs_done=5.0)) == "Finished, 5 epochs."


def test_progress_says_what_is_known(run):
    assert descriptions.progress(run) == "0.0 of 5 epochs"
    busy = replace(run, state="running", epochs_done=2.0, images_per_second=4120.4, seconds_left=125.0)
    assert descriptions.progress(busy) == "2.0 of 5 epochs, 4,120 images/s, 2 min 5 s left"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (4320, "1 h 12 min")])
def test_durations(seconds, text):
    assert descriptions.duration(seconds) == text


def test_what_a_missing_gpu_means_is_said():
    assert "No GPU" in descriptions.hardware(())
    assert "NVIDIA L4, 23034 MiB" in descriptions.hardware(("NVIDIA L4, 23034 MiB",))


def test_the_embedded_sample_is_called_so():
    assert "embedded" in descriptions.data_title(datasets.SAMPLE)
    assert "embedded" in descriptions.data_title("mnist")
    assert "not on this machine" in descriptions.data_title("faces")


def test_data_of_ones_own_has_its_title_and_classes_until_it_is_deleted(settings, sample):
    few = sample.y_train < 3
    data = user_data.make(sample.x_train[few], sample.y_train[few], ("bowler", "cap", "top hat"))
    name, other = (uploads.keep(settings, "Hats", data) for _ in range(2))
    assert {descriptions.data_title(one) for one in (name, other)} == {"Hats", "Hats (2)"}
    assert descriptions.class_names(name) == ("bowler", "cap", "top hat")
    uploads.delete(settings, name)
    assert descriptions.data_title(name) == "Deleted data"
    assert descriptions.data_title(other) == "Hats"
    assert len(descriptions.class_names(name)) == 10
    assert descriptions.class_names("fashion_mnist") == datasets.GARMENTS
