"""Trained networks as objects, for Python: what `mnist_models.load` returns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mnist_models import catalog, weights
from mnist_models.images import normalize
from mnist_models.latent import walks
from mnist_models.serving import autoencoder, classifier, generator, sessions, sliders


@dataclass(frozen=True)
class Classifier:
    """A network that names what a picture shows.

    Attributes:
        network: weights.Trained.

    Example:
        >>> from mnist_models.data import datasets
        >>> Classifier(weights.trained("reader"))(datasets.load_sample().x_test[0]).digit
        0
    """

    network: weights.Trained

    def __call__(self, picture: str | Path | bytes | Image.Image | np.ndarray) -> classifier.Reading:
        """Read one picture.

        Args:
            picture: path, content or `PIL.Image.Image` of a photo or scan; or an array: uint8 28×28, bright
                on black as in MNIST; float32 28×28×1 in [0, 1]; or uint8 H×W×4, a drawing on a canvas.

        Returns:
            Reading.

        Raises:
            UnreadableImage: when it is no picture.
            EmptyCanvas: when nothing stands out in it.
        """
        return classifier.read(self.network, _as_input(picture))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of the classes: float32 N×10 for images N×28×28(×1), uint8 or float32 in [0, 1]."""
        return classifier.predict(self.network, _batch(images))

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of what it tells apart, in the order of the probabilities."""
        return classifier.classes(self.network)


@dataclass(frozen=True)
class Autoencoder:
    """A network that puts pictures into a few numbers and draws them again.

    Attributes:
        network: weights.Trained.

    Example:
        >>> from mnist_models.data import datasets
        >>> Autoencoder(weights.trained("autoencoder")).encode(datasets.load_sample().x_test[:3]).shape
        (3, 32)
    """

    network: weights.Trained

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Codes: float32 N×latent_dim for images N×28×28(×1), uint8 or float32 in [0, 1]."""
        return autoencoder.encode(self.network, _batch(images))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Pictures of codes: float32 N×28×28×1 in [0, 1] for N×latent_dim."""
        return autoencoder.decode(self.network, np.asarray(codes, np.float32))

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """Pictures of the codes of images: float32 N×28×28×1 in [0, 1]; images as for `encode`."""
        return self.decode(self.encode(images))


@dataclass(frozen=True)
class Generator:
    """A network that makes pictures of random numbers.

    Attributes:
        network: weights.Trained.

    Example:
        >>> Generator(weights.trained("face_gan")).sample(8, seed=0).shape
        (8, 64, 64, 3)
    """

    network: weights.Trained

    def sample(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Random pictures: uint8 count×H×W×C. Lower truncation gives more ordinary ones."""
        return self.pictures(walks.sample(count, self.latent_dim, seed, truncation))

    def pictures(self, vectors: np.ndarray) -> np.ndarray:
        """Pictures of latent vectors: uint8 N×H×W×C for N×latent_dim, standard normal."""
        return generator.pictures(self.network, vectors)

    def walk(self, start: np.ndarray, end: np.ndarray, steps: int = 24) -> np.ndarray:
        """Pictures on the arc from one latent vector to another, both included: uint8 steps×H×W×C."""
        return self.pictures(walks.spherical(start, end, steps))

    @property
    def latent_dim(self) -> int:
        """How many numbers it makes a picture of."""
        return generator.latent_dim(self.network)

    @property
    def sliders(self) -> list[sliders.Direction]:
        """Named directions of latent space; empty when none have been found for these weights."""
        return sliders.directions(self.network)


def load(name: str, folder: str | Path | None = None) -> Classifier | Autoencoder | Generator:
    """A trained network of the catalog, checked and ready to run.

    Args:
        name: one of `catalog.NETWORKS`.
        folder: where its files are; the shipped weights when None.

    Raises:
        UnknownNetwork: when the catalog has no such network.
        CardError: when its files are missing or damaged.
    """
    network = weights.trained(name, folder)
    sessions.check(network)
    for kind, names in (
        (Classifier, catalog.CLASSIFIERS),
        (Autoencoder, catalog.AUTOENCODERS),
        (Generator, catalog.ADVERSARIAL),
    ):
        if name in names:
            return kind(network)
    raise catalog.UnknownNetwork(f"{name} only measures other networks. Choose another.")


def _as_input(picture):
    """One picture as float32 28×28×1 in [0, 1]."""
    if isinstance(picture, str | Path):
        return normalize.photo_to_mnist(Path(picture).read_bytes())
    if not isinstance(picture, np.ndarray):
        return normalize.photo_to_mnist(picture)
    if picture.ndim == 3 and picture.shape[2] == 4:
        return normalize.canvas_to_mnist(picture)
    return _batch(picture[np.newaxis])[0]


def _batch(images):
    """Images as float32 N×28×28×1 in [0, 1].

    Raises:
        ValueError: for another shape.
    """
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.shape[1:] != (normalize.FIELD, normalize.FIELD, 1):
        raise ValueError(f"Images must be N×28×28 or N×28×28×1, not {'×'.join(map(str, images.shape))}.")
    if images.dtype == np.uint8:
        return normalize.as_input(images[..., 0])
    return np.asarray(images, np.float32)
