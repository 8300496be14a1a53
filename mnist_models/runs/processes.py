"""Processes that outlive the app: each in a process group of its own, known by its id and start time.

An id alone is not enough, since the system gives it to another process once the first is gone.
"""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

THREADS_END_WITHIN = 10.0  # seconds
# By how many seconds a process's start may seem to move: it is reckoned from that of the machine, which moves
# when the clock is set. No id is given to another process that soon.
_CLOCK_IS_SET_BY = 60.0
# Where this package is: another Python has neither the app's folder on its path nor what the app put there.
_PACKAGE_FOLDER = Path(__file__).resolve().parents[2]
_children = {}  # id → Popen of those that this process started, so that it learns how they ended


@dataclass(frozen=True)
class Process:
    """A process, whatever has become of it.

    Attributes:
        pid: int.
        started: when, seconds since 1970 as text; empty when it was gone at once.
    """

    pid: int
    started: str


def python(module, *arguments):
    """The command that runs a module in a Python of its own: list of str.

    A file that happens to lie where the app was started, such as random.py, is not imported there (-P).
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**further):
    """Variables of this process under which another Python finds this package, and further ones: dict."""
    path = [str(_PACKAGE_FOLDER), os.environ.get("PYTHONPATH")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, path))} | further


def start(command, log, variables=None):
    """Start a process in a session of its own, so that it goes on when this one ends.

    Args:
        command: list of str.
        log: pathlib.Path that its output is appended to.
        variables: dict, beside those of `environment`.

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
            env=environment(**(variables or {})),
        )
    _children[child.pid] = child
    return Process(child.pid, started(child.pid))


def current():
    """This process."""
    return Process(os.getpid(), started(os.getpid()))


def is_alive(process):
    """Whether a process is still there, and still the same."""
    if process.pid in _children:
        _children[process.pid].poll()  # or it would stay as a zombie
    try:
        return abs(float(started(process.pid)) - float(process.started)) < _CLOCK_IS_SET_BY
    except ValueError:  # one of the two is empty, or of an earlier version
        return False


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
    for one in _family(process.pid):
        with contextlib.suppress(psutil.Error):  # it has just ended by itself
            one.kill()
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
    """When a process started, seconds since 1970 as text; empty when there is none, or a zombie."""
    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return ""


def _family(pid):
    """A process and all that it started; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
