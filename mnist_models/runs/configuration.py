"""What is trained on what, and how: the whole of it as a dataclass, as JSON and as a page's address.

The hyperparameters' ranges and meanings are data, for the form.
"""

import dataclasses
import json
import math
from dataclasses import dataclass, replace

from mnist_models import catalog
from mnist_models.data import datasets
from mnist_models.errors import short
from mnist_models.runs import uploads
from mnist_models.runs.settings import Settings

RECIPES = (catalog.Recipe, catalog.AdversarialRecipe, catalog.ReconstructionRecipe)
# Networks do not care where pictures of their shape come from.
DATA_BY_SHAPE = {(28, 28): ("mnist", datasets.SAMPLE, "fashion_mnist"), (64, 64, 3): ("faces",)}
NETWORKS = {name: row for name, row in catalog.NETWORKS.items() if row.quick is not None}
_SHAPE_OF_KEPT = (28, 28)
MOST_LAYERS = 6
ACTIVATIONS = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid", "linear")
_LONGEST_VALUE = 200  # characters of a value in an address; with more, none makes sense


class BadConfiguration(ValueError):
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
    recipe: object


@dataclass(frozen=True)
class Hyperparameter:
    """One thing to choose in the form.

    Attributes:
        name: of the recipe's field.
        title: for people.
        meaning: a sentence or two for people.
        kind: "whole" or "number" (with `lowest`, `highest` and a `step` for the form), "choice" (with
            `choices`), "switch", or "widths" (a few whole numbers; `lowest`, `highest` for each).
        logarithmic: True where factors matter rather than differences.
    """

    name: str
    title: str
    meaning: str
    kind: str
    lowest: float = 0
    highest: float = 0
    step: float = 1
    choices: tuple[str, ...] = ()
    logarithmic: bool = False


def _whole(name, title, meaning, lowest, highest, step=1):
    return Hyperparameter(name, title, meaning, "whole", lowest, highest, step)


def _number(name, title, meaning, lowest, highest, step, logarithmic=False):
    return Hyperparameter(name, title, meaning, "number", lowest, highest, step, logarithmic=logarithmic)


def _rate(name, title, meaning):
    return _number(name, title, meaning, 1e-6, 10.0, 1e-4, logarithmic=True)


def _choice(name, title, meaning, choices):
    return Hyperparameter(name, title, meaning, "choice", choices=choices)


def _switch(name, title, meaning):
    return Hyperparameter(name, title, meaning, "switch")


_EPOCHS = _whole("epochs", "Epochs", "How often the network sees every training image.", 1, 1_000)
_BATCH = _whole(
    "batch_size",
    "Batch size",
    "Images a step. Small batches take more steps, and each is noisier.",
    4,
    2_048,
)
_IMAGES = _whole(
    "images", "Training images", "How many training images are used; 0 for all of them.", 0, 70_000, 500
)
_AVERAGE = _number(
    "weight_average",
    "Weight averaging",
    "Momentum of a running average of the weights, which is what is kept and measured; 0 keeps the weights "
    "as they are.",
    0.0,
    0.9999,
    0.001,
)
_MIXED = _switch(
    "mixed_precision",
    "Half precision",
    "Computes with 16 bits where the hardware is faster so, and with 32 bits elsewhere.",
)
_SEED = _whole(
    "seed", "Seed", "The same seed gives the same random numbers, and nearly the same network.", 0, 2**31 - 1
)
_LATENT = _whole("latent_dim", "Latent numbers", "How many numbers a picture is made from.", 1, 512)

_HYPERPARAMETERS = {
    catalog.Recipe: (
        Hyperparameter(
            "hidden",
            "Hidden layers",
            "Units of every hidden layer, from the first to the last.",
            "widths",
            1,
            4_096,
        ),
        _choice("activation", "Activation", "What every hidden unit does with its sum.", ACTIVATIONS),
        _number(
            "dropout",
            "Dropout",
            "Share of units switched off at random in every step, against overfitting.",
            0.0,
            0.95,
            0.05,
        ),
        _number(
            "l2",
            "L2 penalty",
            "Keeps weights small: this times their squares is added to the loss.",
            0.0,
            1.0,
            1e-4,
            True,
        ),
        _EPOCHS,
        _BATCH,
        _IMAGES,
        _rate("learning_rate", "Learning rate", "How far a step goes; too high diverges, too low crawls."),
        _choice(
            "optimizer",
            "Optimiser",
            "How steps are made from gradients.",
            ("adam", "adamw", "nadam", "rmsprop", "sgd"),
        ),
        _choice(
            "schedule",
            "Schedule",
            "Whether the learning rate stays constant, or rises at first and then falls along a cosine.",
            ("cosine", "constant"),
        ),
        _number(
            "weight_decay",
            "Weight decay",
            "Shrinks weights a little in every step; for adamw and sgd.",
            0.0,
            1.0,
            1e-3,
            True,
        ),
        _AVERAGE,
        _switch(
            "augment",
            "Distort images",
            "Shows every image a little turned, slanted, scaled and bent, anew in every epoch.",
        ),
        _whole(
            "patience",
            "Patience",
            "Epochs without a better validation accuracy before training stops; 0 never stops.",
            0,
            1_000,
        ),
        _MIXED,
        _SEED,
    ),
    catalog.AdversarialRecipe: (
        _EPOCHS,
        _BATCH,
        _IMAGES,
        _LATENT,
        _rate(
            "generator_learning_rate", "Generator's learning rate", "How far a step of the generator goes."
        ),
        _number(
            "generator_beta_1",
            "Generator's β₁",
            "How long Adam remembers the generator's gradients.",
            0.0,
            0.99,
            0.05,
        ),
        _rate(
            "discriminator_learning_rate",
            "Discriminator's learning rate",
            "How far a step of the discriminator goes.",
        ),
        _number(
            "discriminator_beta_1",
            "Discriminator's β₁",
            "How long Adam remembers the discriminator's gradients.",
            0.0,
            0.99,
            0.05,
        ),
        _switch("mirror", "Mirror images", "Shows every real image mirrored half of the time."),
        _switch(
            "augment",
            "Distort images",
            "Distorts real and generated images alike before the discriminator sees them.",
        ),
        _AVERAGE,
        _whole(
            "cool_down",
            "Cool down",
            "The last epochs, in which both learning rates fall in a straight line to zero.",
            0,
            1_000,
        ),
        _number(
            "teacher",
            "Teacher",
            "Weight of three classifiers' word. They learn from the images and their labels first, which "
            "takes minutes, and then tell the generator where pictures differ from real ones as a whole; 0 "
            "for no teacher.",
            0.0,
            1_000.0,
            1.0,
        ),
        _number(
            "clearest",
            "Clearest images",
            "Share of every class's images that is learned from: those that a classifier, trained first, is "
            "surest of. Fewer make clearer pictures, but less varied ones.",
            0.05,
            1.0,
            0.05,
        ),
        _switch(
            "contrast",
            "Match contrast",
            "Makes the finished generator's pictures as clear as the real images: as many pixels are nearly "
            "black or white.",
        ),
        _MIXED,
        _SEED,
    ),
    catalog.ReconstructionRecipe: (
        _EPOCHS,
        _BATCH,
        _IMAGES,
        _LATENT,
        _choice(
            "loss", "Loss", "What is to become small, of every pixel.", ("squared_error", "cross_entropy")
        ),
        _number(
            "kl_weight",
            "Weight of the divergence",
            "Makes codes a normal distribution (a variational autoencoder).",
            0.001,
            100.0,
            0.1,
        ),
        _number(
            "noise", "Noise", "Images are shown with noise of up to this standard deviation.", 0.0, 2.0, 0.05
        ),
        _number(
            "holes", "Holes", "Share of the images that are shown with a part rubbed out.", 0.0, 1.0, 0.05
        ),
        _rate("learning_rate", "Learning rate", "How far a step goes; too high diverges, too low crawls."),
        _AVERAGE,
        _MIXED,
        _SEED,
    ),
}
_OF_BUILDERS = {"hidden", "activation", "dropout", "l2"}  # used only by builders that say so
_RAW = "mnist_models.training.raw_loop:fit"


def hyperparameters(network):
    """What can be chosen for a network of `NETWORKS`, by name: tuple of Hyperparameter."""
    row = _row(network)
    unused = set()
    if isinstance(row, catalog.Network):
        unused = _OF_BUILDERS - set(row.shaped_by)
        unused |= {"mixed_precision"} if row.trainer == _RAW else set()
    elif isinstance(row, catalog.Autoencoder) and not row.recipe.kl_weight:
        unused = {"kl_weight"}  # its encoder gives no variances
    elif isinstance(row, catalog.AdversarialNetwork) and row.judge is None:
        unused = {"teacher", "clearest"}  # which need classes
    return tuple(known for known in _HYPERPARAMETERS[type(row.recipe)] if known.name not in unused)


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
    if isinstance(row, catalog.AdversarialNetwork):
        return replace(row, data=configuration.data)
    further = row.data[1:] if configuration.data == row.data[0] else ()
    return replace(row, data=(configuration.data, *further))


def recipe_of(configuration):
    """The recipe, with distortions that suit the data."""
    recipe = configuration.recipe
    if not isinstance(recipe, catalog.Recipe):
        return recipe
    return replace(recipe, distortions="garments" if configuration.data == "fashion_mnist" else "digits")


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
    found = []
    if configuration.data not in data_choices(configuration.network):
        found.append(_cannot_train(configuration.network, configuration.data))
    recipe = configuration.recipe
    for known in hyperparameters(configuration.network):
        value = getattr(recipe, known.name)
        if known.name == "epochs" and most_epochs and isinstance(value, int) and value > most_epochs:
            found.append(f"Epochs must be at most {most_epochs:,} here, not {spelled(value)}.")
        else:
            found += _mistakes_of(known, value)
    if not found and 0 < recipe.images < recipe.batch_size:
        found.append(
            f"Training images must be 0 or at least a batch ({recipe.batch_size}), not {recipe.images}."
        )
    return tuple(found)


def to_json(configuration):
    """As text from which `from_json` makes the same."""
    return json.dumps(
        {
            "network": configuration.network,
            "data": configuration.data,
            "recipe": dataclasses.asdict(configuration.recipe),
        },
        indent=1,
    )


def from_json(text):
    """The configuration that `to_json` wrote.

    Raises:
        BadConfiguration: when the text is something else.
        catalog.UnknownNetwork: when the catalog has lost the network since.
    """
    try:
        given = json.loads(text)
        row = _row(given["network"])
        recipe = catalog.read_recipe(type(row.recipe), given["recipe"])
    except catalog.UnknownNetwork:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise BadConfiguration(f"This is no configuration of a run ({error}).") from None
    return Configuration(given["network"], given["data"], recipe)


def to_query(configuration):
    """As parameters of an address: dict of str, only what differs from the network's default."""
    usual = default(configuration.network)
    parameters = {"network": configuration.network}
    if configuration.data != usual.data:
        parameters["data"] = configuration.data
    for known in hyperparameters(configuration.network):
        value = getattr(configuration.recipe, known.name)
        if value != getattr(usual.recipe, known.name):
            parameters[known.name] = _as_text(known, value)
    return parameters


def from_query(parameters, fallback="mlp"):
    """What an address asks for, as far as it makes sense.

    Args:
        parameters: mapping of str to str; foreign ones are passed over.
        fallback: name of the network when none is given, or one that is not there.

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
    for known in hyperparameters(network):
        if known.name not in parameters:
            continue
        try:
            value = _from_text(known, parameters[known.name])
        except ValueError:
            problems.append(f"{known.title} cannot be '{short(parameters[known.name])}'.")
            continue
        wrong = _mistakes_of(known, value)
        problems += wrong
        if not wrong:
            configuration = replace(
                configuration, recipe=replace(configuration.recipe, **{known.name: value})
            )
    return configuration, tuple(problems)


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
    data = _row(network).data
    own = data if isinstance(data, str) else data[0]
    return (own, *(name for name in DATA_BY_SHAPE[datasets.SOURCES[own].shape] if name != own))


def _cannot_train(network, data):
    published = _published(network)
    if uploads.is_own(data) and datasets.SOURCES[published[0]].shape == _SHAPE_OF_KEPT:
        return "This data set is not here any more. Choose another, or upload it again."
    return f"{network} cannot be trained on '{short(data)}', only on {', '.join(published)}."


def _mistakes_of(known, value):
    """Sentences on what is wrong with a value, none or one."""
    if known.kind == "switch":
        return [] if isinstance(value, bool) else [f"{known.title} must be on or off, not {value}."]
    if known.kind == "choice":
        return (
            []
            if value in known.choices
            else [f"{known.title} must be one of {', '.join(known.choices)}, not {short(value)}."]
        )
    if known.kind == "widths":
        return _mistakes_of_widths(known, value)
    if isinstance(value, bool) or not isinstance(value, int if known.kind == "whole" else int | float):
        kind = "a whole number" if known.kind == "whole" else "a number"
        return [f"{known.title} must be {kind}, not {value}."]
    if not (math.isfinite(value) and known.lowest <= value <= known.highest):
        lowest, highest, given = map(spelled, (known.lowest, known.highest, value))
        return [f"{known.title} must be from {lowest} to {highest}, not {given}."]
    return []


def spelled(number):
    """A number for people: whole ones with all their digits, as long as one can read them."""
    return f"{int(number):,}" if abs(number) < 1e12 and number == int(number) else f"{number:,g}"


def _mistakes_of_widths(known, value):
    if not isinstance(value, tuple) or any(isinstance(w, bool) or not isinstance(w, int) for w in value):
        return [f"{known.title} must be whole numbers, not {value}."]
    if len(value) > MOST_LAYERS:
        return [f"{known.title}: there can be at most {MOST_LAYERS}, not {len(value)}."]
    wrong = next((width for width in value if not known.lowest <= width <= known.highest), None)
    if wrong is not None:
        bounds, given = f"{known.lowest:,g} to {known.highest:,g}", short(f"{wrong:,}")
        return [f"{known.title} must have {bounds} units each, not {given}."]
    return []


def _as_text(known, value):
    if known.kind == "widths":
        return ",".join(map(str, value))
    return {True: "on", False: "off"}[value] if known.kind == "switch" else str(value)


def _from_text(known, text):
    """Raises ValueError for what is nothing of the kind."""
    if len(text) > _LONGEST_VALUE:
        raise ValueError
    if known.kind == "switch":
        if text not in ("on", "off"):
            raise ValueError
        return text == "on"
    if known.kind == "widths":
        return tuple(int(width) for width in text.split(",") if width.strip())
    return {"whole": int, "number": float, "choice": str}[known.kind](text)
