"""What people change in a network's recipe, on the command line or in Python."""

from collections.abc import Callable

from mnist_models import recipes
from mnist_models.catalog import Network
from mnist_models.errors import DigitLabError


def changed_recipe(
    network: Network, quick: bool, changes: dict, named: Callable[[str], str] = str
) -> recipes.Recipe:
    """A network's recipe with other values.

    Args:
        network: a row of the catalog.
        quick: True for the preset that takes three minutes at most.
        changes: dict from a field to its value.
        named: what people call a field.

    Raises:
        DigitLabError: with a sentence for every mistake.
    """
    possible = set(type(network.recipe).model_fields) - set(network.fixed)
    for name in sorted(changes.keys() - possible):
        raise DigitLabError(f"{named(name)} is not a setting of {network.name}.")
    recipe = (network.quick if quick else network.recipe).model_copy(update=changes)
    if problems := recipes.mistakes(recipe):
        raise DigitLabError(" ".join(problems.values()))
    return recipe
