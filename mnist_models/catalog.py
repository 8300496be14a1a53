"""The list of networks. The app, the command line, the tests and the docs read only this.

Builders and trainers are dotted names, imported only by who trains, so that reading the catalog
costs nothing.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: plain data, kept in the model card, so that a run can be repeated.

    Attributes:
        epochs: passes over the training data, at most.
        batch_size: images a step.
        learning_rate: the highest in the schedule.
        optimizer: "adam", "adamw", "nadam", "rmsprop" or "sgd" (with momentum 0.9).
        schedule: "constant" or "cosine" (a short warm-up, then down to zero).
        weight_decay: decoupled, for "adamw" and "sgd".
        weight_average: momentum of the running average of the weights that is kept in the end
            (Polyak and Juditsky 1992); 0 keeps the last weights.
        augment: True to distort every image anew in every epoch (`training.augmentation`).
        hidden: widths of the hidden dense layers; None where the network has no such choice.
        activation: of hidden layers, a Keras name.
        dropout: share of units dropped in training.
        l2: factor of the L2 penalty on dense kernels.
        patience: epochs without a lower validation loss before training stops; 0 never stops.
        log_every: epochs between printed notes.
        seed: of weights, shuffling and distortions.
        mixed_precision: True for bfloat16 arithmetic where the hardware has it (twice as fast on CPUs
            with AVX-512 BF16), float32 elsewhere.
    """

    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    schedule: str = "cosine"
    weight_decay: float = 0.0
    weight_average: float = 0.0
    augment: bool = False
    hidden: tuple[int, ...] | None = None
    activation: str = "relu"
    dropout: float = 0.0
    l2: float = 0.0
    patience: int = 8
    log_every: int = 5
    seed: int = 1
    mixed_precision: bool = False


@dataclass(frozen=True)
class Network:
    """One row of the catalog.

    Attributes:
        name: as on the command line and in file names.
        title: for people.
        summary: one sentence on what it is.
        data: what it is trained on, names of `datasets.SOURCES`; the first is indispensable.
        builder: dotted name of `build(recipe) -> keras.Model`, N×28×28×1 in, N×10 probabilities out;
            for a network of raw ops, of its `logits(parameters, images)`.
        trainer: dotted name of `fit(network, recipe, data, watch) -> Fitted`.
        recipe: what the shipped weights were trained with.
        reads_digits: True for a row on the Draw page.
        inner_layers: names of layers whose outputs are exported to `NAME.layers.onnx`.
        limits: known biases and limits, sentences for the model card.
    """

    name: str
    title: str
    summary: str
    data: tuple[str, ...]
    builder: str
    recipe: Recipe
    trainer: str = "mnist_models.training.supervised:fit"
    reads_digits: bool = True
    inner_layers: tuple[str, ...] = ()
    limits: tuple[str, ...] = field(default=())


_MNIST_ONLY = (
    "Learned from digits that US census clerks and pupils wrote around 1990: European 1s, 4s and "
    "crossed 7s are rare in them and misread more often.",
    "Knows nothing but digits: it names one for any drawing.",
)

_NETWORKS = (
    Network(
        name="reader",
        title="Reader",
        summary="Our best network for drawings with mouse, finger or pen.",
        data=("mnist", "strokes"),
        builder="mnist_models.architectures.reader:build",
        recipe=Recipe(
            epochs=24,
            learning_rate=3e-3,
            optimizer="adamw",
            weight_decay=1e-2,
            weight_average=0.999,
            augment=True,
            dropout=0.3,
            patience=0,
            mixed_precision=True,
        ),
        limits=(
            "Its pen strokes come from about 21 people; hands of children and of people who learned "
            "other digit shapes are rarer than in life.",
            "Taught to be unsure of scribbles, letters and two digits at once, but not of everything: "
            "letters that look like digits (O, l, S) are read as digits.",
        ),
    ),
    Network(
        name="cnn",
        title="CNN",
        summary="Two Conv2D–MaxPooling pairs, Flatten, Dropout, Dense, in Keras.",
        data=("mnist",),
        builder="mnist_models.architectures.cnn:build",
        recipe=Recipe(
            epochs=24,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.4,
            mixed_precision=True,
        ),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="strided_cnn",
        title="Strided CNN",
        summary="Three convolutions, two of them with stride 2, no pooling; tf.nn ops and its own loop.",
        data=("mnist",),
        builder="mnist_models.architectures.strided_cnn:logits",
        trainer="mnist_models.training.raw:fit",
        recipe=Recipe(epochs=20, learning_rate=2e-3, weight_average=0.999, augment=True, dropout=0.4),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="mlp",
        title="Feed-forward net",
        summary="Dense layers only; layers, widths, activation, dropout and L2 can all be changed.",
        data=("mnist",),
        builder="mnist_models.architectures.mlp:build",
        recipe=Recipe(
            epochs=40,
            hidden=(512, 256),
            weight_average=0.999,
            augment=True,
            dropout=0.2,
        ),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="judge",
        title="Judge",
        summary="A frozen classifier that only measures generated digits.",
        data=("mnist",),
        builder="mnist_models.architectures.judge:build",
        recipe=Recipe(
            epochs=20,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.3,
            mixed_precision=True,
        ),
        reads_digits=False,
        inner_layers=("features",),
        limits=_MNIST_ONLY,
    ),
)

NETWORKS = {network.name: network for network in _NETWORKS}


class UnknownNetwork(KeyError):
    """No network of that name is in the catalog. The message lists those that are."""

    def __str__(self):
        return self.args[0]


def get(name):
    """The network of that name.

    Raises:
        UnknownNetwork: when there is none.

    Example:
        >>> get("cnn").title
        'CNN'
    """
    if name not in NETWORKS:
        raise UnknownNetwork(f"There is no network '{name}'. Known: {', '.join(sorted(NETWORKS))}.")
    return NETWORKS[name]
