"""Who may import whom: the rooms of the package from top to bottom, and what only some of them may use."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "mnist_models"

# From top to bottom; a room imports only what stands below it, and no two of one floor import each other.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("worker", "ui"),
    ("export_script",),
    ("runs",),
    ("evaluation",),
    ("training",),
    ("serving",),
    ("data",),
    ("weights",),
    ("images", "latent", "metrics", "networks", "preprocessing", "catalog", "files"),
    ("recipes",),
    ("errors",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Rooms through which nobody comes to TensorFlow.
MAY_TRAIN = {"cli", "worker", "training"}
STREAMLIT = {"ui"}
KERAS = {"training"}

# Arrows that point the wrong way today, (importer, imported): why. They go, none come.
EXCEPTIONS = {
    ("preprocessing", "images.normalize"): "the import path that others use, one line",
}
# Modules that use a library of another room today: why.
STRAY_KERAS = {
    "data.download": "Keras downloads the data sets",
}


def module_of(path):
    parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def imports(path):
    """Dotted names of everything that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def arrows():
    """(importer, imported) between modules of different rooms, both without the package's name."""
    found = set()
    for module, path in FILES.items():
        for name in imports(path):
            if name.split(".")[0] != PACKAGE:
                continue
            imported = name.partition(".")[2]
            if imported not in FILES:  # a name in a module
                imported = imported.rpartition(".")[0]
            if imported and module and room(module) != room(imported):
                found.add((module, imported))
    return found


def room(module):
    return module.split(".")[0]


def users(*libraries):
    return {
        module
        for module, path in FILES.items()
        if {name.split(".")[0] for name in imports(path)} & set(libraries)
    }


def test_every_room_has_a_floor():
    assert {room(module) for module in FILES if module} <= FLOOR.keys()


def test_no_import_points_up():
    wrong = {(a, b) for a, b in arrows() if FLOOR[room(a)] >= FLOOR[room(b)]}
    assert wrong == set(EXCEPTIONS)


def test_only_the_command_line_and_the_worker_come_to_training():
    assert {room(a) for a, b in arrows() if room(b) == "training"} <= MAY_TRAIN


def test_only_the_screen_knows_streamlit():
    assert {room(module) for module in users("streamlit", "streamlit_drawable_canvas")} == STREAMLIT


def test_only_training_knows_tensorflow():
    strays = {module for module in users("tensorflow", "keras", "jax") if room(module) not in KERAS}
    assert strays == set(STRAY_KERAS)


@pytest.mark.parametrize(
    "script", sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("*pages/*.py"))
)
def test_pages_come_to_no_training(script):
    imported = set(imports(ROOT / script))
    assert not [name for name in imported if name.startswith((f"{PACKAGE}.training", f"{PACKAGE}.worker"))]
    assert not {name.split(".")[0] for name in imported} & {"tensorflow", "keras", "jax"}
