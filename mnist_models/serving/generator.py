"""Trained generators: pictures of latent vectors, and what the discriminator thinks of them."""

import numpy as np

from mnist_models.latent import walks
from mnist_models.latent.address import from_address, to_address
from mnist_models.serving import sessions

FRAMES = 48  # of an animation
CROWD = 100  # random pictures that one picture's rating is compared with


def latent_dim(network):
    """How many numbers a generator makes a picture of, from its card."""
    return sessions.card(network)["recipe"]["latent_dim"]


def addresses(count, network, seed, truncation=1.0):
    """Addresses of random pictures; see `walks.sample`."""
    return [to_address(z) for z in walks.sample(count, latent_dim(network), seed, truncation)]


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
    images = sessions.run(sessions.session(network), np.asarray(vectors, np.float32))
    return np.uint8(np.rint(255 * images))


def picture(network, address):
    """The picture of an address: uint8 H×W×C. Raises BadAddress and weights.CardError."""
    return pictures(network, from_address(address, latent_dim(network))[np.newaxis])[0]


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
    return sessions.run(sessions.session(network, ".discriminator"), images)[:, 0]


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


def tour(network, address):
    """Pictures of a circle through latent space that begins and ends at an address."""
    start = from_address(address, latent_dim(network))
    return pictures(network, walks.tour(start, FRAMES, seed=1))


def morph(network, start, end):
    """Pictures on the way from one address to another and back."""
    ends = [from_address(address, latent_dim(network)) for address in (start, end)]
    way = pictures(network, walks.spherical(*ends, FRAMES // 2 + 1))
    return np.concatenate([way, way[-2:0:-1]])
