"""Training a network of raw TensorFlow ops with a loop of its own.

What `model.fit` does elsewhere is spelled out here: shuffle, take a batch, record the operations
on a tape, ask it for gradients, let the optimiser apply them, average the weights, validate.
"""

from importlib import import_module

import keras
import numpy as np
import tensorflow as tf

from mnist_models.images.normalize import as_input
from mnist_models.training import device_images, interrupts, optimizers
from mnist_models.training.augment import KINDS, warp
from mnist_models.training.averaging import momentum
from mnist_models.training.loop import FIRST_LOOK_AT, Resumable
from mnist_models.training.progress import Fitted

_FIGURES = "loss", "accuracy"


def fit(network, recipe, data, watch, start=None, *, folder=None, resume=False, epochs=None):
    """Train a network whose builder's module has `variables` and `logits`.

    Args:
        network: catalog.Network; `builder` names that module and its `logits`.
        recipe: recipes.ClassifierRecipe; of a resumed training the same.
        data: training.data.TrainingData.
        watch: training.progress.Watch.
        start: RawModel of the same network whose weights training begins with; None for new ones.
        folder, resume, epochs: see `loop.Resumable`.

    Returns:
        Fitted; its model is a thin `keras.Model` around `logits`, for export.

    Raises:
        As `keras_loop.fit`.
    """
    training = Resumable(recipe, folder, resume, epochs)
    progress, best = training.progress, training.best
    architecture = architecture_of(network)
    parameters = start.parameters if start else architecture.variables(recipe.seed)
    trained = list(parameters.values())
    averages = [tf.Variable(variable) for variable in trained]
    steps = len(data.x) // recipe.batch_size
    if not steps:
        raise ValueError(f"A batch of {recipe.batch_size} needs more than {len(data.x)} images.")
    optimizer = optimizers.build(recipe, progress.steps_of_stretch(steps), progress.steps_begun)
    optimizer.build(trained)

    @tf.function(reduce_retracing=True)
    def train_step(images, labels):
        seed = tf.stack([recipe.seed, tf.cast(optimizer.iterations, tf.int32)])
        with tf.GradientTape() as tape:
            logits = architecture.logits(parameters, images, recipe.dropout, seed)
            loss = _loss(logits, labels)
        optimizer.apply(tape.gradient(loss, trained), trained)
        kept = momentum(recipe.weight_average, tf.cast(optimizer.iterations, tf.float32))
        for average, variable in zip(averages, trained, strict=True):
            average.assign(kept * average + (1 - kept) * variable)
        return loss, _accuracy(logits, labels)

    @tf.function(reduce_retracing=True)
    def validate(images, labels):
        logits = architecture.logits(dict(zip(parameters, averages, strict=True)), images)
        return _loss(logits, labels), _accuracy(logits, labels), _confusion(logits, labels)

    groups = {"parameters": trained, "averages": averages, "optimizer": optimizer.variables}
    for name, values in (training.saved or {}).items():
        for variable, value in zip(groups[name], values, strict=True):
            variable.assign(value)

    def state():
        arrays = {name: [np.array(v.numpy()) for v in variables] for name, variables in groups.items()}
        return arrays, {}

    images = None if recipe.augment else device_images.put(data.x[..., np.newaxis])  # NumPy distorts its own
    labels = device_images.put(data.y.astype(np.int32))
    validation = _tensors(data.x_val, data.y_val)
    watch.on_start(progress.target, steps, recipe.batch_size, progress.epoch)
    request = None
    with interrupts.after_steps() as arrived:
        try:
            while not training.is_over:
                loss, accuracy = (progress.step * progress.means.get(name, 0.0) for name in _FIGURES)
                batches = _batches(data, images, labels, recipe, progress)
                for step, batch in enumerate(batches, start=progress.step + 1):
                    figures = train_step(*batch)
                    loss += float(figures[0])
                    accuracy += float(figures[1])
                    training.count_step(step, {"loss": loss / step, "accuracy": accuracy / step})
                    watch.on_step(step, progress.means)
                    if arrived:
                        raise KeyboardInterrupt
                    if training.is_time_to_look():
                        a_few = _tensors(data.x_val[:FIRST_LOOK_AT], data.y_val[:FIRST_LOOK_AT])
                        watch.on_confusion(validate(*a_few)[-1].numpy())
                    if step < steps:
                        training.save_when_due(state)
                val_loss, val_accuracy, confusion = validate(*validation)
                figures = progress.means | {"val_loss": float(val_loss), "val_accuracy": float(val_accuracy)}
                training.count_epoch(figures, [average.numpy() for average in averages])
                watch.on_epoch(progress.epoch, figures)
                watch.on_confusion(confusion.numpy())
                training.save_when_due(state)
        except KeyboardInterrupt as why:
            request = why
        training.end(state, request)
    for variable, weight in zip(trained, best.weights or [a.numpy() for a in averages], strict=True):
        variable.assign(weight)
    model = RawModel(architecture.logits, parameters)
    return Fitted(model, progress.history, best.epoch, request is not None, progress.seconds, training.notes)


def architecture_of(network):
    """The module with a raw network's `variables` and `logits`."""
    return import_module(network.builder.split(":")[0])


class RawModel(keras.Model):
    """A thin Keras shell around a raw network, so that it exports like the others.

    Attributes:
        parameters: dict of tf.Variable, in the order of the architecture.
    """

    def __init__(self, logits, parameters):
        super().__init__()
        self.logits, self.parameters = logits, parameters
        self(tf.zeros((1, 28, 28, 1)))

    def call(self, images):
        return tf.nn.softmax(self.logits(self.parameters, images))


def _batches(data, images, labels, recipe, progress):
    """What is left of an epoch: images in a new order, as float32 batches; the last, smaller one is left
    out."""
    epoch = progress.epoch + 1
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(data.x))
    size = recipe.batch_size
    for first in range(progress.step * size, len(order) - size + 1, size):
        chosen = order[first : first + size]
        if recipe.augment:
            rng = np.random.default_rng([recipe.seed, epoch, first])
            shown = tf.constant(warp(data.x[chosen], KINDS[data.distortions], rng))
        else:
            shown = device_images.look_up(images, chosen)
        yield shown, tf.gather(labels, chosen)


def _tensors(images, labels):
    return tf.constant(as_input(images)), tf.constant(labels.astype(np.int32))


def _loss(logits, labels):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def _accuracy(logits, labels):
    hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
    return tf.reduce_mean(tf.cast(hits, tf.float32))


def _confusion(logits, labels):
    return tf.math.confusion_matrix(labels, tf.argmax(logits, axis=1), logits.shape[-1])
