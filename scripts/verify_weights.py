"""Evaluate the shipped networks again and compare with their cards.

`python -m scripts.verify_weights [NAME …]` needs the data sets (`python -m mnist_models data fetch`), and
half an hour for all networks. It exits with 1 when a figure differs, or does not reach what is promised.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mnist_models import catalog, weights

TOLERANCE = 0.02  # share by which a figure may differ: machines round otherwise
LEAST = 0.002  # what may differ anyway
# What we promise of figures: (network, path in the card, lowest, highest).
PROMISES = (
    ("mlp", "test.accuracy", 0.984, 1),
    ("cnn", "test.accuracy", 0.992, 1),
    ("strided_cnn", "test.accuracy", 0.990, 1),
    ("reader", "test.accuracy", 0.995, 1),  # since it also reads fat pens: docs/reading.md
    ("fashion_cnn", "test.accuracy", 0.92, 1),
    ("digit_gan", "test.sure", 0.85, 1),
    ("tutorial_gan", "test.sure", 0.85, 1),
    ("fashion_gan", "test.sure", 0.85, 1),
    ("face_gan", "test.diversity", 0.075, 1),
    ("face_gan", "test.mean_colour", 0, 0.03),
)


def main(names: list[str]) -> int:
    """Evaluate in a copy of the weights; the exit code."""
    complaints = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(weights.folder(), Path(folder) / "weights"))
        for name in names or list(catalog.NETWORKS):
            print(f"{name} …", flush=True)
            command = [sys.executable, "-m", "mnist_models", "evaluate", name, "--weights", copy, "--save"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            shipped, measured = weights.read(name), weights.read(name, copy)
            complaints += [f"{name}: {each}" for each in differences(shipped, measured)]
            complaints += broken_promises(name, measured)
    print("\n".join(complaints) or "All figures are as the cards say.")
    return bool(complaints)


def differences(shipped: dict, measured: dict) -> list[str]:
    """Figures of two cards that differ, as sentences.

    Args:
        shipped, measured: model cards; fields whose names begin with "test" are compared.
    """
    before, after = (dict(_figures(card)) for card in (shipped, measured))
    found = [f"{path} is new: {after[path]:.4g}" for path in sorted(after.keys() - before.keys())]
    found += [f"{path} is no longer measured" for path in sorted(before.keys() - after.keys())]
    for path in sorted(before.keys() & after.keys()):
        if abs(before[path] - after[path]) > max(LEAST, TOLERANCE * abs(before[path])):
            found.append(f"{path} is {after[path]:.4g}, not {before[path]:.4g}")
    return found


def broken_promises(name: str, card: dict) -> list[str]:
    """Promises that a network's figures do not keep, as sentences."""
    figures = dict(_figures(card))
    return [
        f"{name}: {path} is {figures[path]:.4g}, promised are {lowest} to {highest}"
        for network, path, lowest, highest in PROMISES
        if network == name and not lowest <= figures[path] <= highest
    ]


def _figures(card):
    """Pairs of a path, such as "test.accuracy", and a number."""
    for key, value in card.items():
        if key.startswith("test"):
            yield from _numbers(key, value)


def _numbers(path, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _numbers(f"{path}.{index}", inner)
    elif isinstance(value, int | float):
        yield path, float(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
