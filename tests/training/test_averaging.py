import keras
import numpy as np
import pytest

from mnist_models.training.averaging import RunningAverage, momentum


def test_a_young_average_forgets_fast_and_an_old_one_slowly():
    assert momentum(0.999, 0) == pytest.approx(0.1)
    assert momentum(0.999, 90) == pytest.approx(0.91)
    assert momentum(0.999, 10**6) == 0.999
    assert momentum(0.0, 10**6) == 0


def fitted(target, **options):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse", **options)
    x = np.random.default_rng(1).normal(size=(320, 4)).astype(np.float32)
    average = RunningAverage(target)
    model.fit(x, x.sum(axis=1), batch_size=8, epochs=2, verbose=0, callbacks=[average])
    return model, average, x


def test_no_momentum_follows_the_weights():
    model, average, _ = fitted(0.0)
    for averaged, raw in zip(average.current_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(averaged, raw, atol=1e-6)


def test_the_average_lies_between_first_and_last_weights():
    model, average, _ = fitted(0.99)
    kernel, averaged = model.get_weights()[0], average.current_weights()[0]
    assert not np.allclose(kernel, averaged)
    np.testing.assert_allclose(kernel, averaged, atol=0.2)


def test_validation_uses_the_average_and_leaves_the_weights_alone():
    model, average, x = fitted(0.99)
    raw, averaged = model.get_weights(), average.current_weights()
    loss_of_average = model.evaluate(x, x.sum(axis=1), verbose=0, callbacks=[_bound(average, model)])
    np.testing.assert_array_equal(model.get_weights()[0], raw[0])
    model.set_weights(averaged)
    assert model.evaluate(x, x.sum(axis=1), verbose=0) == pytest.approx(loss_of_average)


def _bound(average, model):
    average.set_model(model)
    return average
