"""The list of networks. The app, the command line, the tests and the docs read only this.

Builders and trainers are dotted names, imported only by who trains, so that reading the catalog
costs nothing.
"""

from dataclasses import dataclass

from mnist_models.errors import DigitLabError
from mnist_models.recipes import AutoencoderRecipe, ClassifierRecipe, GanRecipe, Recipe, VariationalRecipe

# By kind of network: dotted name of `train(network, recipe, folder, …)`, which returns the model card.
TRAINERS = {
    "classifier": "mnist_models.training.classifier:train",
    "autoencoder": "mnist_models.training.autoencoder:train",
    "gan": "mnist_models.training.gan:train",
    "regressor": "mnist_models.training.age:train",
}


@dataclass(frozen=True)
class Network:
    """One row of the catalog.

    Attributes:
        name: as on the command line and in file names.
        kind: "classifier", "autoencoder", "gan" (a generator with its discriminator) or "regressor" (gives a
            number instead of a class).
        title: for people.
        summary: one sentence on what it is.
        data: what it is trained on, names of `datasets.SOURCES`; the first is indispensable.
        builder: dotted name of `build(recipe, keras)`. It returns a keras.Model, N×28×28×1 in, N×10
            probabilities out; of an autoencoder (encoder, decoder); of a GAN (generator, discriminator). The
            module of a network of raw ops also holds its `variables` and `logits`.
        recipe: what the shipped weights were trained with; a card says what changed later.
        quick: shows something recognisable within three minutes on two cores; None for a network that is not
            for the Train page.
        fixed: fields of the recipe that cannot be chosen, since the network does not use them, or works with
            no other value.
        trainer: of a classifier, dotted name of `fit(network, recipe, data, watch) -> Fitted`.
        reads_digits: True for a row on the Draw page.
        looks_again: True to average the trained network over small distortions of its input.
        judge: of a GAN, name of the classifier that measures its pictures; None for faces.
        limits: known biases and limits, sentences for the model card.
    """

    name: str
    kind: str
    title: str
    summary: str
    data: tuple[str, ...]
    builder: str
    recipe: Recipe
    quick: Recipe | None = None
    fixed: tuple[str, ...] = ()
    trainer: str = "mnist_models.training.keras_loop:fit"
    reads_digits: bool = False
    looks_again: bool = False
    judge: str | None = None
    limits: tuple[str, ...] = ()

    @property
    def makes_pictures(self) -> bool:
        """Whether it gives pictures rather than words or numbers."""
        return self.kind in ("autoencoder", "gan")


_MNIST_ONLY = (
    "Learned from digits that US census clerks and pupils wrote around 1990: European 1s, 4s and "
    "crossed 7s are rare in them and misread more often.",
    "Knows nothing but digits: it names one for any drawing.",
)

_QUICK_CLASSIFIER = ClassifierRecipe(
    epochs=2,
    batch_size=64,
    learning_rate=2e-3,
    weight_average=0.99,
    dropout=0.2,
    patience=0,
    mixed_precision=True,
)

_QUICK = {"epochs": 12, "images": 8_000, "batch_size": 64}
_AUTOENCODER = AutoencoderRecipe(epochs=24)
_DENOISER = AutoencoderRecipe(epochs=6, noise=0.7, holes=0.5)
_VAE = VariationalRecipe(
    epochs=6, latent_dim=2, loss="cross_entropy", kl_weight=0.3, learning_rate=4e-3, seed=3
)
_KNOWS_ONLY_DIGITS = "Knows nothing but digits: whatever it is shown, it gives back something like one."
_DIGIT_GAN = GanRecipe(
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
_TUTORIAL_GAN = GanRecipe(epochs=50, batch_size=32, images=10_000, weight_average=0.999, cool_down=10)
# With half as many epochs and half the rates, clothes were still clouds.
_QUICK_TUTORIAL_GAN = _TUTORIAL_GAN.replace(
    epochs=12,
    images=4_000,
    generator_learning_rate=4e-4,
    discriminator_learning_rate=4e-4,
    weight_average=0.99,
    cool_down=0,
)
_FACE_GAN = GanRecipe(epochs=100, batch_size=32, mirror=True, augment=True, weight_average=0.999)

_NETWORKS = (
    Network(
        name="reader",
        kind="classifier",
        title="Reader",
        summary="Our best network for drawings with mouse, finger or pen.",
        data=("mnist", "strokes"),
        builder="mnist_models.networks.reader:build",
        looks_again=True,
        recipe=ClassifierRecipe(
            epochs=26,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.4,
            patience=0,
            mixed_precision=True,
        ),
        quick=_QUICK_CLASSIFIER.replace(images=20_000),
        fixed=("hidden", "l2"),
        reads_digits=True,
        limits=(
            "Its pen strokes come from about 21 people; hands of children and of people who learned "
            "other digit shapes are rarer than in life.",
            "Taught to be unsure of scribbles, letters and two digits at once, but not of everything: "
            "letters that look like digits (O, l, S) are read as digits.",
        ),
    ),
    Network(
        name="cnn",
        kind="classifier",
        title="CNN",
        summary="Two Conv2D–MaxPooling pairs, Flatten, Dropout, Dense, in Keras.",
        data=("mnist",),
        builder="mnist_models.networks.cnn:build",
        recipe=ClassifierRecipe(
            epochs=24,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.4,
            mixed_precision=True,
        ),
        # Five times the usual rate: 99.1 % of the validation digits after one epoch instead of 98.8 %.
        quick=_QUICK_CLASSIFIER.replace(batch_size=128, learning_rate=1e-2, dropout=0.1),
        fixed=("hidden", "l2"),
        reads_digits=True,
        limits=_MNIST_ONLY,
    ),
    Network(
        name="strided_cnn",
        kind="classifier",
        title="Strided CNN",
        summary="Three convolutions, two of them with stride 2, no pooling; tf.nn ops and its own loop.",
        data=("mnist",),
        builder="mnist_models.networks.strided_cnn:build",
        trainer="mnist_models.training.raw_loop:fit",
        recipe=ClassifierRecipe(
            epochs=14, learning_rate=2e-3, weight_average=0.999, augment=True, dropout=0.4
        ),
        quick=_QUICK_CLASSIFIER.replace(mixed_precision=False),
        fixed=("hidden", "activation", "l2", "mixed_precision"),
        reads_digits=True,
        limits=_MNIST_ONLY,
    ),
    Network(
        name="mlp",
        kind="classifier",
        title="Feed-forward net",
        summary="Dense layers only; layers, widths, activation, dropout and L2 can all be changed.",
        data=("mnist",),
        builder="mnist_models.networks.mlp:build",
        recipe=ClassifierRecipe(
            epochs=40, hidden=(512, 256), weight_average=0.999, augment=True, dropout=0.2
        ),
        quick=ClassifierRecipe(
            epochs=5, hidden=(256,), dropout=0.2, learning_rate=2e-3, weight_average=0.99, patience=0
        ),
        reads_digits=True,
        limits=_MNIST_ONLY,
    ),
    Network(
        name="judge",
        kind="classifier",
        title="Judge",
        summary="A frozen classifier that only measures generated digits.",
        data=("mnist",),
        builder="mnist_models.networks.judge:build",
        recipe=ClassifierRecipe(
            epochs=12,
            learning_rate=3e-3,
            weight_average=0.999,
            augment=True,
            dropout=0.3,
            mixed_precision=True,
        ),
        quick=_QUICK_CLASSIFIER,
        fixed=("hidden", "activation", "l2"),
        limits=_MNIST_ONLY,
    ),
    Network(
        name="fashion_cnn",
        kind="classifier",
        title="Fashion CNN",
        summary="Names clothes in small pictures, and measures generated ones.",
        data=("fashion_mnist",),
        builder="mnist_models.networks.fashion_cnn:build",
        recipe=ClassifierRecipe(
            epochs=28,
            learning_rate=3e-3,
            optimizer="adamw",
            weight_decay=0.02,
            weight_average=0.999,
            augment=True,
            dropout=0.3,
            mixed_precision=True,
        ),
        quick=_QUICK_CLASSIFIER,
        fixed=("hidden", "activation", "l2"),
        limits=(
            "Knows ten kinds of clothes as one online shop photographed them in 2017, and takes any "
            "picture for one of them.",
            "Shirts, T-shirts, pullovers and coats are hard to tell apart at 28×28 pixels.",
        ),
    ),
    Network(
        name="autoencoder",
        kind="autoencoder",
        title="Autoencoder",
        summary="Puts a digit into 32 numbers and draws it again from them.",
        data=("mnist",),
        builder="mnist_models.networks.autoencoder:build",
        recipe=_AUTOENCODER,
        quick=_AUTOENCODER.replace(**_QUICK),
        fixed=("kl_weight",),
        limits=(_KNOWS_ONLY_DIGITS,),
    ),
    Network(
        name="denoiser",
        kind="autoencoder",
        title="Denoiser",
        summary="The autoencoder, trained to give back clean digits for noisy and partly erased ones.",
        data=("mnist",),
        builder="mnist_models.networks.autoencoder:build",
        recipe=_DENOISER,
        quick=_DENOISER.replace(**_QUICK),
        fixed=("kl_weight",),
        limits=(
            _KNOWS_ONLY_DIGITS,
            "Erased parts must be painted 0.5 grey; what it puts there is a guess, not a restoration.",
        ),
    ),
    Network(
        name="vae",
        kind="autoencoder",
        title="VAE",
        summary="A variational autoencoder with a plane of digits that one can walk on.",
        data=("mnist",),
        builder="mnist_models.networks.vae:build",
        recipe=_VAE,
        quick=_VAE.replace(**_QUICK),
        limits=(
            _KNOWS_ONLY_DIGITS,
            "Two numbers are too few for a digit's details: its pictures are smoother than digits are, "
            "and 4 and 9 share a place.",
        ),
    ),
    Network(
        name="digit_gan",
        kind="gan",
        title="Digit GAN",
        summary="Invents digits from 100 random numbers; a DCGAN without batch norm.",
        data=("mnist",),
        builder="mnist_models.networks.digit_gan:build",
        recipe=_DIGIT_GAN,
        quick=_DIGIT_GAN.replace(epochs=6, images=6_000, weight_average=0.99, cool_down=0),
        fixed=("loss",),
        judge="judge",
        limits=("Some of its pictures are no digit.",),
    ),
    Network(
        name="tutorial_gan",
        kind="gan",
        title="Tutorial GAN, digits",
        summary="The DCGAN of TensorFlow's tutorial, on digits.",
        data=("mnist",),
        builder="mnist_models.networks.tutorial_gan:build",
        recipe=_TUTORIAL_GAN,
        quick=_QUICK_TUTORIAL_GAN,
        fixed=("loss",),
        judge="judge",
        limits=("Some of its pictures are no digit.",),
    ),
    Network(
        name="fashion_gan",
        kind="gan",
        title="Tutorial GAN, fashion",
        summary="The DCGAN of TensorFlow's tutorial, on pictures of clothes.",
        data=("fashion_mnist",),
        builder="mnist_models.networks.tutorial_gan:build",
        recipe=_TUTORIAL_GAN,
        quick=_QUICK_TUTORIAL_GAN,
        fixed=("loss",),
        judge="fashion_cnn",
        limits=("Knows ten kinds of clothes as one online shop photographed them in 2017.",),
    ),
    Network(
        name="face_gan",
        kind="gan",
        title="Face GAN",
        summary="Invents 64×64 colour faces; a DCGAN.",
        data=("faces",),
        builder="mnist_models.networks.face_gan:build",
        recipe=_FACE_GAN,
        quick=_FACE_GAN.replace(
            epochs=6,
            images=4_000,
            generator_learning_rate=4e-4,
            discriminator_learning_rate=4e-4,
            weight_average=0.98,
        ),
        fixed=("loss",),
        limits=(
            "Its pictures resemble the photographs it learned from (UTKFace, gathered from the web): "
            "young adults and babies are frequent there, other ages and many peoples rare.",
            "The photographs may only be used for research and teaching, without profit.",
        ),
    ),
    Network(
        name="age_judge",
        kind="regressor",
        title="Age judge",
        summary="Guesses the age of a face; only measures generated ones.",
        data=("faces",),
        builder="mnist_models.networks.age_judge:build",
        fixed=("hidden", "activation", "l2"),
        recipe=ClassifierRecipe(
            epochs=14,
            batch_size=64,
            learning_rate=1.5e-3,
            weight_average=0.998,
            augment=True,
            dropout=0.2,
            patience=0,
            mixed_precision=True,
        ),
        limits=(
            "Guesses how old a face looks in a photograph of 64 by 64 pixels, not how old a person is; "
            "wrong by years for most, and more so for peoples and ages that its photographs show rarely.",
            "Only measures generated faces. It must not be used to judge people.",
            "Learned from photographs (UTKFace, gathered from the web) that may only be used for "
            "research and teaching, without profit.",
        ),
    ),
)

NETWORKS = {network.name: network for network in _NETWORKS}
CLASSIFIERS, AUTOENCODERS, ADVERSARIAL = (
    {network.name: network for network in _NETWORKS if network.kind == kind}
    for kind in ("classifier", "autoencoder", "gan")
)


class UnknownNetwork(DigitLabError):
    """No network of that name is in the catalog. The message lists those that are."""


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
