"""The two things a hand-written training step needs that differ between Keras's backends.

`compile_step` turns a function that reads and assigns Keras variables into a fast one, and
`loss_and_gradients` differentiates inside it. TensorFlow lets variables change in place; JAX only
compiles functions without side effects, so there the variables' values are handed in and out
through `keras.StatelessScope`. Whoever writes the step need not care.
"""

import keras

from mnist_models.errors import DigitLabError
from mnist_models.training import device

BACKEND = keras.backend.backend()

if BACKEND == "tensorflow":
    import tensorflow as tf
elif BACKEND == "jax":
    import jax
else:
    raise DigitLabError(f"Networks are trained with TensorFlow or JAX; KERAS_BACKEND is '{BACKEND}'.")


def compile_step(step, variables):
    """Compile a training step.

    Args:
        step: function of one nested structure (dicts, lists) of arrays or tensors, returning another. Shapes
            and dtypes must stay the same from call to call, or the step is compiled again.
        variables: list of every keras.Variable that `step` reads or assigns. All must be built.

    Returns:
        A function with the same argument and results. It assigns the variables.
    """
    if BACKEND == "tensorflow":
        return tf.function(step, jit_compile=device.xla_pays())
    return _compile_jax(step, variables)


def loss_and_gradients(loss, trainable, variables):
    """Differentiate inside a step of `compile_step`.

    Args:
        loss: function without arguments that returns (scalar tensor, dict of further tensors).
        trainable: list of keras.Variable to differentiate by.
        variables: list of every keras.Variable that `loss` reads or assigns (also moving means, states of
            random generators, the other player's weights); those of the whole step will do.

    Returns:
        (loss, dict of further tensors, gradients in the order of `trainable`). What `loss` assigned
        stays assigned.
    """
    if BACKEND == "tensorflow":
        values = [variable.value for variable in trainable]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            value, further = loss()
        return value, further, tape.gradient(value, values)

    learned = {id(variable) for variable in trainable}
    others = [variable for variable in variables if id(variable) not in learned]

    def pure(trainable_values, other_values):
        start = [*zip(trainable, trainable_values, strict=True), *zip(others, other_values, strict=True)]
        # The inner scope hides the outer one entirely, hence every variable is handed through.
        with keras.StatelessScope(start) as scope:
            value, further = loss()
        return value, (further, [scope.get_current_value(variable) for variable in others])

    (value, (further, changed)), gradients = jax.value_and_grad(pure, has_aux=True)(
        [variable.value for variable in trainable], [variable.value for variable in others]
    )
    for variable, new_value in zip(others, changed, strict=True):
        variable.assign(new_value)
    return value, further, gradients


def _compile_jax(step, variables):
    @jax.jit
    def pure(values, inputs):
        with keras.StatelessScope(zip(variables, values, strict=True)) as scope:
            results = step(inputs)
        return results, [scope.get_current_value(variable) for variable in variables]

    def compiled(inputs):
        results, values = pure([variable.value for variable in variables], inputs)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return results

    return compiled
