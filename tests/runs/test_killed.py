"""Kills at any moment: of workers, while checkpoints are written, and of the server."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from mnist_models.runs import processes, queue
from scripts import serving
from tests import protocol
from tests.runs import light_worker
from tests.runs.conftest import configured, wait_for, wait_until

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="kills as Unix does")

RUNS, ROUNDS = 4, 3  # twelve kills
EPOCHS = 20


@pytest.fixture
def light_workers(monkeypatch):
    """Workers that train an array."""
    start = processes.start

    def start_light(command, log, environment=None):
        arguments = command[command.index("worker") + 1 :]
        return start([sys.executable, light_worker.__file__, *arguments], log, environment)

    monkeypatch.setattr(processes, "start", start_light)


def steps_done(settings, run_id):
    return max((int(path.stem[-9:]) for path in settings.folder(run_id).glob("checkpoint-*.npz")), default=0)


def pid_of(db, run_id):
    return db.workers.of(run_id).process.pid


@pytest.mark.usefixtures("light_workers")
def test_twelve_killed_workers_are_resumed_with_their_history_whole(db, settings):
    settings, random = replace(settings, workers=RUNS), np.random.default_rng(12)
    short = configured("mlp", epochs=EPOCHS)
    ids = [queue.start(db, settings, short, f"visitor {number}") for number in range(RUNS)]
    for _ in range(ROUNDS):
        for run_id in ids:
            least = steps_done(settings, run_id) + int(random.integers(1, 3 * light_worker.STEPS))
            least = min(least, EPOCHS * light_worker.STEPS - 1)  # the last step waits for all kills
            wait_until(lambda run_id=run_id, least=least: steps_done(settings, run_id) >= least)
            os.killpg(pid_of(db, run_id), signal.SIGKILL)
            killed = wait_for(db, settings, run_id, "failed", "interrupted")
            # Who started it knows the signal; whoever else notices first, that its process is gone.
            assert ("signal 9" if killed.state == "failed" else "Its process is gone") in killed.reason
            queue.resume(db, settings, run_id)
    for run_id in ids:
        (settings.folder(run_id) / light_worker.FINISH).touch()
        run = wait_for(db, settings, run_id, "finished")
        assert (run.attempt, run.epochs_done, run.notes) == (1 + ROUNDS, EPOCHS, ())
        whole = db.runs.points(run_id, whole=True)
        assert [point.epoch for point in whole] == list(range(1, EPOCHS + 1))
        assert [point.step for point in whole] == [light_worker.STEPS * point.epoch for point in whole]
        expected = [light_worker.loss(point.epoch) for point in whole]
        np.testing.assert_allclose([point.figures["val_loss"] for point in whole], expected)
        points = db.runs.points(run_id)
        assert [point.step for point in points] == sorted(point.step for point in points)
        seconds = [point.seconds for point in points]
        assert seconds == sorted(seconds)


# Forks children that write checkpoints without end, kills each at some moment, and looks what is there.
_KILLS = """
import json, os, random, signal, sys, time
from pathlib import Path
import numpy as np
from mnist_models.training import checkpoints

def write(folder, step, tell):
    while True:
        step += 1
        checkpoints.save(folder, step, {"a": [np.full(300_000, step), np.full(7, -step)]}, {"step": step})
        os.write(tell, step.to_bytes(4, "big"))

def told(pipe):
    with os.fdopen(pipe, "rb") as reports:
        content = reports.read()
    return int.from_bytes(content[len(content) // 4 * 4 - 4:][:4], "big")

folder, moments, step, seen = Path(sys.argv[1]), random.Random(25), 0, []
for _ in range(25):
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        write(folder, step, tell)
    os.close(tell)
    if not step:
        os.set_blocking(hear, True)
        step = int.from_bytes(os.read(hear, 4), "big")  # before the first one nothing can be lost
    time.sleep(moments.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    least = max(step, told(hear))
    groups, note, skipped = checkpoints.load(folder)
    step = note["step"]
    whole = all((array == value).all() for array, value in zip(groups["a"], (step, -step), strict=True))
    files = sorted(path.name for path in folder.iterdir())
    was_writing = any(name.endswith(".draft") for name in files)
    seen.append([least, step, bool(whole), len(skipped), len(files), was_writing])
print(json.dumps(seen))
"""


def test_25_kills_while_checkpoints_are_written_lose_none(tmp_path):
    command = [sys.executable, "-c", _KILLS, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=serving.ROOT)
    assert answer.returncode == 0, answer.stderr
    seen = json.loads(answer.stdout)
    assert len(seen) == 25
    for least, step, is_whole, skipped, files, _ in seen:
        assert step >= least  # what was reported as saved is there
        assert is_whole
        assert skipped == 0
        assert files <= 4  # the last two, one more just before it is removed, and an unfinished one
    assert any(was_writing for *_, was_writing in seen)


def test_a_killed_server_finds_its_runs_going(db, settings, tmp_path):
    owner = protocol.cookie(b"the owner's own!")
    app = serving.ROOT / "app.py"
    with serving.serving(app, tmp_path / "first.log") as server:
        with protocol.visiting(server.address, owner) as visitor:
            visitor.open("train", "data=mnist_sample&epochs=200&images=640").press("Train")
            (run,) = db.runs.all()
        worker = db.workers.all()[0].process
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    assert processes.is_alive(worker)
    with serving.serving(app, tmp_path / "second.log") as server:
        with protocol.visiting(server.address, owner) as visitor:
            visitor.open("train", f"run={run.id}")
            assert not visitor.exceptions()
            assert {"Pause", "Stop"} <= set(visitor.labels("button"))
        found = db.runs.get(run.id)
        assert (found.state, found.attempt, found.reason) == ("running", 1, "")
        assert pid_of(db, run.id) == worker.pid
        assert processes.is_alive(worker)
