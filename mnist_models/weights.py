"""Model cards: what a trained network is, how it came about, and how good it is.

A card is `NAME.json` beside the network's files. Its figures are what `evaluate` measured; the
SHA-256 of every file is checked before it is used.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from mnist_models import catalog
from mnist_models.errors import DigitLabError, said
from mnist_models.files.atomic import atomic_write

WEIGHTS_VARIABLE = "MNIST_MODELS_WEIGHTS"
_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "shipped_weights"  # of an installed package; a checkout has them beside the package
_SHIPPED = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "weights"


class CardError(DigitLabError):
    """A card or a file it names is missing or damaged. The message says what to do.

    Args:
        message: what visitors are told, without paths of this machine.
        path: of the file that it is about, if it is about one.
    """

    def __init__(self, message, path=None):
        super().__init__(message)
        self.on_the_command_line = f"The file: {path}" if path else ""


class NotTrained(CardError):
    """A network has no card.

    Args:
        name: of the catalog.
        path: where the card should be.
    """

    def __init__(self, name, path):
        super().__init__(f"{name} is not trained yet: {path.name} is missing.")
        self.on_the_command_line = (
            f"It should be in {path.parent}. Train it with: python -m mnist_models train {name}"
        )


class Card(dict):
    """A card, or a part of one: asked for what it lacks, it raises CardError, as for a damaged file."""

    def __missing__(self, key):
        raise CardError(f"A model card lacks '{key}'. Restore it or train the network again.")


# What other types than these would break, wherever a card is used.
_KINDS = {"files": Card, "data": Card, "recipe": Card, "test": Card, "limits": list, "parameters": int}


@dataclass(frozen=True)
class Trained:
    """A trained network: which one, and the folder that its files are in.

    Whatever runs a network takes one of these, or a name of the catalog for the shipped one: see
    `trained`. So a network that a run has just trained goes wherever a shipped one does, and no function
    on the way needs to know of folders.

    Attributes:
        name: of the catalog, and of the files.
        weights: pathlib.Path of the folder.
        key: tells it from all others in a page's address and widgets: its name when it is shipped.
        title: for people, plain text.
        origin: of a network that is not shipped: what it is and where it comes from, plain text.
        owner: whose it is, where that should be said, plain text: "Yours", or such as "Green otter".
    """

    name: str
    weights: Path
    key: str
    title: str
    origin: str = ""
    owner: str = ""

    @property
    def label(self):
        """Owner, title and origin, as far as there are any: for people who choose and compare."""
        title = f"{self.owner}: {self.title}" if self.owner else self.title
        return f"{title} ({self.origin})" if self.origin else title

    @property
    def is_shipped(self):
        """Whether it is the app's own, rather than a run's."""
        return self.key == self.name

    def version(self):
        """Another value whenever its files were written anew; None while there is no card.

        What is kept in memory of a network is kept under this, since a run that is resumed writes its
        files anew. The card is written last, in one step. A look at it takes 2 µs.
        """
        try:
            found = (self.weights / f"{self.name}.json").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


def trained(network, weights=None):
    """The trained network of a name of the catalog; a Trained is given back as it is.

    Args:
        network: str or Trained.
        weights: folder; `folder()` when None.

    Raises:
        catalog.UnknownNetwork
    """
    if isinstance(network, Trained):
        return network
    title = catalog.get(network).title
    return Trained(network, Path(weights or folder()), key=network, title=title)


def folder():
    """Where trained networks are: `$MNIST_MODELS_WEIGHTS`, or the shipped `weights/`."""
    return Path(os.environ.get(WEIGHTS_VARIABLE) or _SHIPPED)


def measuring_folder(name, weights=None):
    """The folder of a network that only measures others: theirs if it is among them, else the shipped one.

    So what has just been trained to a folder of its own can be measured.

    Args:
        name: of the network that measures, such as "judge".
        weights: folder of what is measured; `folder()` when None.
    """
    weights = Path(weights or folder())
    return weights if (weights / f"{name}.json").is_file() else _SHIPPED


def read(name, weights=None):
    """A network's card.

    Args:
        name: a name of the catalog.
        weights: folder; `folder()` when None.

    Returns:
        Card as written by `write`.

    Raises:
        CardError: when there is none, or it is no object of JSON.
    """
    path = (weights or folder()) / f"{name}.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"), object_hook=Card)
        if not isinstance(card, dict):
            raise ValueError("it holds no card")
        for key, kind in _KINDS.items():
            if not isinstance(card.get(key, kind()), kind):
                raise ValueError(f"its '{key}' makes no sense")
        return card
    except FileNotFoundError:
        raise NotTrained(name, path) from None
    except (OSError, ValueError) as error:
        raise CardError(
            f"{path.name} is damaged ({said(error)}). Restore it or train {name} again.", path
        ) from None


def write(name, card, weights=None):
    """Write a card in one step, so that no reader ever sees half of it."""
    path = (weights or folder()) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def checked_file(name, file_name, weights=None):
    """The path of one of a network's files, once its checksum is right.

    Raises:
        CardError: when the card does not name it, or it is missing or altered.
    """
    weights = weights or folder()
    expected = read(name, weights)["files"].get(file_name)
    path = weights / file_name
    if expected is None or not path.is_file():
        raise CardError(f"{path.name} is missing. Restore it or train {name} again.", path)
    try:
        found = sha256(path)
    except OSError as error:
        raise CardError(f"{path.name} cannot be read ({error.strerror}).", path) from None
    if found != expected:
        raise CardError(
            f"{path.name} is not the file its card describes. Restore it or train {name} again.", path
        )
    return path


def sha256(path):
    """A file's SHA-256 as hexadecimal digits."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
