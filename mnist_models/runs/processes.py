"""Processes that outlive the app: each in a process group of its own, known by its id and start time.

An id alone is not enough, since the system gives it to another process once the first is gone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

THREADS_END_WITHIN = 10.0  # seconds
_children = {}  # id → Popen of those that this process started, so that it learns how they ended


@dataclass(frozen=True)
class Process:
    """A process, whatever has become of it.

    Attributes:
        pid: int.
        started: when, in a form that no other process of that id ever has.
    """

    pid: int
    started: str


def start(command, log, environment=None):
    """Start a process in a session of its own, so that it goes on when this one ends.

    Args:
        command: list of str.
        log: pathlib.Path that its output is appended to.
        environment: dict of variables beside those of this process.

    Returns:
        Process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | (environment or {}),
        )
    _children[child.pid] = child
    return Process(child.pid, started(child.pid) or "")


def current():
    """This process."""
    return Process(os.getpid(), started(os.getpid()))


def is_alive(process):
    """Whether a process is still there, and still the same."""
    if process.pid in _children:
        _children[process.pid].poll()  # or it would stay as a zombie
    return process.started != "" and started(process.pid) == process.started


def exit_code(process):
    """How a process ended: its exit status, −9 for signal 9; None when it still runs or another process
    started it."""
    child = _children.get(process.pid)
    if child is None or is_alive(process):
        return None
    with contextlib.suppress(subprocess.TimeoutExpired):
        # A killed process counts as gone while its last threads still end; its status comes after them.
        child.wait(THREADS_END_WITHIN)
    return child.poll()


def kill(process, patience=10.0):
    """End a process and all it started, at once.

    Args:
        process: Process; nothing happens when it is gone, even if another one has its id.
        patience: seconds to wait until it is gone; 0 does not wait.
    """
    if not is_alive(process):
        return
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGTERM)
    end = time.monotonic() + patience
    while is_alive(process) and time.monotonic() < end:
        time.sleep(0.02)


def lower_priority(niceness):
    """Let everything else on this machine go first, so that pages stay quick beside trainings.

    Linux may group processes by session ("autogroup") and then heeds niceness only among processes of
    the same one, so the group is told too.
    """
    if not hasattr(os, "nice") or not niceness:
        return
    os.nice(niceness)
    with contextlib.suppress(OSError):  # no autogroups here
        Path("/proc/self/autogroup").write_text(str(niceness))


def started(pid):
    """When a process started, unique among all that had its id; None when there is none (or a zombie)."""
    if not sys.platform.startswith("linux"):
        return _started_elsewhere(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()  # the name before may hold anything
    return None if state in "ZX" else f"{boot} {fields[18]}"


def _started_elsewhere(pid):
    import psutil

    try:
        process = psutil.Process(pid)
        gone = process.status() == psutil.STATUS_ZOMBIE
        return None if gone else f"{process.create_time():.2f}"
    except psutil.Error:
        return None
