"""A classifier teaches a generator what its pictures have to look like as a whole.

The discriminators of our generators have two or three layers: they see whether strokes are right, hardly
whether the strokes make up one digit. A classifier trained on the same images does. In its features the
generated pictures are to be spread as the real ones are (Santos, Mroueh, Padhi, Dognin 2019, "Learning
Implicit Generative Models by Matching Perceptual Features", arXiv:1904.02762), here by the energy distance
(Székely and Rizzo 2013), taken class by class: between whole batches it would mostly measure by how many
fives one happens to have more than the other. They are to leave it in no more doubt than real ones do, and
to show every class as often (Springenberg 2015, arXiv:1511.06390): without the latter a generator of
clothes gave up shirts, which are hard to tell from coats.
"""

import keras
import numpy as np
from keras import ops

from mnist_models.preprocessing import as_input
from mnist_models.training import hardware

STEPS = 1_400  # of the teacher's own training: three epochs of MNIST ...
MOST_EPOCHS = 20  # ... and more of small data sets
BATCH_SIZE = 128
EXAMPLES = 2_048  # real images a step's pictures are compared with: many, for less noise in the lesson
DOUBT = 0.2  # weight of a nat beside the energy distances
IMBALANCE = 1.0


def wanted(recipe):
    """Whether a catalog.AdversarialRecipe needs a teacher: to learn from, or to choose the images."""
    return recipe.teacher > 0 or recipe.clearest < 1


def learn(teacher, images, labels, seed, after_step=lambda: None):
    """Train the teacher as a classifier; nothing changes it afterwards.

    Args:
        teacher: keras.Model, as from `architectures.teacher.build`.
        images: uint8 N×28×28×1.
        labels: int N.
        seed: int, of the order of the images.
        after_step: called without arguments after every step; what it raises ends the training.
    """
    keras.utils.set_random_seed(seed)
    classifier = keras.Model(teacher.input, teacher.outputs[1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile("adam", loss, jit_compile=hardware.xla_pays())
    epochs = min(MOST_EPOCHS, -(-STEPS * BATCH_SIZE // len(images)))
    watched = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: after_step())
    x = as_input(images[..., 0])
    classifier.fit(x, labels, batch_size=BATCH_SIZE, epochs=epochs, callbacks=[watched], verbose=0)


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
    logits = ops.log_softmax(examples(teacher, images)["logits"])
    sure = ops.convert_to_numpy(logits)[np.arange(len(labels)), labels]
    chosen = []
    for label in np.unique(labels):
        those = np.flatnonzero(labels == label)
        chosen.append(those[np.argsort(-sure[those], kind="stable")][: max(1, round(share * len(those)))])
    return np.sort(np.concatenate(chosen))


def examples(teacher, images, mirror=False):
    """What the teacher sees in real images, once for all steps.

    Args:
        teacher: keras.Model, trained.
        images: uint8 N×28×28×1.
        mirror: True to swap left and right in every other image.

    Returns:
        {"features": float32 array N×128, "logits": float32 array N×10}.
    """
    if mirror:
        images = np.concatenate([images[::2], images[1::2, :, ::-1]])
    features, logits = teacher.predict(as_input(images[..., 0]), batch_size=500, verbose=0)
    return {"features": features, "logits": logits}


def lesson(teacher, real, generated):
    """How far generated pictures are from real ones in the teacher's eyes.

    Args:
        teacher: keras.Model, trained.
        real: dict as from `examples`, of tensors M×F and M×C.
        generated: float32 tensor N×28×28×1 in [-1, 1], N of at least 2.

    Returns:
        Scalar tensor: the energy distances of features and of logits; what the doubt about generated
        pictures exceeds that about real ones by; and how differently often their classes are seen.
    """
    features, logits = teacher((generated + 1) / 2, training=False)
    classes = [ops.argmax(each, axis=-1) for each in (real["logits"], logits)]
    distance = energy_distance(real["features"], features, *classes)
    distance = distance + energy_distance(real["logits"], logits, *classes)
    excess = ops.relu(doubt(logits) - doubt(real["logits"]))
    return distance + DOUBT * excess + IMBALANCE * imbalance(real["logits"], logits)


def energy_distance(a, b, classes_of_a, classes_of_b):
    """Mean energy distance within the classes of two samples, estimated without bias.

    2 E|A − B| − E|A − A'| − E|B − B'|, divided by E|A − A'|: 0 exactly when the distributions are the same,
    though an estimate from samples may be below.

    Args:
        a, b: float32 tensors M×F, N×F.
        classes_of_a, classes_of_b: int tensors M, N. Rows of `b` count that have others of their class in
            both.

    Returns:
        Scalar tensor.
    """
    in_a, in_b, across = (
        _same(classes_of_a, classes_of_a) - ops.eye(len(a)),
        _same(classes_of_b, classes_of_b) - ops.eye(len(b)),
        _same(classes_of_b, classes_of_a),
    )
    within_a, within_b = _mean_distances(a, a, in_a), _mean_distances(b, b, in_b)
    others = ops.sum(across, axis=1)
    of_a = ops.matmul(across, within_a[:, None])[:, 0] / ops.maximum(others, 1)
    counts = ops.cast((others > 1) & (ops.sum(in_b, axis=1) > 0), "float32")
    distances = counts * (2 * _mean_distances(b, a, across) - of_a - within_b)
    return ops.sum(distances) / ops.maximum(ops.sum(counts), 1) / ops.mean(within_a)


def doubt(logits):
    """Mean entropy of a classifier's answers, in nats: 0 when sure, ln 10 when guessing."""
    return -ops.mean(ops.sum(ops.softmax(logits) * ops.log_softmax(logits), axis=-1))


def imbalance(real_logits, logits):
    """Kullback-Leibler divergence of the classes' shares, in nats: 0 when each is seen as often as in real
    images."""
    real, generated = (ops.mean(ops.softmax(each), axis=0) for each in (real_logits, logits))
    return ops.sum(real * (ops.log(real + 1e-6) - ops.log(generated + 1e-6)))


def _same(classes, others):
    """1 where a row's class is a column's, else 0: float32 tensor N×M."""
    return ops.cast(classes[:, None] == others[None], "float32")


def _mean_distances(a, b, chosen):
    """Of every row of a to those rows of b for which `chosen`, N×M, is 1: tensor N."""
    return ops.sum(_distances(a, b) * chosen, axis=1) / ops.maximum(ops.sum(chosen, axis=1), 1)


def _distances(a, b):
    """Of every row of a to every row of b: N×M."""
    squares = ops.sum(a * a, axis=1)[:, None] + ops.sum(b * b, axis=1)[None]
    # The root has no slope at 0, where a row meets itself.
    return ops.sqrt(ops.maximum(squares - 2 * ops.matmul(a, ops.transpose(b)), 1e-4))
