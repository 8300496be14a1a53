"""Classifiers teach a generator what its pictures have to look like as a whole.

The discriminators of our generators have two or three layers: they see whether strokes are right, hardly
whether the strokes make up one digit. Classifiers trained on the same images do. In their features the
generated pictures are to be spread as the real ones are (Santos, Mroueh, Padhi, Dognin 2019, "Learning
Implicit Generative Models by Matching Perceptual Features", arXiv:1904.02762): mean and covariance are to
agree, as in the Fréchet distance, through which Mathiasen and Hvilshøj (2020, arXiv:2009.14075) train too.
Its slope needs no differentiated matrix roots. The linear map that carries one Gaussian onto another with
the least movement is known (Dowson and Landau 1982; Peyré and Cuturi 2019, arXiv:1803.00567, remark 2.31),
so every generated picture is told where its features have to go.

The pictures are also to leave the classifiers in no more doubt than real ones do, and to show every class as
often (Springenberg 2015, arXiv:1511.06390): without the latter a generator of clothes gave up shirts, which
are hard to tell from coats.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from mnist_models.architectures import teacher as architecture
from mnist_models.evaluation_generated import symmetric_root
from mnist_models.preprocessing import as_input
from mnist_models.training import hardware
from mnist_models.training.augmentation import warp

STEPS = 2_800  # of the teacher's own training: six epochs of MNIST ...
MOST_EPOCHS = 20  # ... and more of small data sets
BATCH_SIZE = 128
LEARNING_RATE = 2e-3  # falls to nothing along a cosine
# Of the brightness, beside what classifiers have learned to see. At 1 the generator attended to it at the
# cost of the rest; at 0.1 the digits have the right amount of ink all the same.
BRIGHTNESS = 0.1
# A memory forgets as fast as the generator changes: this many times its learning rate in a step, so that
# nineteen batches count at 4e-4. With a fifth of that the generator answered to pictures of long ago, and
# swung about its goal: while its mean was remembered as 0.05 (squared) from the real one, that of its
# present pictures was 1.2 away; with nineteen, 0.16 and 0.75. At lower rates more batches count: less noise.
FORGETTING = 250
RIDGE = 0.06  # over all features, which vary by 1.1; see `_transport`
DISTANCE = 30.0  # weight of a squared distance; real features are 1.1 from their mean
DOUBT = 5.0  # weight of a nat beside it
IMBALANCE = 5.0


@dataclass(frozen=True)
class Goal:
    """What a teacher of K members sees in real images.

    Attributes:
        unit: float32 array K×F, by which the features are divided: then those of each layer of a member vary
            by 1 altogether, and the brightness by BRIGHTNESS.
        mean: float32 array K×F, of the features in that unit.
        covariance: float32 array K×F×F.
        root: float32 array K×F×F, the symmetric square root of it and the ridge.
        doubt: float, `doubt` of the answers.
        shares: float32 array K×C, how often each class is seen.
    """

    unit: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    root: np.ndarray
    doubt: float
    shares: np.ndarray


class Memory:
    """What a teacher has lately seen in generated pictures, beside what it sees in real ones.

    A batch is too small for a covariance, so the moments are averaged over steps. They begin with those of
    real images: the first steps are not judged by too few pictures.

    Attributes:
        mean, second: keras.Variable K×F and K×F×F, by how much the mean and the second moment about the
            real mean exceed the real ones.
        variables: both, list.

    Args:
        members: int K, of the teacher.
        width: int F, of all that a member sees.
    """

    def __init__(self, members, width):
        self.mean = keras.Variable(np.zeros((members, width), np.float32), trainable=False)
        self.second = keras.Variable(np.zeros((members, width, width), np.float32), trainable=False)

    @property
    def variables(self):
        return [self.mean, self.second]


def wanted(recipe):
    """Whether a catalog.AdversarialRecipe needs a teacher: to learn from, or to choose the images."""
    return recipe.teacher > 0 or recipe.clearest < 1


def learn(teacher, images, labels, augmentation, seed, after_step=lambda: None):
    """Train the teacher as classifiers; nothing changes it afterwards.

    It learns from distorted images, so as not to learn them by heart: a generator could come nearer in its
    eyes without coming nearer in the judge's.

    Args:
        teacher: keras.Model, as from `architectures.teacher.build`.
        images: uint8 N×28×28×1.
        labels: int N.
        augmentation: training.augmentation.Augmentation.
        seed: int, of the order of the images and of the distortions.
        after_step: called without arguments after every step; what it raises ends the training.
    """
    keras.utils.set_random_seed(seed)
    classifiers = keras.Model(teacher.input, teacher.outputs[-1])
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
    *_, logits = teacher.predict(as_input(images[..., 0]), batch_size=500, verbose=0)
    answers = ops.convert_to_numpy(ops.mean(ops.log_softmax(logits), axis=1))
    sure = answers[np.arange(len(labels)), labels]
    chosen = []
    for label in np.unique(labels):
        those = np.flatnonzero(labels == label)
        chosen.append(those[np.argsort(-sure[those], kind="stable")][: max(1, round(share * len(those)))])
    return np.sort(np.concatenate(chosen))


def goal(teacher, images, mirror=False):
    """What generated pictures have to be like, once for all steps.

    Args:
        teacher: keras.Model, trained.
        images: uint8 N×28×28×1.
        mirror: True to swap left and right in every other image.

    Returns:
        Goal.
    """
    if mirror:
        images = np.concatenate([images[::2], images[1::2, :, ::-1]])
    *seen, logits = teacher.predict(as_input(images[..., 0]), batch_size=500, verbose=0)
    return goal_of(seen, logits)


def goal_of(seen, logits):
    """The same from what a teacher has seen: list of float32 arrays N×K×F, the brightness last; N×K×C."""
    variances = [each.var(axis=0).sum(axis=1, keepdims=True) for each in seen]
    variances[-1] /= BRIGHTNESS
    widths = [each.shape[-1] for each in seen]
    unit = np.sqrt(np.repeat(np.concatenate(variances, axis=1), widths, axis=1))
    features = np.concatenate(seen, axis=2) / unit
    covariance = np.stack([np.cov(member.T) for member in features.swapaxes(0, 1)])
    root = symmetric_root(covariance + _ridge(covariance.shape[-1]))
    arrays = unit, features.mean(axis=0), covariance, root
    shares = ops.convert_to_numpy(ops.mean(ops.softmax(logits), axis=0))
    return Goal(*(array.astype(np.float32) for array in arrays), float(doubt(logits)), shares)


def lesson(teacher, real, memory, generated, forget):
    """How far generated pictures are from real ones in the teacher's eyes.

    Args:
        teacher: keras.Model, trained.
        real: Goal.
        memory: Memory, which takes note of these pictures.
        generated: float32 tensor N×28×28×1 in [-1, 1].
        forget: share of the memory that makes room for these pictures; FORGETTING says how much.

    Returns:
        Scalar tensor: the mean of the members' `way`; what the doubt about generated
        pictures exceeds that about real ones by; and how differently often their classes are seen.
    """
    *seen, logits = teacher((generated + 1) / 2, training=False)
    excess = ops.relu(doubt(logits) - real.doubt)
    return (
        DISTANCE * ops.mean(way(real, memory, ops.concatenate(seen, axis=2), forget))
        + DOUBT * excess
        + IMBALANCE * imbalance(real.shares, logits)
    )


def way(real, memory, features, forget):
    """How far features have to go to be spread as the real ones, by the shortest way.

    Args:
        real: Goal.
        memory: Memory, which takes note of these features.
        features: float32 tensor N×K×F.
        forget: share of the memory that makes room for them.

    Returns:
        Tensor K: mean squared ways. Their slope is that of the Fréchet distance between the remembered
        features and the real ones, in the goal's unit.
    """
    features = ops.transpose(features / real.unit - real.mean, (1, 0, 2))  # K×N×F
    from_real = ops.stop_gradient(features)
    second = ops.matmul(ops.transpose(from_real, (0, 2, 1)), from_real) / from_real.shape[1] - real.covariance
    for moment, now in ((memory.mean, ops.mean(from_real, axis=1)), (memory.second, second)):
        moment.assign((1 - forget) * moment + forget * now)
    offset = memory.mean[:, None]
    covariance = memory.second + real.covariance - ops.transpose(offset, (0, 2, 1)) * offset
    target = ops.matmul(from_real - offset, _transport(real, covariance))
    return ops.mean(ops.sum((features - target) ** 2, axis=2), axis=1)


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


def doubt(logits):
    """Mean entropy of classifiers' answers, in nats: 0 when sure, ln 10 when guessing."""
    return -ops.mean(ops.sum(ops.softmax(logits) * ops.log_softmax(logits), axis=-1))


def imbalance(real, logits):
    """Kullback-Leibler divergence of the classes' shares, in nats: 0 when each is seen as often as in real
    images; the members' mean.

    Args:
        real: float32 array K×C, their shares in real images.
        logits: float32 tensor N×K×C.
    """
    generated = ops.mean(ops.softmax(logits), axis=0)
    return ops.mean(ops.sum(real * (ops.log(real + 1e-6) - ops.log(generated + 1e-6)), axis=-1))
