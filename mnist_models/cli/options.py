"""Arguments and options that several commands take, and one for every field of the recipes."""

import os
from pathlib import Path

import click

from mnist_models import catalog, recipes
from mnist_models.data import datasets

PATH = click.Path(path_type=Path)

_RECIPES_WITH = {}  # by name of a field
for _kind in recipes.RECIPES:
    for _known in recipes.hyperparameters(_kind):
        _RECIPES_WITH.setdefault(_known.name, {})[_kind] = _known


class Value(click.ParamType):
    """What a function makes of an option's text; it raises ValueError with the end of a sentence."""

    name = "value"

    def __init__(self, read):
        self.read = read

    def convert(self, value, param, ctx):
        try:
            return self.read(value)
        except ValueError as error:
            raise click.UsageError(f"argument {param.opts[0]}: {error}", ctx) from None


def field(name):
    """The type of an option for a field of recipes, which refuses what no kind of recipe takes."""

    def read(text):
        wrong = []
        for kind, known in _RECIPES_WITH[name].items():
            try:
                value = known.parse(text)
            except ValueError:
                raise ValueError(f"must be {known.expected}, not '{text}'") from None
            wrong += recipes.wrong_values(kind, **{name: value}).values() or [""]
        if all(wrong):
            raise ValueError(wrong[0])
        return value

    return Value(read)


def recipe(command):
    """Options for all fields of the recipes but the epochs, with their meanings and ranges: a decorator."""
    for name, kinds in reversed(_RECIPES_WITH.items()):
        if name == "epochs":
            continue
        told = {}  # once where several kinds of recipes mean the same
        for known in kinds.values():
            limits = f" ({known.limits})." if known.limits else "."
            told.setdefault(known.meaning, f"{known.meaning[:-1]}{limits}")
        flag = name.replace("_", "-")
        is_switch = known.kind == "switch"
        option = click.option(
            f"--{flag}/--no-{flag}" if is_switch else f"--{flag}",
            name,
            default=None,
            type=None if is_switch else field(name),
            help=" ".join(told.values()),
        )
        command = option(command)
    return command


def _count(text):
    if not text.lstrip("+-").isdecimal():
        raise ValueError(f"must be a whole number, not '{text}'")
    if int(text) < 0:
        raise ValueError("must be 0 or more")
    return int(text)


def _use_data(context, parameter, folder):
    if folder is not None:
        if not folder.is_dir():
            raise datasets.DataError(f"There is no folder {folder}.")
        os.environ[datasets.DATA_VARIABLE] = str(folder)


def find(context, parameter, name):
    """The network of the catalog that was named."""
    return catalog.get(name)


network = click.argument("network", metavar="NAME", callback=find)
epochs = click.option("--epochs", type=Value(_count), help="How many, or with --resume how many more.")
quick = click.option("--quick", is_flag=True, help="Something to see within three minutes.")
run = click.option(
    "--run",
    "run_folder",
    type=PATH,
    metavar="FOLDER",
    help="Checkpoints and pictures of a training; default: NAME.run in the folder of the networks.",
)
data = click.option(
    "--data",
    type=PATH,
    metavar="FOLDER",
    callback=_use_data,
    expose_value=False,
    help=f"Where data sets are; else ${datasets.DATA_VARIABLE}.",
)
output = click.option(
    "--output",
    type=PATH,
    default="trained",
    metavar="FOLDER",
    help="For the trained network; default: trained/.",
)
weights = click.option(
    "--weights", type=PATH, metavar="FOLDER", help="Trained networks; default: the shipped ones."
)
