"""The list of networks. The app, the command line, the tests and the docs read only this.

Builders and trainers are dotted names, imported only by who trains, so that reading the catalog
costs nothing.
"""

from dataclasses import dataclass, field, fields, replace


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: plain data, kept in the model card, so that a run can be repeated.

    Attributes:
        epochs: passes over the training data, at most.
        batch_size: images a step.
        images: how many training images are used, drawn at random; 0 for all.
        learning_rate: the highest in the schedule.
        optimizer: "adam", "adamw", "nadam", "rmsprop" or "sgd" (with momentum 0.9).
        schedule: "constant" or "cosine" (a short warm-up, then down to zero).
        weight_decay: decoupled, for "adamw" and "sgd".
        weight_average: momentum of the running average of the weights that is kept in the end
            (Polyak and Juditsky 1992); 0 keeps the last weights.
        augment: True to distort every image anew in every epoch (`training.augment`).
        distortions: which distortions suit the pictures: "digits" or "garments".
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
    images: int = 0
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    schedule: str = "cosine"
    weight_decay: float = 0.0
    weight_average: float = 0.0
    augment: bool = False
    distortions: str = "digits"
    hidden: tuple[int, ...] | None = None
    activation: str = "relu"
    dropout: float = 0.0
    l2: float = 0.0
    patience: int = 8
    log_every: int = 5
    seed: int = 1
    mixed_precision: bool = False


@dataclass(frozen=True)
class AdversarialRecipe:
    """How a generator and a discriminator are trained against each other.

    Attributes:
        epochs: passes over the training images.
        batch_size: real images a step, and as many generated ones.
        images: how many training images are used; 0 for all.
        latent_dim: random numbers that a picture is made of.
        loss: "logistic" (non-saturating, for one logit; Goodfellow et al. 2014) or "least_squares"
            (for two tanh outputs; Mao et al. 2017).
        generator_learning_rate, generator_beta_1: Adam of the generator.
        discriminator_learning_rate, discriminator_beta_1: Adam of the discriminator.
        mirror: True to show every real image mirrored half of the time.
        augment: True to distort real and generated images alike before the discriminator sees them
            (`training.diff_augment`).
        weight_average: momentum of the running average of the generator that makes the pictures.
        cool_down: the last epochs, in which both learning rates fall in a straight line to zero.
        teacher: weight of what classifiers, trained first on the same images and their labels, say
            against the generator's pictures (`training.teaching`); 0 for no teacher.
        taught_by: how many classifiers of the judge's kind, trained apart, are the teacher; 0 for one of
            three smaller networks, which learns before the generator does.
        clearest: share of every class's images that is learned from, those the teacher is surest of; 1
            for all.
        contrast: True to make the pictures as clear as the real images in the end (`training.contrast`).
        seed: of weights, shuffling, latent vectors and distortions.
        mixed_precision: True for bfloat16 arithmetic (twice as fast on CPUs with AVX-512 BF16).
    """

    epochs: int = 50
    batch_size: int = 64
    images: int = 0
    latent_dim: int = 100
    loss: str = "logistic"
    generator_learning_rate: float = 2e-4
    generator_beta_1: float = 0.5
    discriminator_learning_rate: float = 2e-4
    discriminator_beta_1: float = 0.5
    mirror: bool = False
    augment: bool = False
    weight_average: float = 0.998
    cool_down: int = 0
    teacher: float = 0.0
    taught_by: int = 0
    clearest: float = 1.0
    contrast: bool = False
    seed: int = 1
    mixed_precision: bool = True


@dataclass(frozen=True)
class AdversarialNetwork:
    """One row of the catalog for a generator with its discriminator.

    Attributes:
        name, title, summary: as in `Network`.
        data: name of the data set it is trained on.
        builder: dotted name of `build(recipe) -> (generator, discriminator)`.
        recipe: what the shipped weights were trained with, at first: the card says what changed later.
        quick: shows something recognisable within three minutes on two cores.
        judge: name of the classifier that measures its pictures; None for faces.
        limits: known biases and limits, sentences for the model card.
    """

    name: str
    title: str
    summary: str
    data: str
    builder: str
    recipe: AdversarialRecipe
    quick: AdversarialRecipe
    judge: str | None
    limits: tuple[str, ...]


@dataclass(frozen=True)
class ReconstructionRecipe:
    """How an encoder and a decoder are trained to give back what they are shown.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step.
        images: how many training images are used; 0 for all.
        latent_dim: numbers in the code.
        loss: "squared_error" or "cross_entropy", of every pixel.
        kl_weight: weight of the Kullback-Leibler divergence that makes the code a normal
            distribution (Kingma and Welling 2014); 0 for a plain autoencoder.
        noise: images are shown with Gaussian noise of up to this standard deviation.
        holes: share of the images that are shown with a part rubbed out.
        learning_rate: Adam's highest; it falls along a cosine.
        weight_average: momentum of the running average of the weights that is kept.
        seed: of weights, shuffling, noise and holes.
        mixed_precision: True for bfloat16 arithmetic (twice as fast on CPUs with AVX-512 BF16).
    """

    epochs: int = 20
    batch_size: int = 128
    images: int = 0
    latent_dim: int = 32
    loss: str = "squared_error"
    kl_weight: float = 0.0
    noise: float = 0.0
    holes: float = 0.0
    learning_rate: float = 2e-3
    weight_average: float = 0.995
    seed: int = 1
    mixed_precision: bool = True


@dataclass(frozen=True)
class Autoencoder:
    """One row of the catalog for an encoder with its decoder.

    Attributes:
        name, title, summary, data, limits: as in `Network`.
        builder: dotted name of `build(recipe) -> (encoder, decoder)`.
        recipe: what the shipped weights were trained with.
        quick: shows something recognisable within three minutes on two cores.
    """

    name: str
    title: str
    summary: str
    data: tuple[str, ...]
    builder: str
    recipe: ReconstructionRecipe
    quick: ReconstructionRecipe
    limits: tuple[str, ...]


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
        quick: learns something recognisable within three minutes on two cores; None for a network that
            is not for the Train page.
        shaped_by: hyperparameters of the recipe that its builder uses.
        reads_digits: True for a row on the Draw page.
        looks_again: True to average the trained network over small distortions of its input.
        limits: known biases and limits, sentences for the model card.
    """

    name: str
    title: str
    summary: str
    data: tuple[str, ...]
    builder: str
    recipe: Recipe
    quick: Recipe | None = None
    shaped_by: tuple[str, ...] = ("dropout",)
    trainer: str = "mnist_models.training.keras_loop:fit"
    reads_digits: bool = True
    looks_again: bool = False
    limits: tuple[str, ...] = field(default=())


_MNIST_ONLY = (
    "Learned from digits that US census clerks and pupils wrote around 1990: European 1s, 4s and "
    "crossed 7s are rare in them and misread more often.",
    "Knows nothing but digits: it names one for any drawing.",
)

_QUICK_CLASSIFIER = Recipe(
    epochs=2,
    batch_size=64,
    learning_rate=2e-3,
    weight_average=0.99,
    dropout=0.2,
    patience=0,
    mixed_precision=True,
)

_CLASSIFIERS = (
    Network(
        name="reader",
        title="Reader",
        summary="Our best network for drawings with mouse, finger or pen.",
        data=("mnist", "strokes"),
        builder="mnist_models.networks.reader:build",
        looks_again=True,
        recipe=Recipe(
            epochs=26,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.4,
            patience=0,
            mixed_precision=True,
        ),
        quick=replace(_QUICK_CLASSIFIER, images=20_000),
        shaped_by=("activation", "dropout"),
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
        builder="mnist_models.networks.cnn:build",
        recipe=Recipe(
            epochs=24,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.4,
            mixed_precision=True,
        ),
        # Five times the usual rate: 99.1 % of the validation digits after one epoch instead of 98.8 %.
        quick=replace(_QUICK_CLASSIFIER, batch_size=128, learning_rate=1e-2, dropout=0.1),
        shaped_by=("activation", "dropout"),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="strided_cnn",
        title="Strided CNN",
        summary="Three convolutions, two of them with stride 2, no pooling; tf.nn ops and its own loop.",
        data=("mnist",),
        builder="mnist_models.networks.strided_cnn:logits",
        trainer="mnist_models.training.raw_loop:fit",
        recipe=Recipe(epochs=14, learning_rate=2e-3, weight_average=0.999, augment=True, dropout=0.4),
        quick=replace(_QUICK_CLASSIFIER, mixed_precision=False),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="mlp",
        title="Feed-forward net",
        summary="Dense layers only; layers, widths, activation, dropout and L2 can all be changed.",
        data=("mnist",),
        builder="mnist_models.networks.mlp:build",
        recipe=Recipe(
            epochs=40,
            hidden=(512, 256),
            weight_average=0.999,
            augment=True,
            dropout=0.2,
        ),
        quick=Recipe(
            epochs=5, hidden=(256,), dropout=0.2, learning_rate=2e-3, weight_average=0.99, patience=0
        ),
        shaped_by=("hidden", "activation", "dropout", "l2"),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="judge",
        title="Judge",
        summary="A frozen classifier that only measures generated digits.",
        data=("mnist",),
        builder="mnist_models.networks.judge:build",
        recipe=Recipe(
            epochs=12,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.3,
            mixed_precision=True,
        ),
        quick=_QUICK_CLASSIFIER,
        reads_digits=False,
        limits=_MNIST_ONLY,
    ),
    Network(
        name="fashion_cnn",
        title="Fashion CNN",
        summary="Names clothes in small pictures, and measures generated ones.",
        data=("fashion_mnist",),
        builder="mnist_models.networks.fashion_cnn:build",
        recipe=Recipe(
            epochs=28,
            learning_rate=3e-3,
            optimizer="adamw",
            weight_decay=0.02,
            weight_average=0.999,
            augment=True,
            distortions="garments",
            dropout=0.3,
            mixed_precision=True,
        ),
        quick=replace(_QUICK_CLASSIFIER, distortions="garments"),
        reads_digits=False,
        limits=(
            "Knows ten kinds of clothes as one online shop photographed them in 2017, and takes any "
            "picture for one of them.",
            "Shirts, T-shirts, pullovers and coats are hard to tell apart at 28×28 pixels.",
        ),
    ),
)

CLASSIFIERS = {network.name: network for network in _CLASSIFIERS}

# Networks that give a number instead of a class.
REGRESSORS = {
    "age_judge": Network(
        name="age_judge",
        title="Age judge",
        summary="Guesses the age of a face; only measures generated ones.",
        data=("faces",),
        builder="mnist_models.networks.age_judge:build",
        trainer="mnist_models.training.age:train",
        recipe=Recipe(
            epochs=14,
            batch_size=64,
            learning_rate=1.5e-3,
            weight_average=0.998,
            augment=True,
            dropout=0.2,
            patience=0,
            mixed_precision=True,
        ),
        reads_digits=False,
        limits=(
            "Guesses how old a face looks in a photograph of 64 by 64 pixels, not how old a person is; "
            "wrong by years for most, and more so for peoples and ages that its photographs show rarely.",
            "Only measures generated faces. It must not be used to judge people.",
            "Learned from photographs (UTKFace, gathered from the web) that may only be used for "
            "research and teaching, without profit.",
        ),
    ),
}

_DIGIT_GAN = AdversarialRecipe(
    epochs=28,
    batch_size=32,
    loss="least_squares",
    weight_average=0.999,
    cool_down=6,
    generator_learning_rate=3.3e-4,
    generator_beta_1=0.55,
    discriminator_learning_rate=2e-4,
    discriminator_beta_1=0.4,
)
_TUTORIAL_GAN = AdversarialRecipe(epochs=50, batch_size=32, images=10_000, weight_average=0.999, cool_down=10)
# With half as many epochs and half the rates, clothes were still clouds.
_QUICK_TUTORIAL_GAN = replace(
    _TUTORIAL_GAN,
    epochs=12,
    images=4_000,
    generator_learning_rate=4e-4,
    discriminator_learning_rate=4e-4,
    weight_average=0.99,
    cool_down=0,
)
_FACE_GAN = AdversarialRecipe(epochs=100, batch_size=32, mirror=True, augment=True, weight_average=0.999)

_ADVERSARIAL = (
    AdversarialNetwork(
        name="digit_gan",
        title="Digit GAN",
        summary="Invents digits from 100 random numbers; a DCGAN without batch norm.",
        data="mnist",
        builder="mnist_models.networks.digit_gan:build",
        recipe=_DIGIT_GAN,
        quick=replace(_DIGIT_GAN, epochs=6, images=6_000, weight_average=0.99, cool_down=0),
        judge="judge",
        limits=("Some of its pictures are no digit.",),
    ),
    AdversarialNetwork(
        name="tutorial_gan",
        title="Tutorial GAN, digits",
        summary="The DCGAN of TensorFlow's tutorial, on digits.",
        data="mnist",
        builder="mnist_models.networks.tutorial_gan:build",
        recipe=_TUTORIAL_GAN,
        quick=_QUICK_TUTORIAL_GAN,
        judge="judge",
        limits=("Some of its pictures are no digit.",),
    ),
    AdversarialNetwork(
        name="fashion_gan",
        title="Tutorial GAN, fashion",
        summary="The DCGAN of TensorFlow's tutorial, on pictures of clothes.",
        data="fashion_mnist",
        builder="mnist_models.networks.tutorial_gan:build",
        recipe=_TUTORIAL_GAN,
        quick=_QUICK_TUTORIAL_GAN,
        judge="fashion_cnn",
        limits=("Knows ten kinds of clothes as one online shop photographed them in 2017.",),
    ),
    AdversarialNetwork(
        name="face_gan",
        title="Face GAN",
        summary="Invents 64×64 colour faces; a DCGAN.",
        data="faces",
        builder="mnist_models.networks.face_gan:build",
        recipe=_FACE_GAN,
        quick=replace(
            _FACE_GAN,
            epochs=6,
            images=4_000,
            generator_learning_rate=4e-4,
            discriminator_learning_rate=4e-4,
            weight_average=0.98,
        ),
        judge=None,
        limits=(
            "Its pictures resemble the photographs it learned from (UTKFace, gathered from the web): "
            "young adults and babies are frequent there, other ages and many peoples rare.",
            "The photographs may only be used for research and teaching, without profit.",
        ),
    ),
)

ADVERSARIAL = {network.name: network for network in _ADVERSARIAL}

_QUICK = {"epochs": 12, "images": 8_000, "batch_size": 64}
_AUTOENCODER = ReconstructionRecipe(epochs=24)
_DENOISER = ReconstructionRecipe(epochs=6, noise=0.7, holes=0.5)
_VAE = ReconstructionRecipe(
    epochs=6, latent_dim=2, loss="cross_entropy", kl_weight=0.3, learning_rate=4e-3, seed=3
)
_KNOWS_ONLY_DIGITS = "Knows nothing but digits: whatever it is shown, it gives back something like one."

_AUTOENCODERS = (
    Autoencoder(
        name="autoencoder",
        title="Autoencoder",
        summary="Puts a digit into 32 numbers and draws it again from them.",
        data=("mnist",),
        builder="mnist_models.networks.autoencoder:build",
        recipe=_AUTOENCODER,
        quick=replace(_AUTOENCODER, **_QUICK),
        limits=(_KNOWS_ONLY_DIGITS,),
    ),
    Autoencoder(
        name="denoiser",
        title="Denoiser",
        summary="The autoencoder, trained to give back clean digits for noisy and partly erased ones.",
        data=("mnist",),
        builder="mnist_models.networks.autoencoder:build",
        recipe=_DENOISER,
        quick=replace(_DENOISER, **_QUICK),
        limits=(
            _KNOWS_ONLY_DIGITS,
            "Erased parts must be painted 0.5 grey; what it puts there is a guess, not a restoration.",
        ),
    ),
    Autoencoder(
        name="vae",
        title="VAE",
        summary="A variational autoencoder with a plane of digits that one can walk on.",
        data=("mnist",),
        builder="mnist_models.networks.vae:build",
        recipe=_VAE,
        quick=replace(_VAE, **_QUICK),
        limits=(
            _KNOWS_ONLY_DIGITS,
            "Two numbers are too few for a digit's details: its pictures are smoother than digits are, "
            "and 4 and 9 share a place.",
        ),
    ),
)

AUTOENCODERS = {network.name: network for network in _AUTOENCODERS}

NETWORKS = CLASSIFIERS | AUTOENCODERS | ADVERSARIAL | REGRESSORS


class UnknownNetwork(KeyError):
    """No network of that name is in the catalog. The message lists those that are."""

    def __str__(self):
        return self.args[0]


def read_recipe(kind, given):
    """A recipe from what a file of this version or another says: unknown fields are passed over.

    Args:
        kind: Recipe, AdversarialRecipe or ReconstructionRecipe.
        given: dict as JSON holds it; fields that it lacks get their defaults.

    Raises:
        TypeError, ValueError: when it is no dict, or the widths of layers are no list.

    Example:
        >>> read_recipe(Recipe, {"hidden": [64], "an_old_field": 3}).hidden
        (64,)
    """
    known = {one.name for one in fields(kind)}
    values = {name: value for name, value in dict(given).items() if name in known}
    if values.get("hidden") is not None:
        values["hidden"] = tuple(values["hidden"])  # JSON knows lists only
    return kind(**values)


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
