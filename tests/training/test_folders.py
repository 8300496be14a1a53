import subprocess
import sys

import pytest

from mnist_models.errors import DigitLabError
from mnist_models.training import folders


def test_a_folder_that_can_be_made_is_not_made_yet(tmp_path):
    folders.check(tmp_path / "a" / "b", "--output")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_named_as_the_person_named_it(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for folder in (file, file / "x", file / "x" / "y"):
        with pytest.raises(DigitLabError, match=f"^--output {folder}: {file} is not a folder"):
            folders.check(folder, "--output")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    with pytest.raises(DigitLabError, match="is not a folder"):
        folders.check(tmp_path / "nowhere", "--output")


def test_a_full_disk_is_noticed_before(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "ROOM", 2**62)
    with pytest.raises(DigitLabError, match=r"--run .*: the disk is nearly full"):
        folders.check(tmp_path, "--run")


def test_one_training_of_a_network_at_a_time(tmp_path):
    with folders.held(tmp_path, "mlp"):
        with pytest.raises(DigitLabError, match="Another training writes to"), folders.held(tmp_path, "mlp"):
            pass
        with folders.held(tmp_path, "cnn"):
            pass
    with folders.held(tmp_path, "mlp"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_training_lets_go(tmp_path):
    hold = (
        "import pathlib, sys, time\nfrom mnist_models.training import folders\n"
        "with folders.held(pathlib.Path(sys.argv[1]), 'mlp'):\n"
        "    print('held', flush=True)\n    time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(DigitLabError, match="Another training"), folders.held(tmp_path, "mlp"):
            pass
        other.kill()
    with folders.held(tmp_path, "mlp"):
        pass
