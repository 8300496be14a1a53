"""`pip install .`: what an installed package holds, away from the checkout."""

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel's path."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    source = folder / "source"  # a build leaves files beside the sources
    kept = ["mnist_models", "weights", "requirements", "pyproject.toml", "README.md", "LICENSE"]
    for name in kept:
        source.mkdir(exist_ok=True)
        (source / name).symlink_to(ROOT / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", folder, source], check=True
    )
    (path,) = folder.glob("*.whl")
    return path


def test_networks_are_used_away_from_the_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "import mnist_models as lab; print(lab.load('digit_gan').sample(2).shape, lab.__file__)"
    environment = {"PYTHONPATH": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.startswith("(2, 28, 28, 1)")
    assert str(tmp_path) in answer.stdout


def test_the_wheel_holds_every_module_and_what_is_served(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mnist_models").rglob("*.py")}
    assert modules <= names
    for kind in ("ui/*/*.css", "export_script/templates/*.jinja"):
        found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mnist_models").glob(kind)}
        assert found
        assert found <= names
    served = {f"mnist_models/shipped_weights/{path.name}" for path in (ROOT / "weights").glob("*.onnx")}
    assert served <= names
    assert not [name for name in names if name.endswith(".keras")]


def test_the_wheel_names_its_extras_and_its_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        (commands,) = (name for name in archive.namelist() if name.endswith("/entry_points.txt"))
        said = message_from_bytes(archive.read(metadata))
        assert "digit-lab = mnist_models.cli:main" in archive.read(commands).decode()
    assert set(said.get_all("Provides-Extra")) == {"app", "train"}
    needed = [line for line in said.get_all("Requires-Dist") if "extra ==" not in line]
    assert any(line.startswith("onnxruntime") for line in needed)
    assert not any(line.startswith(("tensorflow", "streamlit")) for line in needed)
