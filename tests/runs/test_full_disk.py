"""A run on a small disk that somebody else fills."""

import shutil
import subprocess
from dataclasses import replace

import pytest

from mnist_models.runs import database, disk, queue
from mnist_models.runs.settings import DIRECTORY_VARIABLE
from tests.runs.conftest import configured, wait_until

SIZE = 64_000_000
RESERVE = 16_000_000


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(folder))
    monkeypatch.setenv("MNIST_MODELS_RESERVE", str(RESERVE))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_run_stops_in_good_order_and_goes_on_when_there_is_room(settings, small_disk):
    settings = replace(settings, directory=small_disk, reserve=RESERVE)
    endless = configured("mlp", hidden=(64,), epochs=200, images=640, batch_size=32, patience=0)
    with database.connect(settings) as db:
        run_id = queue.start(db, settings, endless, "a")
        wait_until(lambda: list(settings.folder(run_id).glob("checkpoint-*.npz")))
        filler = small_disk / "something else"
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(b"x" * (free - RESERVE))
        wait_until(lambda: not db.runs.get(run_id).is_active)
        run = db.runs.get(run_id)
        assert run.state == "stopped", run.reason + disk.log_tail(settings, run_id)
        assert any("disk is nearly full" in note for note in run.notes)
        assert (settings.folder(run_id) / "weights" / "mlp.onnx").exists()
        with pytest.raises(queue.Refused, match="disk is nearly full"):
            queue.start(db, settings, endless, "a")

        filler.unlink()
        queue.resume(db, settings, run_id)
        wait_until(lambda: db.runs.get(run_id).epochs_done > run.epochs_done)
        queue.stop(db, run_id)
        wait_until(lambda: db.runs.get(run_id).state == "stopped")
