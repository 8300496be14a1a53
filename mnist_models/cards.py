"""Model cards: what a trained network is, how it came about, and how good it is.

A card is `NAME.json` beside the network's files. Its figures are what `evaluate` measured; the
SHA-256 of every file is checked before it is used.
"""

import hashlib
import json
import os
from pathlib import Path

WEIGHTS_VARIABLE = "MNIST_MODELS_WEIGHTS"
_SHIPPED = Path(__file__).resolve().parent.parent / "weights"


class CardError(Exception):
    """A card or a file it names is missing or damaged. The message says what to do."""


def folder():
    """Where trained networks are: `$MNIST_MODELS_WEIGHTS`, or the shipped `weights/`."""
    return Path(os.environ.get(WEIGHTS_VARIABLE) or _SHIPPED)


def read(name, weights=None):
    """A network's card.

    Args:
        name: a name of the catalog.
        weights: folder; `folder()` when None.

    Returns:
        dict as written by `write`.

    Raises:
        CardError: when there is none, or it is not JSON.
    """
    path = (weights or folder()) / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CardError(
            f"{name} is not trained yet: {path} is missing. Train it with: "
            f"python -m mnist_models train {name}"
        ) from None
    except (OSError, ValueError) as error:
        raise CardError(f"{path} is damaged ({error}). Restore it or train {name} again.") from None


def write(name, card, weights=None):
    """Write a card in one step, so that no reader ever sees half of it."""
    path = (weights or folder()) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".json.new")
    draft.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)


def checked_file(name, file_name, weights=None):
    """The path of one of a network's files, once its checksum is right.

    Raises:
        CardError: when the card does not name it, or it is missing or altered.
    """
    weights = weights or folder()
    expected = read(name, weights).get("files", {}).get(file_name)
    path = weights / file_name
    if expected is None or not path.is_file():
        raise CardError(f"{path} is missing. Restore it or train {name} again.")
    if sha256(path) != expected:
        raise CardError(f"{path} is not the file its card describes. Restore it or train {name} again.")
    return path


def sha256(path):
    """A file's SHA-256 as hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
