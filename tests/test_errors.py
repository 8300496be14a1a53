"""Who is told what when something goes wrong: people a sentence, and no visitor where files are kept."""

import ast
import errno
from pathlib import Path

import numpy as np
import pytest

from mnist_models import cli, errors, weights
from mnist_models.data import datasets
from mnist_models.preprocessing import canvas_to_mnist
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
    assert errors.said(error, in_full=True) == "/srv/the lab/x.npz: Permission denied"
    assert errors.said(OSError(errno.EIO, "Input/output error")) == "Input/output error"
    full = OSError(errno.ENOSPC, "No space left on device", "/srv/x.npz")
    assert errors.said(full) == "x.npz: The disk is full, delete something first"
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


# Exceptions that no person is told: why.
NOT_FOR_PEOPLE = {
    "Stop": "asked for: a training ends",
    "Pause": "asked for: a training ends for now",
    "DiskFull": "a training ends with what it has learned, and says so",
    "_Unopened": "becomes a part of an upload's report",
    "_TooLarge": "becomes a part of an upload's report",
}


def exceptions_of_the_package():
    """The names of all classes that are raised: dict to the names of what they inherit from."""
    found = {}
    for path in Path(errors.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name] = [ast.unparse(base).split(".")[-1] for base in node.bases]
    system = {"Exception", "BaseException", "KeyboardInterrupt", "ValueError", "RuntimeError"}
    system |= {"KeyError", "LookupError", "OSError"}

    def roots(name):
        return {name}.union(*(roots(base) for base in found.get(name, ()) if base != name))

    return {name: roots(name) for name in found if roots(name) & (system | {"DigitLabError"})}


def test_every_exception_is_for_people_or_says_why_not():
    found = exceptions_of_the_package()
    assert {"UnreadableImage", "UploadError", "NotTrained", "UnknownRun", "NoCheckpoint"} <= found.keys()
    assert {name for name in found if "DigitLabError" not in found[name]} == NOT_FOR_PEOPLE.keys()


def raising(error):
    def run(*arguments, **further):
        raise error

    return run


def test_the_command_line_says_a_sentence_and_shows_the_traceback_of_a_bug(capsys, monkeypatch):
    monkeypatch.setattr(weights, "read", raising(errors.DigitLabError("There is no list. Write one.")))
    assert cli.main(["list"]) == 1
    assert capsys.readouterr().err == "There is no list. Write one.\n"
    for bug in (ValueError("operands could not be broadcast"), KeyError("x"), EOFError()):
        monkeypatch.setattr(weights, "read", raising(bug))
        with pytest.raises(type(bug)):
            cli.main(["list"])


def test_whoever_relied_on_an_empty_canvas_being_a_value_error_still_can():
    with pytest.raises(ValueError, match="nothing to read"):
        canvas_to_mnist(np.full((280, 280, 4), 255, np.uint8))
