"""Start the app on a free port, and stop it again."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """A running app.

    Attributes:
        address: where a browser finds it.
        process: subprocess.Popen.
        log: path of what it has printed.
    """

    address: str
    process: subprocess.Popen
    log: Path


@contextmanager
def serving(script, log, environment=None, prefix="", folder=ROOT, plainly=False):
    """Serve a Streamlit script until the block ends.

    Args:
        script: path of the script.
        log: path for the server's output.
        environment: dict of variables to set besides the present ones.
        prefix: path under which the app is served, such as "/lab".
        folder: where the command is given.
        plainly: True to let Python run the script, which then reads the folder's `.streamlit/config.toml`,
            written for it; else `streamlit run` does.

    Raises:
        RuntimeError: when it does not answer within a minute.
    """
    port = _free_port()
    options = {"server.port": port, "server.headless": True, "server.fileWatcherType": "none"}
    options |= {"server.baseUrlPath": prefix} if prefix else {}
    command = [sys.executable, str(script)]
    if plainly:
        _configure(folder, options)
    else:
        command[1:1] = ["-m", "streamlit", "run"]
        command += [f"--{key}={value}" for key, value in options.items()]
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        address = f"http://localhost:{port}{prefix}"
        _wait(f"{address}/_stcore/health", process, log)
        yield Server(address, process, Path(log))
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # a busy machine, or TensorFlow's threads
            process.kill()
            process.wait()


def _configure(folder, options):
    path = Path(folder) / ".streamlit" / "config.toml"
    path.parent.mkdir()
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items()))


def _wait(address, process, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"The app did not start:\n{Path(log).read_text()}")


def _free_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]
