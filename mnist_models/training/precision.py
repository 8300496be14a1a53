"""In which arithmetic Keras models are built."""

from contextlib import contextmanager

import keras

from mnist_models.training.hardware import has_fast_bfloat16


def of(recipe):
    """While it lasts, models are built for the recipe: bfloat16 where asked for and fast, else float32."""
    mixed = recipe.mixed_precision and has_fast_bfloat16()
    return policy("mixed_bfloat16" if mixed else "float32")


@contextmanager
def policy(name):
    """While it lasts, models are built under that dtype policy of Keras."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
