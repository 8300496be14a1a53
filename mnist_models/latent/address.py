"""Latent vectors as text for a page's address, so that a link holds the very same picture."""

import base64
import binascii

import numpy as np

from mnist_models.errors import DigitLabError

STEPS = 4096  # a unit: an address keeps every number as 16-bit integer, from -8 to 8; as in vector.js


class BadAddress(DigitLabError):
    """A text is no latent vector of this generator."""


def to_address(vector):
    """A latent vector as text for an address: base64 (URL-safe) of little-endian int16 steps of 1/4096.

    Args:
        vector: float array of N numbers; those beyond -8 and 8 are cut.

    Example:
        >>> to_address(np.zeros(3))
        'AAAAAAAA'
    """
    steps = np.clip(np.rint(np.asarray(vector, np.float64) * STEPS), -32768, 32767)
    return base64.urlsafe_b64encode(steps.astype("<i2").tobytes()).decode("ascii").rstrip("=")


def from_address(address, latent_dim):
    """The latent vector of an address.

    Args:
        address: as from `to_address`.
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
