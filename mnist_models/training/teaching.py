"""A classifier teaches a generator what its pictures have to look like as a whole.

The discriminators of our generators have two or three layers: they see whether strokes are right, hardly
whether the strokes make up one digit. A classifier trained on the same images does. In its features the
generated pictures are to be spread as the real ones are (Santos, Mroueh, Padhi, Dognin 2019, "Learning
Implicit Generative Models by Matching Perceptual Features", arXiv:1904.02762), here by the energy distance
(Székely and Rizzo 2013). They are to leave it in no more doubt than real ones do, and to show every class as
often (Springenberg 2015, arXiv:1511.06390): without the latter a generator of clothes gave up shirts, which
are hard to tell from coats.
"""

import keras
from keras import ops

from mnist_models.preprocessing import as_input
from mnist_models.training import hardware

STEPS = 1_400  # of the teacher's own training: three epochs of MNIST ...
MOST_EPOCHS = 20  # ... and more of small data sets
BATCH_SIZE = 128
NAT = 0.2  # weight of a nat, of doubt or of imbalance, beside the energy distances


def learn(teacher, images, labels, seed):
    """Train the teacher as a classifier; nothing changes it afterwards.

    Args:
        teacher: keras.Model, as from `architectures.teacher.build`.
        images: uint8 N×28×28×1.
        labels: int N.
        seed: int, of the order of the images.
    """
    keras.utils.set_random_seed(seed)
    classifier = keras.Model(teacher.input, teacher.outputs[1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile("adam", loss, jit_compile=hardware.xla_pays())
    epochs = min(MOST_EPOCHS, -(-STEPS * BATCH_SIZE // len(images)))
    classifier.fit(as_input(images[..., 0]), labels, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)


def lesson(teacher, real, generated):
    """How far generated pictures are from real ones in the teacher's eyes.

    Args:
        teacher: keras.Model, trained.
        real, generated: float32 tensors N×28×28×1 in [-1, 1], N of at least 2.

    Returns:
        Scalar tensor: the energy distances of features and of logits, in units of the mean distance of two
        real images; what the doubt about generated pictures exceeds that about real ones by; and how
        differently often their classes are seen.
    """
    real_features, real_logits = teacher((real + 1) / 2, training=False)
    features, logits = teacher((generated + 1) / 2, training=False)
    distance = energy_distance(real_features, features) + energy_distance(real_logits, logits)
    excess = ops.relu(doubt(logits) - doubt(real_logits))
    return distance + NAT * (excess + imbalance(real_logits, logits))


def energy_distance(a, b):
    """Energy distance of the distributions of which a and b are samples, estimated without bias.

    2 E|A − B| − E|A − A'| − E|B − B'|, divided by E|A − A'|: 0 exactly when the distributions are the same,
    though an estimate from samples may be below.

    Args:
        a, b: float32 tensors N×F, M×F.

    Returns:
        Scalar tensor. No gradient flows through the unit.
    """
    unit = _mean_distance_within(a)
    distance = 2 * ops.mean(_distances(a, b)) - unit - _mean_distance_within(b)
    return distance / ops.stop_gradient(unit)


def doubt(logits):
    """Mean entropy of a classifier's answers, in nats: 0 when sure, ln 10 when guessing."""
    return -ops.mean(ops.sum(ops.softmax(logits) * ops.log_softmax(logits), axis=-1))


def imbalance(real_logits, logits):
    """Kullback-Leibler divergence of the classes' shares, in nats: 0 when each is seen as often as in real
    images."""
    real, generated = (ops.mean(ops.softmax(each), axis=0) for each in (real_logits, logits))
    return ops.sum(real * (ops.log(real + 1e-6) - ops.log(generated + 1e-6)))


def _mean_distance_within(a):
    """Mean distance of two different rows."""
    count = a.shape[0]
    return ops.sum(_distances(a, a) * (1 - ops.eye(count))) / (count * (count - 1))


def _distances(a, b):
    """Of every row of a to every row of b: N×M."""
    squares = ops.sum(a * a, axis=1)[:, None] + ops.sum(b * b, axis=1)[None]
    # The root has no slope at 0, where a row meets itself.
    return ops.sqrt(ops.maximum(squares - 2 * ops.matmul(a, ops.transpose(b)), 1e-4))
