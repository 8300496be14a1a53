"""Networks that read and draw digits, and everything needed to train, export and use them.

>>> import mnist_models as lab
>>> lab.load("face_gan").sample(8, seed=0).shape
(8, 64, 64, 3)
"""

from pathlib import Path

__version__ = "0.1.0"


def names() -> tuple[str, ...]:
    """Names of all networks of the catalog.

    Example:
        >>> "reader" in names()
        True
    """
    from mnist_models import catalog

    return tuple(catalog.NETWORKS)


def card(name: str) -> dict:
    """The model card of a shipped network: parameters, data and licence, recipe, measured figures, limits.

    Raises:
        UnknownNetwork: when the catalog has no such network.
        CardError: when its card is missing or damaged.

    Example:
        >>> card("cnn")["parameters"]
        50698
    """
    from mnist_models import weights
    from mnist_models.serving import sessions

    return sessions.card(weights.trained(name))


def load(name: str, folder: str | Path | None = None):
    """A trained network, ready to use.

    Args:
        name: of the catalog, as in `names()`.
        folder: where its files are; the shipped weights when None.

    Returns:
        `serving.trained_network.Classifier`, `Autoencoder` or `Generator`.

    Raises:
        UnknownNetwork: when the catalog has no such network.
        CardError: when its files are missing or damaged.

    Example:
        >>> from mnist_models.data import datasets
        >>> digits = datasets.load_sample().x_test[:3]
        >>> load("reader")(digits[0]).digit
        0
        >>> load("autoencoder").reconstruct(digits).shape
        (3, 28, 28, 1)
    """
    from mnist_models.serving import trained_network

    return trained_network.load(name, folder)


def train(name: str, data=None, folder: str | Path = "trained", quick: bool = False, say=print, **changes):
    """Train a network, with TensorFlow (`pip install "mnist_models[train]"`), and load it.

    Args:
        name: of the catalog, as in `names()`.
        data: (images, labels) to learn from instead of the network's data: N×28×28, uint8 or float in [0, 1],
            and N whole numbers from 0 to 9 or names of at most ten classes. A tenth validates.
        folder: that gets the network's files and its card.
        quick: True for the preset that takes three minutes at most, instead of the shipped network's recipe.
        say: called with sentences on what is going on.
        changes: fields of the recipe, such as `epochs=3`.

    Returns:
        As `load`.

    Raises:
        DigitLabError: when that cannot be trained. The message says why.

    Example:
        >>> from mnist_models.data import datasets
        >>> digits = datasets.load_sample()
        >>> data = digits.x_train[:500], digits.y_train[:500]
        >>> net = train("mlp", data, quick=True, hidden=(64,), epochs=1, say=lambda sentence: None)
        >>> net.probabilities(digits.x_test[:3]).shape
        (3, 10)
    """
    from mnist_models.training.train import train

    return train(name, data, folder, quick, say, **changes)
