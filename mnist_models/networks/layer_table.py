"""A network's layers, shapes and parameters as a table, before anything is built; Keras is not imported."""

from mnist_models import networks
from mnist_models.networks import shape_layers
from mnist_models.networks.shape_layers import Layer, Model

# As people write them; others are written as in the recipe.
_ACTIVATIONS = {"relu": "ReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "leaky_relu": "leaky ReLU"}
_KERAS_SLOPE = 0.3  # of LeakyReLU below zero, where a builder names none


def parts(network, recipe) -> tuple[Model, ...]:
    """What a network is made of: itself; or generator and discriminator, or encoder and decoder.

    Args:
        network: catalog.Network.
        recipe: its kind of recipe.

    Example:
        >>> [layer.shape for layer in parts(catalog.get("mlp"), ClassifierRecipe(hidden=(64,)))[0].layers]
        [(28, 28, 1), (784,), (64,), (64,), (10,)]
    """
    built = networks.build(network, recipe, shape_layers)
    return built if isinstance(built, tuple) else (built,)


def parameters(network, recipe) -> int:
    """How many numbers a network holds, running statistics among them, in all of its parts."""
    return sum(part.parameters for part in parts(network, recipe))


def table(network, recipe) -> str:
    """The layers of a network for people: Markdown, a table and its total for every part."""
    found = parts(network, recipe)
    if len(found) == 1:
        return _table_of(found[0])
    return "\n\n".join(f"**{part.name.capitalize()}**\n\n{_table_of(part)}" for part in found)


def _table_of(part):
    lines = ["| Layer | Output | Parameters |", "| --- | --- | ---: |"]
    for layer in part.layers:
        shape = " × ".join(f"{side:,}" for side in layer.shape)
        held = f"{layer.parameters:,}" if layer.parameters else ""
        lines.append(f"| {described(layer)} | {shape} | {held} |")
    return "\n".join([*lines, "", _total(part)])


def _total(part):
    total = f"{part.parameters:,} parameters"
    if part.running:
        total += f", {part.running:,} of them running statistics that are not trained"
    return total + "."


def described(layer: Layer) -> str:
    """What a layer is, for people: "Conv2D 32, 5×5, stride 2, ReLU"."""
    activation = layer.options.get("activation")
    if activation not in (None, "linear"):
        return f"{_without_activation(layer)}, {_written(activation)}"
    return _without_activation(layer)


def _without_activation(layer):
    match layer.kind, layer.arguments:
        case "Activation", (name,):
            return _written(name)
        case "ReLU", ():
            return "ReLU"
        case "LeakyReLU", (*slope,):
            return f"leaky ReLU, {slope[0] if slope else _KERAS_SLOPE:g}"
        case "Dropout", (share,):
            return f"Dropout {100 * share:g} %"
        case "Dense", (units,):
            return f"Dense {units:,}"
        case "Conv2D" | "Conv2DTranspose", (filters, kernel):
            stride = layer.options.get("strides", 1)
            name = f"{layer.kind} {filters}, {kernel}×{kernel}"
            return name if stride == 1 else f"{name}, stride {stride}"
        case "MaxPooling2D", ():
            return "MaxPooling2D 2×2"
        case kind, _:
            return kind


def _written(activation):
    return _ACTIVATIONS.get(activation, activation)
