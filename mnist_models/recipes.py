"""How networks are trained: every hyperparameter once, with its default, range, title and meaning.

The form of the Train page, its address, the command line, the checks, JSON files and the comments in exported
scripts are made from these fields, which stand in the order of the form. A recipe is plain data, kept in the
model card, so that a run can be repeated.
"""

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnist_models.errors import DigitLabError, short, spelled

Activation = Literal[
    "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "tanh", "sigmoid", "linear"
]
Optimizer = Literal["adam", "adamw", "nadam", "rmsprop", "sgd"]
Units = Annotated[int, Field(ge=1, le=4_096)]
Widths = Annotated[tuple[Units, ...], Field(strict=False, max_length=6)]  # not strict: JSON has lists only

_LONGEST_TEXT = 200  # characters of a value as text; with more, none makes sense
_OUT_OF_RANGE = {"greater_than_equal", "less_than_equal", "too_long", "finite_number"}  # of pydantic's errors
_TAUGHT = (
    "This training had a teacher, which Digit Lab no longer has: its network can be used, but not trained "
    "further. Start a new training."
)


class Retired(DigitLabError):
    """A training of an older version that this one cannot go on with. The message says why."""


def _number(default, title, meaning, lowest, highest, step=1) -> Any:
    """A whole number or another; `step` is that of the field in the form."""
    extra = {"step": step}
    return Field(default, title=title, description=meaning, ge=lowest, le=highest, json_schema_extra=extra)


def _choice(default, title, meaning) -> Any:
    """A choice, a switch, or the widths of layers."""
    return Field(default, title=title, description=meaning)


# What several kinds of recipes have, each with a default of its own.
Epochs = Annotated[int, _number(..., "Epochs", "How often the network sees every training image.", 1, 1_000)]
_NOISIER = "Images a step. Small batches take more steps, and each is noisier."
BatchSize = Annotated[int, _number(..., "Batch size", _NOISIER, 4, 2_048)]
_ALL = "How many training images are used; 0 for all of them."
Images = Annotated[int, _number(..., "Training images", _ALL, 0, 70_000, 500)]
_STEP = "How far a step goes; too high diverges, too low crawls."
LearningRate = Annotated[float, _number(..., "Learning rate", _STEP, 1e-6, 10, 1e-4)]
_AVERAGE = (  # Polyak and Juditsky 1992
    "Momentum of a running average of the weights, which is what is kept and measured; 0 keeps the weights "
    "as they are."
)
WeightAverage = Annotated[float, _number(..., "Weight averaging", _AVERAGE, 0, 0.9999, 0.001)]
LatentDim = Annotated[int, _number(..., "Latent numbers", "How many numbers a picture is made from.", 1, 512)]
_BITS = "Computes with 16 bits where the hardware is faster so, and with 32 bits elsewhere."
MixedPrecision = Annotated[bool, _choice(..., "Half precision", _BITS)]  # bfloat16
_SAME = "The same seed gives the same random numbers, and nearly the same network."
Seed = Annotated[int, _number(..., "Seed", _SAME, 0, 2**31 - 1)]


class Recipe(BaseModel):
    """What the recipes of all kinds of networks have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def replace(self, **changes: Any) -> Self:
        """A copy with other values.

        Raises:
            pydantic.ValidationError: for a field that there is not, or a value that is not possible.
        """
        checked = type(self)(**changes)
        return self.model_copy(update={name: getattr(checked, name) for name in changes})


class ClassifierRecipe(Recipe):
    """How a network that names classes, or guesses a number, is trained."""

    hidden: Widths | None = _choice(  # None where the network has no such choice
        None, "Hidden layers", "Units of every hidden layer, from the first to the last."
    )
    activation: Activation = _choice("relu", "Activation", "What every hidden unit does with its sum.")
    dropout: float = _number(
        0.0,
        "Dropout",
        "Share of units switched off at random in every step, against overfitting.",
        0,
        0.95,
        0.05,
    )
    l2: float = _number(
        0.0, "L2 penalty", "Keeps weights small: this times their squares is added to the loss.", 0, 1, 1e-4
    )
    epochs: Epochs = 20
    batch_size: BatchSize = 128
    images: Images = 0
    learning_rate: LearningRate = 1e-3
    optimizer: Optimizer = _choice("adam", "Optimiser", "How steps are made from gradients.")
    schedule: Literal["cosine", "constant"] = _choice(
        "cosine",
        "Schedule",
        "Whether the learning rate stays constant, or rises at first and then falls along a cosine.",
    )
    weight_decay: float = _number(
        0.0, "Weight decay", "Shrinks weights a little in every step; for adamw and sgd.", 0, 1, 1e-3
    )
    weight_average: WeightAverage = 0.0
    augment: bool = _choice(
        False,
        "Distort images",
        "Shows every image a little turned, slanted, scaled and bent, anew in every epoch.",
    )
    patience: int = _number(
        8,
        "Patience",
        "Epochs without a better validation accuracy before training stops; 0 never stops.",
        0,
        1_000,
    )
    mixed_precision: MixedPrecision = False
    seed: Seed = 1


class GanRecipe(Recipe):
    """How a generator and a discriminator are trained against each other."""

    epochs: Epochs = 50
    batch_size: BatchSize = 64
    images: Images = 0
    latent_dim: LatentDim = 100
    loss: Literal["logistic", "least_squares"] = _choice(  # Goodfellow et al. 2014, Mao et al. 2017
        "logistic",
        "Loss",
        "Non-saturating for a discriminator with one logit, or squares for two tanh outputs.",
    )
    generator_learning_rate: float = _number(
        2e-4, "Generator's learning rate", "How far a step of the generator goes.", 1e-6, 10, 1e-4
    )
    generator_beta_1: float = _number(
        0.5, "Generator's β₁", "How long Adam remembers the generator's gradients.", 0, 0.99, 0.05
    )
    discriminator_learning_rate: float = _number(
        2e-4, "Discriminator's learning rate", "How far a step of the discriminator goes.", 1e-6, 10, 1e-4
    )
    discriminator_beta_1: float = _number(
        0.5, "Discriminator's β₁", "How long Adam remembers the discriminator's gradients.", 0, 0.99, 0.05
    )
    mirror: bool = _choice(False, "Mirror images", "Shows every real image mirrored half of the time.")
    augment: bool = _choice(
        False,
        "Distort images",
        "Distorts real and generated images alike before the discriminator sees them.",
    )
    weight_average: WeightAverage = 0.998
    cool_down: int = _number(
        0,
        "Cool down",
        "The last epochs, in which both learning rates fall in a straight line to zero.",
        0,
        1_000,
    )
    mixed_precision: MixedPrecision = True
    seed: Seed = 1


# Kingma and Welling 2014
_DIVERGENCE = "Weight of the divergence", "Makes codes a normal distribution (a variational autoencoder)."


class AutoencoderRecipe(Recipe):
    """How an encoder and a decoder are trained to give back what they are shown."""

    epochs: Epochs = 20
    batch_size: BatchSize = 128
    images: Images = 0
    latent_dim: LatentDim = 32
    loss: Literal["squared_error", "cross_entropy"] = _choice(
        "squared_error", "Loss", "What is to become small, of every pixel."
    )
    kl_weight: float = _number(0.0, *_DIVERGENCE, 0, 100, 0.1)
    noise: float = _number(
        0.0, "Noise", "Images are shown with noise of up to this standard deviation.", 0, 2, 0.05
    )
    holes: float = _number(
        0.0, "Holes", "Share of the images that are shown with a part rubbed out.", 0, 1, 0.05
    )
    learning_rate: LearningRate = 2e-3
    weight_average: WeightAverage = 0.995
    mixed_precision: MixedPrecision = True
    seed: Seed = 1


class VariationalRecipe(AutoencoderRecipe):
    """How an autoencoder is trained whose encoder gives means and variances."""

    kl_weight: float = _number(1.0, *_DIVERGENCE, 0.001, 100, 0.1)  # not 0


RECIPES = (ClassifierRecipe, GanRecipe, VariationalRecipe, AutoencoderRecipe)

_KINDS = {"integer": "whole", "number": "number", "boolean": "switch", "string": "choice", "array": "widths"}
_EXPECTED = {
    "whole": "a whole number",
    "number": "a number",
    "switch": "on or off",
    "choice": "one of {choices}",
    "widths": "whole numbers with commas between them",
}


@dataclass(frozen=True)
class Hyperparameter:
    """One field of a recipe, for forms, options and sentences.

    Attributes:
        name: of the recipe's field.
        title: for people.
        meaning: a sentence or two for people.
        kind: "whole" or "number" (with `lowest`, `highest` and a `step` for the form), "choice" (with
            `choices`), "switch", or "widths" (a few whole numbers; `lowest`, `highest` for each).
        expected: what must be given, such as "a whole number".
        limits: what is possible, such as "1 to 1,000"; of a choice its choices, of a switch nothing.
    """

    name: str
    title: str
    meaning: str
    kind: str
    lowest: float
    highest: float
    step: float
    choices: tuple[str, ...]

    @property
    def expected(self) -> str:
        return _EXPECTED[self.kind].format(choices=", ".join(self.choices))

    @property
    def limits(self) -> str:
        if self.kind in ("choice", "switch"):
            return ", ".join(self.choices)
        return f"{spelled(self.lowest)} to {spelled(self.highest)}"

    def parse(self, text: str) -> Any:
        """The value that a text means, in an address or on the command line.

        Raises:
            ValueError: when it is nothing of the kind; ranges are not checked.
        """
        if len(text) > _LONGEST_TEXT:
            raise ValueError(f"{self.title} must be shorter.")
        if self.kind == "widths":
            return tuple(int(width) for width in text.split(",") if width.strip())
        if self.kind != "switch":
            return {"whole": int, "number": float, "choice": str}[self.kind](text)
        if text not in ("on", "off"):
            raise ValueError(f"{self.title} must be {self.expected}.")
        return text == "on"

    def written(self, value: Any) -> str:
        """The text that `parse` reads as this value."""
        if self.kind == "widths":
            return ",".join(map(str, value))
        return {True: "on", False: "off"}[value] if self.kind == "switch" else str(value)


@cache
def hyperparameters(recipe: type[Recipe]) -> tuple[Hyperparameter, ...]:
    """All fields of a kind of recipe, in the order of the form.

    Example:
        >>> [known.title for known in hyperparameters(GanRecipe)][:3]
        ['Epochs', 'Batch size', 'Training images']
    """
    found = []
    for name, schema in recipe.model_json_schema()["properties"].items():
        schema = schema | schema.get("anyOf", [{}])[0]  # widths, or None
        limits = schema.get("items", schema)
        found.append(
            Hyperparameter(
                name=name,
                title=schema["title"],
                meaning=schema["description"],
                kind=_KINDS[schema["type"]],
                lowest=limits.get("minimum", 0),
                highest=limits.get("maximum", 0),
                step=schema.get("step", 1),
                choices=tuple(schema.get("enum", ())),
            )
        )
    return tuple(found)


def read(kind: type[Recipe], stored: dict) -> Recipe:
    """A recipe from what a file of this version or another says.

    Fields that this version does not know are passed over, missing ones get their defaults, and numbers
    beyond today's ranges stay: a network was trained with them.

    Args:
        kind: the class of the recipe.
        stored: dict as JSON holds it.

    Raises:
        TypeError, ValueError: when it is no dict, or a value is not of the field's type.

    Example:
        >>> read(ClassifierRecipe, {"hidden": [64], "an_old_field": 3}).hidden
        (64,)
    """
    stored = dict(stored)
    try:
        return kind.model_validate(stored, extra="ignore")
    except ValidationError as error:
        if not {one["type"] for one in error.errors()} <= _OUT_OF_RANGE:
            raise ValueError(" ".join(_sentences(kind, stored, error).values())) from None
        beyond = {name: stored.pop(name) for name in _first_errors(error)}
    kept = {name: tuple(value) if isinstance(value, list) else value for name, value in beyond.items()}
    return kind.model_validate(stored, extra="ignore").model_copy(update=kept)


def mistakes(recipe: Recipe, most_epochs: int | None = None) -> dict[str, str]:
    """What is wrong with a recipe's values: dict from a field to a sentence, empty when nothing is.

    Args:
        recipe: unchecked, as `model_copy` makes one.
        most_epochs: that are possible here; None for no other limit than the field's own.

    Example:
        >>> mistakes(ClassifierRecipe().model_copy(update={"epochs": 0}))
        {'epochs': 'Epochs must be from 1 to 1,000, not 0.'}
    """
    wrong = wrong_values(type(recipe), **dict(recipe))
    if most_epochs and isinstance(recipe.epochs, int) and not 1 <= recipe.epochs <= most_epochs:
        wrong["epochs"] = f"Epochs must be from 1 to {most_epochs:,}, not {spelled(recipe.epochs)}."
    if wrong:
        return wrong
    if 0 < recipe.images < recipe.batch_size:
        must = f"must be 0 (all) or at least a batch ({recipe.batch_size})"
        return {"images": f"Training images {must}, not {recipe.images}."}
    return {}


def wrong_values(kind: type[Recipe], **values: Any) -> dict[str, str]:
    """What is wrong with values for some fields of a kind of recipe, each for itself: as `mistakes`."""
    try:
        kind(**values)
    except ValidationError as error:
        return _sentences(kind, values, error)
    return {}


def refuse_retired(stored: dict) -> None:
    """Refuse to go on with a training that needs what older versions had.

    Args:
        stored: a recipe as a file of this version or another says it.

    Raises:
        Retired
    """
    if stored.get("teacher") or stored.get("clearest", 1) != 1:
        raise Retired(_TAUGHT)


def _first_errors(error):
    """The first of pydantic's errors in every field: dict from the field's name."""
    return {one["loc"][0]: one for one in reversed(error.errors())}


def _sentences(kind, values, error):
    """A sentence for every field that pydantic refuses, in the order of the form: dict from its name."""
    first = _first_errors(error)
    return {
        known.name: _sentence(known, values[known.name], first[known.name])
        for known in hyperparameters(kind)
        if known.name in first
    }


def _sentence(known, value, error):
    if known.kind == "widths":
        return _sentence_on_widths(known, value, error)
    if error["type"] in _OUT_OF_RANGE:
        return f"{known.title} must be from {known.limits}, not {spelled(value)}."
    return f"{known.title} must be {known.expected}, not {short(value)}."


def _sentence_on_widths(known, value, error):
    if error["type"] == "too_long":
        return f"{known.title}: there can be at most {error['ctx']['max_length']}, not {len(value)}."
    if error["type"] in _OUT_OF_RANGE:
        return f"{known.title} must have {known.limits} units each, not {short(spelled(error['input']))}."
    return f"{known.title} must be whole numbers, not {short(value)}."
