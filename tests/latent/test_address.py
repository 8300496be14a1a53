import numpy as np
import pytest

from mnist_models.latent import walks
from mnist_models.latent.address import BadAddress, from_address, to_address

LATENT_DIM = 100


def some_vectors(count):
    return walks.sample(count, LATENT_DIM, seed=4)


def test_gives_back_the_vector_to_the_precision_of_a_slider():
    vector = some_vectors(1)[0]
    decoded = from_address(to_address(vector), len(vector))
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded, vector, atol=1 / 8000)


def test_of_what_it_gave_back_is_the_same():
    address = to_address(some_vectors(1)[0])
    assert to_address(from_address(address, LATENT_DIM)) == address


def test_needs_no_escaping():
    for vector in some_vectors(50):
        assert to_address(vector).replace("-", "").replace("_", "").isalnum()


def test_cuts_what_is_far_out():
    decoded = from_address(to_address([100.0, -100.0]), 2)
    np.testing.assert_allclose(decoded, [8, -8], atol=0.001)


@pytest.mark.parametrize("text", ["", "A", "AAA", "AAAA", "not a vector!", "é" * 8, "%20", "A" * 267])
def test_that_holds_something_else_gets_a_sentence(text):
    with pytest.raises(BadAddress, match=r"^The address holds"):
        from_address(text, 4)
