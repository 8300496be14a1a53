"""A configured training as a short script: the same network in plain Keras.

The layers are those that the network's builder makes, written down one after the other; the rest comes from
the templates beside this file.
"""

import json

from jinja2 import Environment, PackageLoader, StrictUndefined

from mnist_models.data import datasets
from mnist_models.networks import layer_table
from mnist_models.networks.shape_layers import Layer, Model, Setting
from mnist_models.recipes import ClassifierRecipe, Hyperparameter, VariationalRecipe
from mnist_models.runs import configuration as configurations

WIDTH = 110  # characters a line
_IN_KERAS = {"mnist": "mnist", datasets.SAMPLE: "mnist", "fashion_mnist": "fashion_mnist"}
_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "rmsprop": "RMSprop", "sgd": "SGD"}
_templates = Environment(
    loader=PackageLoader("mnist_models.export_script"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def script(configuration: configurations.Configuration) -> str:
    """A Python script that trains the configured network.

    It needs Keras with TensorFlow and NumPy, Pillow for networks that make pictures. It downloads the data
    through `keras.datasets`, or reads the file that its first argument names; prints the test accuracy, or
    saves a picture; and saves the network as `NAME.keras` (of a GAN the generator) in the current folder.

    Args:
        configuration: one that `runs.configuration.check` accepts.

    Returns:
        Python source, formatted.
    """
    row, recipe = configurations.NETWORKS[configuration.network], configuration.recipe
    parts = layer_table.parts(row, recipe)
    chosen = configurations.hyperparameters(row.name)

    def constants(*names, where_set=()):
        wanted = {*names, *(name for name in where_set if getattr(recipe, name))}
        return "\n".join(_constant(one, getattr(recipe, one.name)) for one in chosen if one.name in wanted)

    return _templates.get_template(f"{row.kind}.py.jinja").render(
        row=row,
        recipe=recipe,
        constants=constants,
        data=configuration.data,
        data_title=_title(configuration.data),
        data_in_keras=_IN_KERAS.get(configuration.data),
        networks=[_network(part, part.name if len(parts) == 2 else "model") for part in parts],
        settings=_settings(parts),
        optimizer=_optimizer(recipe) if isinstance(recipe, ClassifierRecipe) else None,
        variational=isinstance(recipe, VariationalRecipe),
    )


def _title(data: str) -> str:
    if data in datasets.SOURCES:
        return datasets.SOURCES[data].title
    return "Digit Lab's sample of MNIST" if data == datasets.SAMPLE else "your own images"


def _constant(known: Hyperparameter, value: int | float) -> str:
    """A hyperparameter in capitals, and the beginning of what it means."""
    meaning = known.meaning.split(".")[0].split(";")[0].split(": ")[0]
    written = f"{value:_}" if isinstance(value, int) else repr(value)
    return f"{known.name.upper()} = {written}  # {meaning[0].lower()}{meaning[1:]}"


def _optimizer(recipe: ClassifierRecipe) -> str:
    options = ["learning_rate" if recipe.schedule == "cosine" else "LEARNING_RATE"]
    if recipe.weight_decay:
        options.append("weight_decay=WEIGHT_DECAY")
    if recipe.optimizer == "sgd":
        options.append("momentum=0.9")
    return f"{_OPTIMIZERS[recipe.optimizer]}({', '.join(options)})"


def _network(network: Model, name: str) -> str:
    """The lines that make a network: `x` is the newest layer's output, `shortcut` one to be used again."""
    lines, newest = [f"inputs = keras.Input({network.inputs.shape})"], "inputs"
    for number, layer in enumerate(network.layers[1:], start=1):
        previous = network.layers[number - 1]
        if any(previous in later.inputs for later in network.layers[number + 1 :]):
            lines.append(f"shortcut = {newest}")
        lines += _call(layer, [newest if one is previous else "shortcut" for one in layer.inputs])
        newest = "x"
    lines.append(f'{name} = keras.Model(inputs, x, name="{network.name}")')
    return "\n".join(lines)


def _call(layer: Layer, given: list[str]) -> list[str]:
    """A line that applies a layer to what it is given, or three where one would be too long."""
    opening = f"x = layers.{layer.kind}("
    arguments = _arguments(layer.arguments, layer.options)
    closing = f")({given[0]})" if len(given) == 1 else f")([{', '.join(given)}])"
    line = opening + arguments + closing
    return [line] if len(line) <= WIDTH else [opening, f"    {arguments}", closing]


def _arguments(arguments: tuple, options: dict) -> str:
    # Where half precision is chosen, some layers stay in 32 bits; a script has no others.
    named = {name: value for name, value in options.items() if name != "dtype" and value is not None}
    return ", ".join([*map(_literal, arguments), *(f"{name}={_literal(named[name])}" for name in named)])


def _literal(value: object) -> str:
    if isinstance(value, Setting):
        return f"{value.kind}({_arguments(value.arguments, value.options)})"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _settings(networks: tuple[Model, ...]) -> list[Setting]:
    """The initialisers and regularisers in use, one of each kind."""
    options = [value for part in networks for layer in part.layers for value in layer.options.values()]
    return list({value.kind: value for value in options if isinstance(value, Setting)}.values())
