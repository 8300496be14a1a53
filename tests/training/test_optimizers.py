import keras
import numpy as np
import pytest

from mnist_models.training import optimizers


def test_a_young_average_forgets_fast_and_an_old_one_slowly():
    assert optimizers.momentum(0.999, 0) == pytest.approx(0.1)
    assert optimizers.momentum(0.999, 90) == pytest.approx(0.91)
    assert optimizers.momentum(0.999, 10**6) == 0.999
    assert optimizers.momentum(0.0, 10**6) == 0


@pytest.mark.parametrize(("kept", "expected"), [(0.0, 5.0), (0.75, 2.0), (1.0, 1.0)])
def test_an_average_keeps_a_share_of_what_it_was(kept, expected):
    average, variable = keras.Variable(np.ones(3, np.float32)), keras.Variable(np.full(3, 5, np.float32))
    optimizers.update_averages([average], [variable], np.float32(kept))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(average), expected)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), 5)
