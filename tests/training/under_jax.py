"""The same training under the other backend, in a process of its own."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def resumed(script, folder):
    """Resume a copy of a training with JAX; skips the test where JAX is not installed.

    Args:
        script: path of a test file that, run with a folder, resumes the training in it.
        folder: pathlib.Path of the training, which stays as it is.

    Returns:
        The history of the resumed copy, list of dicts.
    """
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed")
    copy = folder.with_name("jax")
    shutil.copytree(folder, copy)
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, script, copy], env=environment, check=True)
    return json.loads((copy / "history.json").read_text())
