"""Optimisers by name, with a learning-rate schedule."""

import keras

_OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}
NAMES = tuple(_OPTIMIZERS)
WARM_UP = 0.05  # of all steps; large first steps would undo a careful initialisation


def build(recipe, steps):
    """The recipe's optimiser for a training of that many steps.

    Args:
        recipe: catalog.Recipe.
        steps: int, steps of the whole training.

    Raises:
        ValueError: for an unknown optimiser or schedule.
    """
    if recipe.optimizer not in _OPTIMIZERS:
        raise ValueError(f"There is no optimizer '{recipe.optimizer}'. Known: {', '.join(NAMES)}.")
    options = {"learning_rate": _schedule(recipe, steps)}
    if recipe.weight_average:
        options |= {"use_ema": True, "ema_momentum": average_momentum(recipe, steps)}
    if recipe.weight_decay:
        options["weight_decay"] = recipe.weight_decay
    if recipe.optimizer == "sgd":
        options["momentum"] = 0.9
    return _OPTIMIZERS[recipe.optimizer](**options)


def average_momentum(recipe, steps):
    """The momentum of the running average of the weights.

    The recipe's, unless that reached back over more than the last tenth of a short training, where
    the untrained first weights would linger in the average.
    """
    return max(0.0, min(recipe.weight_average, 1 - 10 / max(1, steps)))


def _schedule(recipe, steps):
    if recipe.schedule == "constant":
        return recipe.learning_rate
    if recipe.schedule != "cosine":
        raise ValueError(f"There is no schedule '{recipe.schedule}'. Known: constant, cosine.")
    warm_up = max(1, round(WARM_UP * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 25,
        decay_steps=max(1, steps - warm_up),
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
