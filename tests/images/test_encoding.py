import numpy as np

from mnist_models.images import encoding


def test_the_network_sees_black_where_nothing_is_drawn():
    assert not encoding.as_pixels(None).any()
    assert encoding.as_pixels(np.ones((28, 28, 1), np.float32)).min() == 255
