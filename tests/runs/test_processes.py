import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from mnist_models.runs import processes
from tests.runs.conftest import wait_until

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def start(tmp_path):
    started = []

    def start(code):
        started.append(processes.start([sys.executable, "-c", code], tmp_path / "log.txt"))
        return started[-1]

    yield start
    for process in started:
        processes.kill(process)


def test_a_process_is_known_by_id_and_start_time(start):
    process = start(SLEEP)
    assert processes.is_alive(process)
    earlier = float(process.started) - 3_600
    reused = replace(process, started=str(earlier))  # another process of the same id
    assert not processes.is_alive(reused)
    processes.kill(reused)
    assert processes.is_alive(process)


def test_killing_ends_its_children_too(start, tmp_path):
    path = tmp_path / "pid"
    process = start(
        "import pathlib, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        f"pathlib.Path({str(path)!r}).write_text(str(child.pid))\n" + SLEEP
    )
    child = int(wait_until(lambda: path.exists() and path.read_text()))
    assert os.getpgid(process.pid) == process.pid == os.getpgid(child)
    processes.kill(process)
    assert not processes.is_alive(process)
    assert processes.exit_code(process) == -signal.SIGKILL
    wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")


def test_a_process_that_has_ended_is_not_alive(start):
    process = start("raise SystemExit(3)")
    wait_until(lambda: not processes.is_alive(process))
    assert processes.exit_code(process) == 3


def test_a_zombie_that_another_process_has_to_bury_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", SLEEP])
    process = processes.Process(child.pid, processes.started(child.pid))
    assert processes.is_alive(process)
    child.kill()
    wait_until(lambda: not processes.is_alive(process))
    assert processes.exit_code(process) is None
    child.wait()


def test_a_process_outlives_the_one_that_started_it(tmp_path):
    code = (
        "import pathlib, sys\n"
        "from mnist_models.runs import processes\n"
        f"log = pathlib.Path({str(tmp_path / 'log')!r})\n"
        f"process = processes.start([sys.executable, '-c', {SLEEP!r}], log)\n"
        "print(process.pid, process.started, sep='\\n')"
    )
    pid, started = subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()
    process = processes.Process(int(pid), started)
    time.sleep(0.2)
    assert processes.is_alive(process)
    processes.kill(process)
    assert not processes.is_alive(process)


def test_low_priority(start, tmp_path):
    process = start("from mnist_models.runs import processes; processes.lower_priority(7); " + SLEEP)
    wait_until(lambda: os.getpriority(os.PRIO_PROCESS, process.pid) == 7, patience=60)


def test_a_process_that_ends_by_itself_at_that_moment_is_no_problem(tmp_path, monkeypatch):
    process = processes.start([sys.executable, "-c", "pass"], tmp_path / "log")
    processes._children[process.pid].wait()
    answers = iter([True])
    monkeypatch.setattr(processes, "is_alive", lambda process: next(answers, False))
    processes.kill(process)
