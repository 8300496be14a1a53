import numpy as np
import pytest

from mnist_models.training import backend, hardware


def test_xla_waits_for_a_gpu_unless_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(hardware, "gpus", lambda: [])
    assert not hardware.xla_pays()
    monkeypatch.setattr(hardware, "gpus", lambda: ["NVIDIA L4"])
    assert hardware.xla_pays()
    monkeypatch.setenv(hardware.XLA_VARIABLE, "off")
    assert not hardware.xla_pays()


def test_a_wrong_word_is_refused(monkeypatch):
    monkeypatch.setenv(hardware.XLA_VARIABLE, "perhaps")
    with pytest.raises(ValueError, match="auto, on or off"):
        hardware.xla_pays()


@pytest.mark.parametrize("word", ["on", "off"])
def test_a_step_gives_the_same_with_and_without_xla(monkeypatch, word):
    monkeypatch.setenv(hardware.XLA_VARIABLE, word)
    step = backend.compile_step(lambda inputs: {"twice": inputs["x"] * 2}, [])
    assert step({"x": np.float32(2.0)})["twice"] == 4.0


def test_the_machine_is_described():
    assert "core" in hardware.describe() or hardware.gpus()
