import dataclasses
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings, SettingsError, gpus


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    return tmp_path


def test_defaults_need_no_file(folder):
    settings = Settings.load()
    assert settings.directory == folder
    assert settings.reserve == 50_000_000
    assert settings.slots >= 1


def test_the_file_overrides_defaults_and_variables_the_file(folder, monkeypatch):
    (folder / "settings.toml").write_text("workers = 3\nwarm = false\nmost_epochs = 7\n")
    monkeypatch.setenv("MNIST_MODELS_MOST_EPOCHS", "9")
    settings = Settings.load()
    assert (settings.workers, settings.slots, settings.warm, settings.most_epochs) == (3, 3, False, 9)


def test_a_slot_for_every_gpu(folder, monkeypatch):
    monkeypatch.setattr("mnist_models.runs.settings.gpus", lambda: ("GPU 0: A", "GPU 1: B"))
    assert Settings.load().slots == 2


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("echo 'NVIDIA A, 10 MiB'; echo 'NVIDIA B, 20 MiB'", ("NVIDIA A, 10 MiB", "NVIDIA B, 20 MiB")),
        ("echo 'No devices were found'; exit 6", ()),
    ],
)
def test_gpus_are_those_that_the_driver_names(tmp_path, monkeypatch, answer, named):
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\n{answer}\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    gpus.cache_clear()
    assert gpus() == named
    gpus.cache_clear()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("worker = 1", "no setting 'worker'"),
        ("workers = 'many'", "workers must be a number, not 'many'"),
        ("workers = -1", "workers must be 0 or more"),
        ("warm = 'perhaps'", "warm must be yes or no"),
        ("workers =", "cannot be read"),
        ("proxies = 'the proxy'", "proxies must be addresses"),
    ],
)
def test_a_wrong_setting_is_named(folder, text, message):
    (folder / "settings.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        Settings.load()


def test_proxies_are_addresses_and_networks(folder):
    (folder / "settings.toml").write_text("proxies = '127.0.0.1, 10.1.0.0/16'")
    assert Settings.load().proxies == ("127.0.0.1/32", "10.1.0.0/16")


@pytest.mark.parametrize("page", ["train", "runs"])
def test_a_page_says_what_is_wrong_with_the_settings(folder, page):
    (folder / "settings.toml").write_text("worker = 1")
    script = Path(__file__).parents[2] / "pages" / f"{page}.py"
    shown = AppTest.from_file(script).run(timeout=60)
    (error,) = shown.error
    assert "no setting 'worker'" in error.value
    assert not shown.exception
    assert not shown.button


def test_the_readme_lists_every_setting():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for field in dataclasses.fields(Settings):
        if field.name == "directory":
            assert f"| `{DIRECTORY_VARIABLE}` |" in readme
            continue
        usual = {bool: "yes" if field.default else "no", tuple: "none"}.get(field.type)
        assert f"| `{field.name}` | {usual or round(field.default)} |" in readme
