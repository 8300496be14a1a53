from pathlib import Path

import platformdirs
import pytest

from mnist_models.data import datasets
from mnist_models.files import user_folders
from mnist_models.runs import settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without anything in it, for a user who has chosen nothing."""
    for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME", settings.DIRECTORY_VARIABLE, datasets.DATA_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture
def elsewhere(home, monkeypatch):
    """Where another system than Linux keeps both."""
    folder = home / "Library" / "mnist_models"
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: folder)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: folder)
    return folder


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="Linux's folders")
def test_on_linux_things_lie_where_they_always_lay(home):
    assert settings.directory() == home / ".local" / "share" / "mnist_models" / "runs"
    assert datasets.cache_folder() == home / ".cache" / "mnist_models"


@pytest.mark.usefixtures("elsewhere")
def test_what_an_earlier_version_left_is_found(home):
    left = home / ".local" / "share" / "mnist_models", home / ".cache" / "mnist_models"
    for folder in left:
        folder.mkdir(parents=True)
    (left[1] / "fashion_mnist.npz").touch()
    assert settings.directory() == left[0] / "runs"
    assert datasets.find("fashion_mnist") == left[1] / "fashion_mnist.npz"


def test_a_new_user_s_things_lie_where_the_system_wants_them(elsewhere):
    assert settings.directory() == elsewhere / "runs"
    assert datasets.cache_folder() == elsewhere


@pytest.mark.usefixtures("elsewhere")
def test_the_variables_count_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "b"))
    assert user_folders.data() == tmp_path / "a" / "mnist_models"
    assert user_folders.cache() == tmp_path / "b" / "mnist_models"
