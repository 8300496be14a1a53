"""Training a network of raw TensorFlow ops with a loop of its own.

What `model.fit` does elsewhere is spelled out here: shuffle, take a batch, record the operations
on a tape, ask it for gradients, let the optimiser apply them, average the weights, validate.
"""

import time
from importlib import import_module

import keras
import numpy as np
import tensorflow as tf

from mnist_models.preprocessing import as_input
from mnist_models.training import optimizers
from mnist_models.training.augmentation import Augmentation, warp
from mnist_models.training.averaging import momentum
from mnist_models.training.watching import Best, Fitted


def fit(network, recipe, data, watch, start=None):
    """Train a network whose builder's module has `variables` and `logits`.

    Args:
        network: catalog.Network; `builder` names that module and its `logits`.
        recipe: catalog.Recipe.
        data: training.data.TrainingData.
        watch: training.watching.Watch.
        start: RawModel of the same network whose weights training begins with; None for new ones.

    Returns:
        Fitted; its model is a thin `keras.Model` around `logits`, for export.
    """
    tf.random.set_seed(recipe.seed)
    architecture = architecture_of(network)
    parameters = start.parameters if start else architecture.variables(recipe.seed)
    trained = list(parameters.values())
    averages = [tf.Variable(variable) for variable in trained]
    steps = len(data.x) // recipe.batch_size
    optimizer = optimizers.build(recipe, steps * recipe.epochs)
    optimizer.build(trained)

    @tf.function(reduce_retracing=True)
    def train_step(images, labels):
        with tf.GradientTape() as tape:
            logits = architecture.logits(parameters, images, recipe.dropout)
            loss = _loss(logits, labels)
        optimizer.apply(tape.gradient(loss, trained), trained)
        kept = momentum(recipe.weight_average, tf.cast(optimizer.iterations, tf.float32))
        for average, variable in zip(averages, trained, strict=True):
            average.assign(kept * average + (1 - kept) * variable)
        return loss, _accuracy(logits, labels)

    @tf.function(reduce_retracing=True)
    def validate(images, labels):
        logits = architecture.logits(dict(zip(parameters, averages, strict=True)), images)
        return _loss(logits, labels), _accuracy(logits, labels)

    best, history, interrupted = Best(recipe.patience), [], False
    validation = _tensors(data.x_val, data.y_val)
    watch.on_start(recipe.epochs, steps, recipe.batch_size)
    begun = time.perf_counter()
    try:
        for epoch in range(1, recipe.epochs + 1):
            loss = accuracy = 0.0
            for step, batch in enumerate(_batches(data, recipe, epoch), start=1):
                figures = train_step(*batch)
                loss += float(figures[0])
                accuracy += float(figures[1])
                watch.on_step(step, loss / step)
            val_loss, val_accuracy = validate(*validation)
            history.append(
                {
                    "loss": loss / steps,
                    "accuracy": accuracy / steps,
                    "val_loss": float(val_loss),
                    "val_accuracy": float(val_accuracy),
                }
            )
            best.offer(epoch, history[-1], [average.numpy() for average in averages])
            watch.on_epoch(epoch, history[-1])
            if best.stalled:
                break
    except KeyboardInterrupt:
        interrupted = True
    seconds = time.perf_counter() - begun
    for variable, weight in zip(trained, best.weights or [a.numpy() for a in averages], strict=True):
        variable.assign(weight)
    return Fitted(RawModel(architecture.logits, parameters), history, best.epoch, interrupted, seconds)


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


def _batches(data, recipe, epoch):
    """The training images in a new order, as float32 batches; the last, smaller one is left out."""
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(data.x))
    for first in range(0, len(order) - recipe.batch_size + 1, recipe.batch_size):
        chosen = order[first : first + recipe.batch_size]
        yield _images(data.x[chosen], recipe, epoch, first), tf.constant(data.y[chosen].astype(np.int32))


def _images(images, recipe, epoch, first):
    if recipe.augment:
        return tf.constant(warp(images, Augmentation(), np.random.default_rng([recipe.seed, epoch, first])))
    return tf.constant(as_input(images))


def _tensors(images, labels):
    return tf.constant(as_input(images)), tf.constant(labels.astype(np.int32))


def _loss(logits, labels):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def _accuracy(logits, labels):
    hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
    return tf.reduce_mean(tf.cast(hits, tf.float32))
