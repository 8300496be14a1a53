"""What visitors are told never says where a server keeps its files."""

import errno

import numpy as np
import pytest

from mnist_models import errors, weights
from mnist_models.data import datasets
from mnist_models.runs.settings import DIRECTORY_VARIABLE, Settings, SettingsError
from mnist_models.serving import sessions


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[Errno 5] Input/output error: '/srv/the lab/x.npz'", None),
        (
            "Load model from /srv/lab/weights/mlp.onnx failed: Protobuf",
            "Load model from mlp.onnx failed: Protobuf",
        ),
        ('File "/srv/lab/app.py", line 5', 'File "app.py", line 5'),
        (r"C:\Users\ada\runs\x.npz is damaged", "x.npz is damaged"),
        ("on and/or off, 1/2, N/A", "on and/or off, 1/2, N/A"),
        ("see https://example.org/a/b/c", "see https://example.org/a/b/c"),
        ("node model/dense/MatMul", "node model/dense/MatMul"),
    ],
)
def test_names_stand_for_paths(text, shown):
    assert errors.without_folders(text) == shown or (
        shown is None and "/srv" not in errors.without_folders(text)
    )


def test_the_systems_own_errors():
    error = PermissionError(errno.EACCES, "Permission denied", "/srv/the lab/x.npz")
    assert errors.said(error) == "x.npz: Permission denied"
    assert errors.said(OSError(errno.ENOSPC, "No space left on device")) == "No space left on device"
    assert errors.said(ValueError("/srv/lab/x.npz is bad")) == "x.npz is bad"


def broken_card(folder):
    (folder / "mlp.json").write_text("{")
    weights.read("mlp", folder)


def missing_card(folder):
    weights.read("mlp", folder)


def broken_network(folder):
    (folder / "mlp.onnx").write_bytes(b"damaged")
    weights.write("mlp", {"files": {"mlp.onnx": weights.sha256(folder / "mlp.onnx")}}, folder)
    sessions.session(weights.trained("mlp", folder))


def missing_network(folder):
    weights.write("mlp", {"files": {"mlp.onnx": "0"}}, folder)
    weights.checked_file("mlp", "mlp.onnx", folder)


def altered_network(folder):
    (folder / "mlp.onnx").write_bytes(b"altered")
    missing_network(folder)


def unreadable_settings(folder):
    (folder / "settings.toml").mkdir()
    Settings.load()


def unknown_setting(folder):
    (folder / "settings.toml").write_text("worker = 1")
    Settings.load()


def wrong_setting(folder):
    (folder / "settings.toml").write_text("workers = 'many'")
    Settings.load()


def damaged_data(folder):
    (folder / "mnist.npz").write_bytes(b"damaged")
    datasets.load("mnist")


def other_data(folder):
    np.savez(folder / "mnist.npz", x_train=np.zeros(3))
    datasets.load("mnist")


@pytest.mark.parametrize(
    "go_wrong",
    [
        broken_card,
        missing_card,
        broken_network,
        missing_network,
        altered_network,
        unreadable_settings,
        unknown_setting,
        wrong_setting,
        damaged_data,
        other_data,
    ],
)
def test_a_visitor_sees_the_files_name_and_the_command_line_its_place(go_wrong, data_folder, monkeypatch):
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(data_folder))
    kinds = weights.CardError, SettingsError, datasets.DataError
    with pytest.raises(kinds, match=r"mlp\.(json|onnx)|settings\.toml|mnist\.npz") as problem:
        go_wrong(data_folder)
    assert "/" not in str(problem.value)
    assert str(data_folder) in problem.value.on_the_command_line


def test_long_values_are_cut():
    assert errors.short("a" * 1_000) == "a" * 59 + "…"
    assert errors.short("two\n\n lines") == "two lines"
