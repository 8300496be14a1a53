"""What the pages of the generators do: pictures of latent vectors, their addresses, files and history.

NumPy, Pillow and ONNX Runtime only.
"""

import base64
import binascii
import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from mnist_models.data import datasets
from mnist_models.latent import walks
from mnist_models.serving import classifier
from mnist_models.ui import canvas_objects

STEPS = 4096  # a unit: an address keeps every number as 16-bit integer, from -8 to 8; as in vector.js
SIDE = 448  # pixels of a saved picture: 16 × 28 and 7 × 64
FRAMES = 48  # of an animation
FRAME_MILLISECONDS = 50
CROWD = 100  # random pictures that one picture's rating is compared with
QUIZ = 8  # pictures
REAL = 500  # real pictures to choose those of a quiz from


class BadAddress(ValueError):
    """A text is no latent vector of this generator."""


@dataclass(frozen=True)
class Visited:
    """Pictures someone has looked at, as addresses, and the one in sight.

    Attributes:
        addresses: tuple of str, the oldest first.
        place: index of the one in sight.
    """

    addresses: tuple[str, ...]
    place: int = 0

    @property
    def address(self):
        return self.addresses[self.place]

    @property
    def can_go_back(self):
        return self.place > 0

    @property
    def can_go_forward(self):
        return self.place < len(self.addresses) - 1

    def visit(self, address):
        """With one more picture after the one in sight; what was ahead is forgotten."""
        if address == self.address:
            return self
        return Visited((*self.addresses[: self.place + 1], address), self.place + 1)

    def back(self):
        return replace(self, place=max(self.place - 1, 0))

    def forward(self):
        return replace(self, place=min(self.place + 1, len(self.addresses) - 1))


@dataclass(frozen=True)
class Quiz:
    """Pictures to tell apart.

    Attributes:
        pictures: uint8 8×H×W×C.
        is_generated: bool 8.
    """

    pictures: np.ndarray
    is_generated: np.ndarray

    def score(self, called_generated):
        """How many of the pictures are called what they are.

        Args:
            called_generated: set of indices.
        """
        called = np.isin(np.arange(len(self.pictures)), list(called_generated))
        return int((called == self.is_generated).sum())


def encode(vector):
    """A latent vector as text for an address: base64 (URL-safe) of little-endian int16 steps of 1/4096.

    Args:
        vector: float array of N numbers; those beyond -8 and 8 are cut.

    Example:
        >>> encode(np.zeros(3))
        'AAAAAAAA'
    """
    steps = np.clip(np.rint(np.asarray(vector, np.float64) * STEPS), -32768, 32767)
    return base64.urlsafe_b64encode(steps.astype("<i2").tobytes()).decode("ascii").rstrip("=")


def decode(address, latent_dim):
    """The latent vector of an address.

    Args:
        address: as from `encode`.
        latent_dim: numbers that the generator takes.

    Returns:
        float32 array of latent_dim numbers.

    Raises:
        BadAddress: when it holds something else.
    """
    try:
        padded = address.encode("ascii") + b"=" * (-len(address) % 4)
        steps = np.frombuffer(base64.b64decode(padded, altchars=b"-_", validate=True), "<i2")
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise BadAddress("The address holds no picture.") from None
    if len(steps) != latent_dim:
        raise BadAddress(f"The address holds {len(steps)} numbers, but this generator takes {latent_dim}.")
    return (steps / STEPS).astype(np.float32)


def moved_to(vector, direction, place):
    """The vector moved along a direction until it stands at `place` on it, as the sliders do.

    Args:
        vector, direction: float32 arrays of N numbers, the direction of unit length.
        place: float, the wanted product of both.
    """
    return vector + (place - vector @ direction) * direction


def latent_dim(network):
    """How many numbers a generator makes a picture of, from its card."""
    return classifier.card(network)["recipe"]["latent_dim"]


def addresses(count, network, seed, truncation=1.0):
    """Addresses of random pictures; see `walks.sample`."""
    return [encode(z) for z in walks.sample(count, latent_dim(network), seed, truncation)]


def pictures(network, vectors):
    """Generate pictures on the server.

    Args:
        network: a generator's name, or weights.Trained.
        vectors: float32 N×latent_dim.

    Returns:
        uint8 N×H×W×C.

    Raises:
        weights.CardError: when the generator is missing or damaged.
    """
    images = classifier.run(classifier.session(network), np.asarray(vectors, np.float32))
    return np.uint8(np.rint(255 * images))


def picture(network, address):
    """The picture of an address: uint8 H×W×C. Raises BadAddress and weights.CardError."""
    return pictures(network, decode(address, latent_dim(network))[np.newaxis])[0]


def ratings(network, images):
    """What the discriminator gives pictures: its probability that they are real.

    Args:
        network: a generator's name, or weights.Trained.
        images: uint8 N×H×W×C.

    Returns:
        float32 array of N.

    Raises:
        weights.CardError: when the discriminator is missing or damaged.
    """
    images = images.astype(np.float32) / 255
    return classifier.run(classifier.session(network, ".discriminator"), images)[:, 0]


def crowd_ratings(network):
    """The discriminator's ratings of 100 random pictures of its generator, float32."""
    vectors = walks.sample(CROWD, latent_dim(network), seed=0)
    return ratings(network, pictures(network, vectors))


def opinion(rating, crowd):
    """One sentence on what the discriminator thinks of a picture.

    Args:
        rating: its probability that the picture is real.
        crowd: float array, ratings of random pictures of the same generator.

    Example:
        >>> opinion(0.63, np.array([0.2, 0.9]))
        'The discriminator gives it 63 % for being real, more than it gives 50 of 100 random pictures.'
    """
    below = round(100 * float((np.asarray(crowd) < rating).mean()))
    return (
        f"The discriminator gives it {100 * rating:.0f} % for being real, "
        f"more than it gives {below} of 100 random pictures."
    )


def quiz(network, real, seed):
    """Eight pictures, each real or generated by the toss of a coin, at least one of each kind.

    Args:
        network: a generator's name, or weights.Trained.
        real: uint8 N×H×W×C, as from `unseen`.
        seed: int.

    Returns:
        Quiz.

    Raises:
        weights.CardError: when the generator is missing or damaged.
    """
    rng = np.random.default_rng(seed)
    is_generated = rng.permutation([True, False, *(rng.random(QUIZ - 2) < 0.5)])
    vectors = walks.sample(QUIZ, latent_dim(network), seed)
    mixed = pictures(network, vectors)
    chosen = rng.choice(len(real), QUIZ, replace=False)
    mixed[~is_generated] = real[chosen[~is_generated]]
    return Quiz(mixed, is_generated)


def quiz_captions(quiz, called_generated):
    """What every picture of a quiz is, and whether it was called so."""
    return [
        ("generated, " if is_generated else "real, ")
        + ("right" if is_generated == (i in called_generated) else "wrong")
        for i, is_generated in enumerate(quiz.is_generated)
    ]


def unseen(data):
    """Some real pictures of a data set that nothing we ship was trained on.

    Args:
        data: a name of `datasets.SOURCES`, or `datasets.SAMPLE`.

    Returns:
        uint8 500×H×W×C, a copy, so that the rest of the data set can go.

    Raises:
        datasets.DataError: when it is not on this machine.
    """
    if data in ("mnist", datasets.SAMPLE):
        images = datasets.load_sample().x_held_out[..., np.newaxis]
    elif data == "faces":
        images = datasets.load_faces().x_test
    else:
        images = datasets.load(data).x_test[..., np.newaxis]
    return images[:: max(len(images) // REAL, 1)][:REAL].copy()


def png(image, side=SIDE):
    """A picture as a PNG file with hard pixels: bytes.

    Args:
        image: uint8 H×W×C.
        side: int, pixels of the file.
    """
    buffer = io.BytesIO()
    _enlarged(image, side).save(buffer, "PNG")
    return buffer.getvalue()


def png_address(image):
    """A picture as a data: address, one pixel a pixel."""
    return canvas_objects.png_address(_flat(image))


def gif(images, side=SIDE):
    """An endless animation with hard pixels, 20 pictures a second: bytes of a GIF file.

    Args:
        images: uint8 N×H×W×C.
        side: int, pixels of the file.
    """
    # One palette for all frames, so that nothing flickers.
    strip = Image.fromarray(_flat(np.concatenate(list(images), axis=1))).convert("RGB")
    palette = strip.quantize(256, dither=Image.Dither.NONE)
    frames = [
        _enlarged(image, side).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
        for image in images
    ]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "GIF", save_all=True, append_images=frames[1:], duration=FRAME_MILLISECONDS, loop=0
    )
    return buffer.getvalue()


def tour(network, address):
    """Pictures of a circle through latent space that begins and ends at an address."""
    start = decode(address, latent_dim(network))
    return pictures(network, walks.tour(start, FRAMES, seed=1))


def morph(network, start, end):
    """Pictures on the way from one address to another and back."""
    ends = [decode(address, latent_dim(network)) for address in (start, end)]
    way = pictures(network, walks.spherical(*ends, FRAMES // 2 + 1))
    return np.concatenate([way, way[-2:0:-1]])


def _enlarged(image, side):
    return Image.fromarray(_flat(image)).resize((side, side), Image.Resampling.NEAREST)


def _flat(image):
    """Pillow takes grey pictures as H×W."""
    return image[..., 0] if image.shape[-1] == 1 else image
