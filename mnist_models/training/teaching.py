"""Classifiers teach a generator what its pictures have to look like as a whole.

The discriminators of our generators have two or three layers: they see whether strokes are right, hardly
whether the strokes make up one digit. Classifiers trained on the same images do. In their features the
generated pictures are to be spread as the real ones are (Santos, Mroueh, Padhi, Dognin 2019, "Learning
Implicit Generative Models by Matching Perceptual Features", arXiv:1904.02762): mean and covariance are to
agree, as in the Fréchet distance, through which Mathiasen and Hvilshøj (2020, arXiv:2009.14075) train too.
Its slope needs no differentiated matrix roots. The linear map that carries one Gaussian onto another with
the least movement is known (Dowson and Landau 1982; Peyré and Cuturi 2019, arXiv:1803.00567, remark 2.31),
so every generated picture is told where its features have to go.

The pictures are also to leave the classifiers in no more doubt about any class than real ones do, and to show
every class as often (Springenberg 2015, arXiv:1511.06390): without the latter a generator of clothes gave up
shirts, which are hard to tell from coats.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from mnist_models.evaluation.generator import symmetric_root
from mnist_models.images.normalize import as_input
from mnist_models.networks import teacher as architecture
from mnist_models.training import hardware
from mnist_models.training.augment import warp

STEPS = 2_800  # of the teacher's own training: six epochs of MNIST ...
MOST_EPOCHS = 20  # ... and more of small data sets
BATCH_SIZE = 128
LEARNING_RATE = 2e-3  # falls to nothing along a cosine
# Of the brightness, beside what classifiers have learned to see. At 1 the generator attended to it at the
# cost of the rest; at 0.1 the digits have the right amount of ink all the same.
BRIGHTNESS = 0.1
# What a memory forgets in a step, so that 32 batches count. With 99 the generator answered to pictures of
# long ago and swung about its goal: while its mean was remembered as 0.05 (squared) from the real one, that
# of its present pictures was 1.2 away. It swung, too, when slow learning was given a longer memory: at a rate
# of 1e-4, with some 80 batches, it was 2.5 times as far from its goal as its running average, now 1.2 times.
FORGETTING = 0.06
# Means need fewer pictures than covariances, so the generator can be told sooner.
FORGETTING_MEANS = 0.15
# Roots of matrices take longer than a step of 256 pictures: 0.9 s with four classifiers, a step 0.6 s. With
# maps renewed in every sixteenth step that is a tenth of the time; the generator has hardly moved meanwhile.
RENEWED = 16
# Classifiers that did not teach see in generated pictures less than those that did of what classifiers learn
# last: while it was right in the eyes of four teachers, the mean of the features was 2.5 % too short for a
# fifth. So the last maps and the features are to be this many times as strong as in real images (for six;
# 1.02 were too much even for four).
BEYOND = 1.01
RIDGE = 0.06  # over all features, which vary by 1.1; see `_transport`
DISTANCE = 30.0  # weight of a squared distance; real features are 1.1 from their mean
MEANS = 1000.0  # weight, beside it, of how far the mean features of the classes are off: they came last
DOUBT = 40.0  # weight of a nat
IMBALANCE = 300.0
PATIENCE = 500  # steps after which what has been off all the time counts twice; see `_insist`


@dataclass(frozen=True)
class Spread:
    """How real images lie among the features of a teacher's K members.

    Attributes:
        unit: float32 array K×F, by which the features are divided: then those of each layer of a member are
            to vary by the layer's weight altogether.
        mean: float32 array K×F, of the features in that unit.
        covariance: float32 array K×F×F.
        root: float32 array K×F×F, the symmetric square root of it and the ridge.
    """

    unit: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    root: np.ndarray


@dataclass(frozen=True)
class Goal:
    """What a teacher of K members sees in real images.

    Attributes:
        spreads: list of Spread, one for everything in `_views`.
        shares: float32 array K×C, how often each class is seen.
        doubts: float32 array K×C, as from `doubts_by_class`.
    """

    spreads: list
    shares: np.ndarray
    doubts: np.ndarray


class Moments:
    """How generated pictures have lately been spread, beside the real ones.

    A batch is too small for a covariance, so the moments are averaged over steps. They begin with those of
    real images: the first steps are not judged by too few pictures.

    Attributes:
        mean, second: keras.Variable K×F and K×F×F, by how much the mean and the second moment about the
            real mean exceed the real ones.
        transport: keras.Variable K×F×F, the maps of `_transport` as they were when last renewed.
        urge: keras.Variable K×F, of `_insist` on the means within the classes.
        variables: all four, list.

    Args:
        members: int K, of the teacher.
        width: int F, of all that a member sees together.
    """

    def __init__(self, members, width):
        self.mean = _nothing_yet(members, width)
        self.second = _nothing_yet(members, width, width)
        stay = np.tile(np.eye(width, dtype=np.float32), (members, 1, 1))
        self.transport = keras.Variable(stay, trainable=False)
        self.urge = _nothing_yet(members, width)

    @property
    def variables(self):
        return [self.mean, self.second, self.transport, self.urge]


class Memory:
    """What a teacher has lately seen in generated pictures.

    Attributes:
        moments: list of Moments, one for everything in `_views`.
        shares, doubts: keras.Variable K×C, by how much oftener than in real images each class has been seen,
            and with how much more doubt.
        urge: keras.Variable K×C, of `_insist` on the shares.
        variables: all, list.

    Args:
        teacher: keras.Model.
    """

    def __init__(self, teacher):
        views = _views(teacher.output)
        self.moments = [Moments(view[0].shape[1], sum(layer.shape[2] for layer in view)) for view in views]
        _, members, classes = teacher.output["logits"].shape
        self.shares = _nothing_yet(members, classes)
        self.doubts = _nothing_yet(members, classes)
        self.urge = _nothing_yet(members, classes)

    @property
    def variables(self):
        of_all = [each for moments in self.moments for each in moments.variables]
        return [self.shares, self.doubts, self.urge, *of_all]


def _nothing_yet(*shape):
    return keras.Variable(np.zeros(shape, np.float32), trainable=False)


def _views(seen):
    """What of a teacher's output is matched together: all layers; features and brightness class by class.

    Args:
        seen: dict of tensors or arrays N×K×F, as from a teacher.

    Returns:
        list of lists of them; the last maps and the brightness are last in the first.
    """
    layers = [seen["features"], *seen.get("maps", ()), seen["brightness"]]
    return [layers, *([each] for each in seen.get("by_class", ()))]


def wanted(recipe):
    """Whether a recipes.GanRecipe needs a teacher: to learn from, or to choose the images."""
    return recipe.teacher > 0 or recipe.clearest < 1


def learn(teacher, images, labels, augmentation, seed, after_step=lambda: None):
    """Train the teacher as classifiers; nothing changes it afterwards.

    It learns from distorted images, so as not to learn them by heart: a generator could come nearer in its
    eyes without coming nearer in the judge's.

    Args:
        teacher: keras.Model, as from `networks.teacher.build`.
        images: uint8 N×28×28×1.
        labels: int N.
        augmentation: training.augment.Augmentation.
        seed: int, of the order of the images and of the distortions.
        after_step: called without arguments after every step; what it raises ends the training.
    """
    keras.utils.set_random_seed(seed)
    classifiers = keras.Model(teacher.input, teacher.output["logits"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    steps = min(STEPS, MOST_EPOCHS * -(-len(images) // BATCH_SIZE))
    pace = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    classifiers.compile(keras.optimizers.Adam(pace), loss, jit_compile=hardware.xla_pays())
    watched = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: after_step())
    batches = _batches(images[..., 0], labels, augmentation, np.random.default_rng(seed))
    classifiers.fit(batches, steps_per_epoch=steps, callbacks=[watched], shuffle=False, verbose=0)


def _batches(images, labels, augmentation, rng):
    """Without end: distorted images, float32 B×28×28×1 in [0, 1]; their labels for every member, int B×K."""
    while True:
        chosen = rng.integers(0, len(images), BATCH_SIZE)
        answers = np.repeat(labels[chosen, np.newaxis], len(architecture.MEMBERS), axis=1)
        yield warp(images[chosen], augmentation, rng), answers


def clearest(teacher, images, labels, share):
    """The images that show most clearly what they are.

    A small generator that need not imitate the unclear ones makes better pictures, if less varied ones
    (DeVries, Drozdzal, Taylor 2020, "Instance Selection for GANs", arXiv:2007.15255).

    Args:
        teacher: keras.Model, trained.
        images: uint8 N×28×28×1.
        labels: int N.
        share: of every class's images, above 0, at most 1.

    Returns:
        int array, ascending: the numbers of those whose labels the teacher is surest of.
    """
    logits = teacher.predict(as_input(images[..., 0]), batch_size=500, verbose=0)["logits"]
    answers = ops.convert_to_numpy(ops.mean(ops.log_softmax(logits), axis=1))
    sure = answers[np.arange(len(labels)), labels]
    chosen = []
    for label in np.unique(labels):
        those = np.flatnonzero(labels == label)
        chosen.append(those[np.argsort(-sure[those], kind="stable")][: max(1, round(share * len(those)))])
    return np.sort(np.concatenate(chosen))


def goal(teacher, images, mirror=False, unseen=()):
    """What generated pictures have to be like, once for all steps.

    Args:
        teacher: keras.Model, trained.
        images: uint8 N×28×28×1.
        mirror: True to swap left and right in every other image.
        unseen: for each member, int array, the numbers of the images to look at; all images without.

    Returns:
        Goal.
    """
    if mirror:
        images = images.copy()
        images[1::2] = images[1::2, :, ::-1]
    seen = teacher.predict(as_input(images[..., 0]), batch_size=500, verbose=0)
    if len(unseen):
        chosen = np.stack([each[: min(map(len, unseen))] for each in unseen], axis=1)[..., np.newaxis]
        seen = keras.tree.map_structure(lambda layer: np.take_along_axis(layer, chosen, axis=0), seen)
    together, *by_class = _views(seen)
    weights, strengths = ([1.0] * len(together) for _ in range(2))
    weights[-1] = BRIGHTNESS
    if by_class:  # else they are not classifiers trained apart
        strengths[0] = strengths[-2] = BEYOND
    spreads = [spread(together, weights, strengths)]
    for view, strength in zip(by_class, (BEYOND, 1.0), strict=False):  # there may be none
        spreads.append(spread(view, [1.0], [strength]))
    answers = shares_of_classes(seen["logits"]), doubts_by_class(seen["logits"])
    return Goal(spreads, *[ops.convert_to_numpy(each) for each in answers])


def spread(seen, weights, strengths):
    """How features lie, once for all steps.

    Args:
        seen: list of float32 arrays N×K×F, of one layer each.
        weights: list of float, by how much each layer is to vary altogether.
        strengths: list of float, how many times as strong as in real images each layer is to be.

    Returns:
        Spread of all layers together.
    """
    variances = [
        layer.var(axis=0).sum(axis=1, keepdims=True) / weight
        for layer, weight in zip(seen, weights, strict=True)
    ]
    widths = [layer.shape[-1] for layer in seen]
    unit = np.sqrt(np.repeat(np.concatenate(variances, axis=1), widths, axis=1))
    features = np.concatenate(seen, axis=2) / unit
    covariance = np.stack([np.cov(member.T) for member in features.swapaxes(0, 1)])
    root = symmetric_root(covariance + _ridge(covariance.shape[-1]))
    arrays = unit * np.repeat(strengths, widths), features.mean(axis=0), covariance, root
    return Spread(*(array.astype(np.float32) for array in arrays))


def lesson(teacher, goal, memory, generated, renew):
    """How far generated pictures are from real ones in the teacher's eyes.

    Args:
        teacher: keras.Model, trained.
        goal: Goal.
        memory: Memory, which takes note of these pictures.
        generated: float32 tensor N×28×28×1 in [-1, 1].
        renew: bool tensor, whether to renew the maps; RENEWED says how often.

    Returns:
        Scalar tensor: the means over the members of each `way`, and of the `offset` class by class; what the
        doubt about every class exceeds that about it in real images by; how differently often the classes
        are seen, and what `_insist` adds for that.
    """
    seen = teacher((generated + 1) / 2, training=False)
    views = [ops.concatenate(view, axis=2) for view in _views(seen)]
    matched = list(zip(goal.spreads, memory.moments, views, strict=True))
    ways = [ops.mean(way(*each, renew)) for each in matched]
    shares = _lately(memory.shares, goal.shares, shares_of_classes(seen["logits"]))
    off = [ops.mean(offset(*each, goal.shares, shares)) for each in matched[1:]]
    insisted = ops.sum(goal.shares * _insist(memory.urge, shares / goal.shares - 1), axis=-1)
    doubts = _lately(memory.doubts, goal.doubts, doubts_by_class(seen["logits"]))
    return (
        DISTANCE * sum(ways)
        + MEANS * sum(off)
        + DOUBT * ops.mean(ops.sum(ops.relu(doubts - goal.doubts), axis=-1))
        + IMBALANCE * (imbalance(goal.shares, shares) + ops.mean(insisted))
    )


def _lately(excess, real, now):
    """A figure of the last batches, with the slope of the present one's.

    Chance makes the shares of ten classes in 256 pictures differ by a sixtieth of a nat, ten times what is to
    be corrected.

    Args:
        excess: keras.Variable, by how much the figure has been larger than in real images; takes note.
        real: array, the figure in real images.
        now: tensor, the figure in this batch.
    """
    _remember(excess, ops.stop_gradient(now - real), FORGETTING)
    return _with_slope(excess + real, now)  # the variable first: NumPy would read its value


def way(real, moments, features, renew):
    """How far features have to go to be spread as the real ones, by the shortest way.

    Args:
        real: Spread.
        moments: Moments, which take note of these features.
        features: float32 tensor N×K×F.
        renew: bool tensor, whether to renew the maps that say where to go.

    Returns:
        Tensor K: mean squared ways. Their slope is that of the Fréchet distance between the remembered
        features and the real ones, in the goal's unit.
    """
    features = ops.transpose(features / real.unit - real.mean, (1, 0, 2))  # K×N×F
    from_real = ops.stop_gradient(features)
    second = ops.matmul(ops.transpose(from_real, (0, 2, 1)), from_real) / from_real.shape[1] - real.covariance
    _remember(moments.mean, ops.mean(from_real, axis=1), FORGETTING_MEANS)
    _remember(moments.second, second, FORGETTING)
    mean = moments.mean[:, None]
    covariance = moments.second + real.covariance - ops.transpose(mean, (0, 2, 1)) * mean
    moments.transport.assign(
        ops.cond(renew, lambda: _transport(real, covariance), lambda: ops.copy(moments.transport))
    )
    target = ops.matmul(from_real - mean, moments.transport)
    return ops.mean(ops.sum((features - target) ** 2, axis=2), axis=1)


def offset(real, moments, features, real_shares, shares):
    """How far the mean of features within the classes is from the real one, after `way` took note of them.

    Within them: of the sums alone, a class that is shown too often and too weakly would seem to be right, and
    both would stay.

    Args:
        real: Spread.
        moments: Moments.
        features: float32 tensor N×K×F·C, class by class.
        real_shares: float32 array K×C.
        shares: float32 tensor K×C, of generated pictures.

    Returns:
        Tensor K: squared distances of the remembered means, in the goal's unit, each times the square of
        the class's share, and what `_insist` adds; the slope is that of the present mean.
    """
    now = ops.mean(features / real.unit - real.mean, axis=0)
    summed = _with_slope(moments.mean + real.mean, now)
    shares = ops.maximum(shares, real_shares / 2)  # a class that has vanished has no mean
    by_class = (len(real_shares), -1, real_shares.shape[1])
    summed, wanted = (ops.reshape(sums, by_class) for sums in (summed, real.mean))
    off = summed * (real_shares / shares)[:, None] - wanted
    off = ops.reshape(off, moments.urge.shape)
    return ops.sum(off**2 + 2 * _insist(moments.urge, off), axis=1)


def _insist(urge, off):
    """What stays off counts more and more, until it is right.

    A weight leaves what something else pulls at a little off: of a generator's clothes 10.6 % were bags, with
    a weight of 50 on the shares. A multiplier adds up what is off (Hestenes 1969, "Multiplier and Gradient
    Methods", doi:10.1007/BF00927673): with it, and six times the weight, 10.1 % were.

    Args:
        urge: keras.Variable, the sum of `off` over the steps by PATIENCE; takes note.
        off: tensor of its shape.

    Returns:
        Tensor: their products, whose slope by `off` is the urge.
    """
    urge.assign(urge + ops.stop_gradient(off) / PATIENCE)
    return urge * off


def _with_slope(remembered, now):
    """What is remembered, with the slope of what is seen now."""
    return remembered + now - ops.stop_gradient(now)


def _remember(variable, now, forgetting):
    variable.assign((1 - forgetting) * variable + forgetting * now)


def _transport(real, covariance):
    """The symmetric maps K×F×F that carry Gaussians of a covariance onto the real ones.

    Both get a ridge: where hardly anything varies, as in a feature that never wakes, the roots of almost
    nothing would be noise.
    """
    width = covariance.shape[-1]
    covariance = covariance + _ridge(width)
    values, vectors = ops.linalg.eigh(ops.matmul(ops.matmul(real.root, covariance), real.root))
    values = ops.maximum(values, (RIDGE / width) ** 2)  # none is smaller, but for rounding
    inverse = ops.matmul(vectors / ops.sqrt(values)[:, None], ops.transpose(vectors, (0, 2, 1)))
    return ops.matmul(ops.matmul(real.root, inverse), real.root)


def _ridge(width):
    return RIDGE / width * np.eye(width, dtype=np.float32)


def shares_of_classes(logits):
    """How often every class is seen: logits N×K×C → K×C."""
    return ops.mean(ops.softmax(logits), axis=0)


def doubts_by_class(logits):
    """The entropy of classifiers' answers, in nats, shared out among the classes they waver between.

    Classifiers may well doubt whether a shirt is one, but never a bag. Generated clothes left them in as much
    doubt as real ones altogether while one bag in twenty was something between a bag and a shoe.

    Args:
        logits: float32 tensor N×K×C.

    Returns:
        Tensor K×C; a member's sum is its mean doubt, 0 when sure, ln C when guessing.
    """
    answers = ops.softmax(logits)
    entropy = -ops.sum(answers * ops.log_softmax(logits), axis=-1, keepdims=True)
    return ops.mean(answers * entropy, axis=0)


def imbalance(real, generated):
    """How differently often the classes are seen.

    Args:
        real, generated: tensors K×C, shares of the classes.

    Returns:
        Scalar tensor, in nats: the members' mean Kullback-Leibler divergence, 0 when each class is seen as
        often.
    """
    return ops.mean(ops.sum(real * (ops.log(real + 1e-6) - ops.log(generated + 1e-6)), axis=-1))
