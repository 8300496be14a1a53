"""What is trained on what, and how: the whole of it as a dataclass, as JSON and as a page's address."""

import json
from dataclasses import dataclass, replace

from mnist_models import catalog, recipes
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError, short
from mnist_models.recipes import Hyperparameter, Recipe
from mnist_models.runs import uploads
from mnist_models.runs.settings import Settings

# Networks do not care where pictures of their shape come from.
DATA_BY_SHAPE = {(28, 28): ("mnist", datasets.SAMPLE, "fashion_mnist"), (64, 64, 3): ("faces",)}
NETWORKS = {name: row for name, row in catalog.NETWORKS.items() if row.quick is not None}
_SHAPE_OF_KEPT = (28, 28)


class BadConfiguration(DigitLabError):
    """A configuration cannot be trained. The message says what is wrong with it, a sentence a mistake."""


@dataclass(frozen=True)
class Configuration:
    """All there is to know about a run before it starts.

    Attributes:
        network: a name of `NETWORKS`.
        data: a name of `data_choices(network)`.
        recipe: the catalog's kind of recipe for this network.
    """

    network: str
    data: str
    recipe: Recipe

    def with_recipe(self, **changes) -> "Configuration":
        """A copy with other hyperparameters, whose values are not checked: `mistakes` does."""
        return replace(self, recipe=self.recipe.model_copy(update=changes))


def hyperparameters(network: str) -> tuple[Hyperparameter, ...]:
    """What can be chosen for a network of `NETWORKS`, by name."""
    row = _row(network)
    return tuple(known for known in recipes.hyperparameters(type(row.recipe)) if known.name not in row.fixed)


def data_choices(network):
    """Names of the data sets that a network can be trained on, its own first, those of visitors last."""
    published = _published(network)
    if datasets.SOURCES[published[0]].shape != _SHAPE_OF_KEPT:
        return published
    return (*published, *(one.name for one in uploads.all_kept(Settings.load())))


def is_here(data):
    """Whether a data set is on this machine; MNIST is only when it is more than the embedded sample."""
    if uploads.is_own(data):
        return uploads.is_here(Settings.load(), data)
    return data == datasets.SAMPLE or datasets.find(data) is not None


def source_of(data):
    """Title and class names of a data set that can be trained on, as datasets.Source.

    Raises:
        datasets.DataError: when it was brought along by a visitor and deleted since.
    """
    return uploads.source(Settings.load(), data) if uploads.is_own(data) else datasets.source(data)


def default(network):
    """What the form begins with: the network's `quick` preset, on its own data."""
    return Configuration(network, _published(network)[0], _row(network).quick)


def network_of(configuration):
    """The catalog's row, with the configuration's data instead of its own."""
    row = _row(configuration.network)
    if uploads.is_own(configuration.data):
        row = replace(row, limits=())  # they speak of the network's own data
    further = row.data[1:] if configuration.data == row.data[0] else ()
    return replace(row, data=(configuration.data, *further))


def check(configuration, most_epochs=None):
    """Refuse what cannot be trained.

    Args:
        most_epochs: int, or None for no other limit than the hyperparameter's own.

    Raises:
        BadConfiguration: with a sentence for every mistake.
        catalog.UnknownNetwork
    """
    problems = mistakes(configuration, most_epochs)
    if problems:
        raise BadConfiguration(" ".join(problems))


def mistakes(configuration, most_epochs=None):
    """What is wrong with a configuration: tuple of sentences, empty when nothing is."""
    found = recipes.mistakes(configuration.recipe, most_epochs)
    if configuration.data in data_choices(configuration.network):
        return tuple(found.values())
    return (_cannot_train(configuration.network, configuration.data), *found.values())


def to_json(configuration):
    """As text from which `from_json` makes the same."""
    recipe = configuration.recipe.model_dump()
    return json.dumps(
        {"network": configuration.network, "data": configuration.data, "recipe": recipe}, indent=1
    )


def from_json(text):
    """The configuration that `to_json` wrote, in this version or another.

    Raises:
        BadConfiguration: when the text is something else.
        catalog.UnknownNetwork: when the catalog has lost the network since.
    """
    try:
        given = json.loads(text)
        row = _row(given["network"])
        recipe = recipes.read(type(row.recipe), given["recipe"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadConfiguration(f"This is no configuration of a run ({error}).") from None
    return Configuration(given["network"], given["data"], recipe)


def refuse_retired(text):
    """Refuse to train a run of an older version that needs what this version no longer has.

    Args:
        text: as `from_json` reads.

    Raises:
        recipes.Retired
    """
    try:
        recipe = dict(json.loads(text)["recipe"])
    except (ValueError, KeyError, TypeError):
        return  # `from_json` says what is wrong with it
    recipes.refuse_retired(recipe)


def to_query(configuration):
    """As parameters of an address: dict of str, only what differs from the network's default."""
    usual = default(configuration.network)
    parameters = {"network": configuration.network}
    if configuration.data != usual.data:
        parameters["data"] = configuration.data
    for known in hyperparameters(configuration.network):
        value = getattr(configuration.recipe, known.name)
        if value != getattr(usual.recipe, known.name):
            parameters[known.name] = known.written(value)
    return parameters


def from_query(parameters, fallback="mlp", most_epochs=None):
    """What an address asks for, as far as it makes sense.

    Args:
        parameters: mapping of str to str; foreign ones are passed over.
        fallback: name of the network when none is given, or one that is not there.
        most_epochs: int, or None for no other limit than the hyperparameter's own.

    Returns:
        (Configuration, tuple of sentences): what is wrong in the address is replaced by the default, and
        said in a sentence.
    """
    problems = []
    network = parameters.get("network", fallback)
    if network not in NETWORKS:
        problems.append(f"There is no network '{short(network)}'.")
        network = fallback
    configuration = default(network)
    data = parameters.get("data", configuration.data)
    if data in data_choices(network):
        configuration = replace(configuration, data=data)
    else:
        problems.append(_cannot_train(network, data))
    values, wrong = {}, {}
    for known in hyperparameters(network):
        if known.name not in parameters:
            continue
        try:
            values[known.name] = known.parse(parameters[known.name])
        except ValueError:
            wrong[known.name] = f"{known.title} cannot be '{short(parameters[known.name])}'."
    wrong |= recipes.mistakes(configuration.with_recipe(**values).recipe, most_epochs)
    values = {name: value for name, value in values.items() if name not in wrong}
    problems += [wrong[known.name] for known in hyperparameters(network) if known.name in wrong]
    return configuration.with_recipe(**values), tuple(problems)


def said_twice(parameters, network):
    """What an address gives more than once, so that nobody takes the wrong one for what is shown.

    Args:
        parameters: dict from a parameter's name to the list of its values.
        network: a name of `NETWORKS`.

    Returns:
        tuple of sentences.
    """
    titles = {"network": "Network", "data": "Data", "run": "Run"}
    titles |= {known.name: known.title for known in hyperparameters(network)}
    return tuple(
        f"The address gives {title} more than once: only the last one counts."
        for name, title in titles.items()
        if len(parameters.get(name, ())) > 1
    )


def _row(network):
    """The catalog's row of a network that can be trained here.

    Raises:
        catalog.UnknownNetwork
    """
    if network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise catalog.UnknownNetwork(f"There is no network '{network}' to train here. Known: {known}.")
    return NETWORKS[network]


def _published(network):
    """Names of the data sets that anybody has, the network's own first."""
    own = _row(network).data[0]
    return (own, *(name for name in DATA_BY_SHAPE[datasets.SOURCES[own].shape] if name != own))


def _cannot_train(network, data):
    published = _published(network)
    if uploads.is_own(data) and datasets.SOURCES[published[0]].shape == _SHAPE_OF_KEPT:
        return "This data set is not here any more. Choose another, or upload it again."
    return f"{network} cannot be trained on '{short(data)}', only on {', '.join(published)}."
