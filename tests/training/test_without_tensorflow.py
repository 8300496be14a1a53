"""Where TensorFlow is not installed JAX trains generators and autoencoders; exported they are where it is."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_models import cli, weights
from mnist_models.training import checkpoints

ROOT = Path(__file__).parents[2]
WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "tf2onnx"):
            raise ImportError(f"{name} is not installed")

sys.meta_path.insert(0, Missing())
from mnist_models import cli
sys.exit(cli.main(sys.argv[1:]))
"""


pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")


@pytest.mark.parametrize("name", ["digit_gan", "autoencoder"])
def test_two_steps_to_a_checkpoint_and_later_an_export(name, tmp_path):
    options = ["--epochs", "1", "--images", "16", "--batch-size", "8", "--output", str(tmp_path)]
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHOUT, "train", name, *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"python -m mnist_models export {name}" in done.stdout
    folder = tmp_path / f"{name}.run"
    groups, note, _ = checkpoints.load(folder)
    assert note["progress"]["total_steps"] == 2
    assert note["progress"]["hardware"]
    note["progress"]["hardware"] = "a GPU elsewhere"
    checkpoints.save(folder, 2, groups, note)
    assert cli.main(["export", name, "--output", str(tmp_path)]) == 0
    card = weights.read(name, tmp_path)
    assert (card["epochs_trained"], card["interrupted"]) == (1, False)
    assert card["hardware"] == "a GPU elsewhere"
    for file in card["files"]:
        assert weights.checked_file(name, file, tmp_path).is_file()


def test_a_classifier_is_refused(tmp_path):
    environment = os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHOUT, "train", "mlp", "--output", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "mlp is trained with TensorFlow, not jax, which trains generators and autoencoders.\n"
    )


def test_classifiers_are_exported_when_they_are_trained(capsys):
    assert cli.main(["export", "mlp"]) == 1
    assert "mlp was exported when it was trained" in capsys.readouterr().err
