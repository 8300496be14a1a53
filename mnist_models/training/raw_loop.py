"""Training a network of raw TensorFlow ops.

What Keras does elsewhere is spelled out here: take a batch, record the operations on a tape, ask it for
gradients, let the optimiser apply them, average the weights, validate.
"""

from importlib import import_module

import keras
import numpy as np
import tensorflow as tf

from mnist_models.images.normalize import as_input
from mnist_models.training import device, loop, models, optimizers
from mnist_models.training.augment import KINDS, warp
from mnist_models.training.keras_loop import CLASSES, FIRST_LOOK, FIRST_LOOK_AT, most_read_right
from mnist_models.training.loop import Seen
from mnist_models.training.progress import Fitted


class RawTrainer(loop.Trainer):
    """A network whose builder's module has `variables` and `logits`, and running averages of its weights."""

    def __init__(self, network, recipe, data, progress):
        self.recipe, self.progress, self.data = recipe, progress, data
        self.architecture = _architecture_of(network)
        self.steps = models.whole_batches(len(data.x), recipe.batch_size)
        self.looks_every = np.inf if progress.history else FIRST_LOOK
        self.parameters = self.architecture.variables(recipe.seed, tf)
        self.trained = list(self.parameters.values())
        self.averages = [tf.Variable(variable) for variable in self.trained]
        stretch = progress.steps_of_stretch(self.steps)
        self.optimizer = optimizers.build(recipe, stretch, progress.steps_begun)
        self.optimizer.build(self.trained)
        # NumPy distorts its own images.
        self.kept = None if recipe.augment else device.put(data.x[..., np.newaxis])
        self.labels = device.put(data.y.astype(np.int32))

    def groups(self):
        return {
            "parameters": self.trained,
            "averages": self.averages,
            "optimizer": self.optimizer.variables,
        }

    def step(self, batch):
        kept = optimizers.momentum(self.recipe.weight_average, self.progress.total_steps)
        return self._step(*batch, tf.constant(kept, tf.float32))

    @tf.function(reduce_retracing=True)
    def _step(self, images, labels, kept):
        seed = tf.stack([self.recipe.seed, tf.cast(self.optimizer.iterations, tf.int32)])
        with tf.GradientTape() as tape:
            logits = self.architecture.logits(self.parameters, images, tf, self.recipe.dropout, seed)
            loss = _loss(logits, labels)
        self.optimizer.apply(tape.gradient(loss, self.trained), self.trained)
        optimizers.update_averages(self.averages, self.trained, kept)
        return {"loss": loss, "accuracy": _accuracy(logits[:, : self.data.classes], labels)}

    def batches(self, progress):
        """Images in a new order, as float32 batches; the last, smaller one is left out."""
        epoch, size = progress.epoch + 1, self.recipe.batch_size
        order = np.random.default_rng([self.recipe.seed, epoch]).permutation(len(self.data.x))
        for step in range(progress.step, self.steps):
            chosen = order[step * size : (step + 1) * size]
            if self.recipe.augment:
                rng = np.random.default_rng([self.recipe.seed, epoch, step * size])
                shown = tf.constant(warp(self.data.x[chosen], KINDS[self.data.distortions], rng))
            else:
                shown = device.look_up(self.kept, chosen)
            yield shown, tf.gather(self.labels, chosen)

    @tf.function(reduce_retracing=True)
    def _read(self, images, labels):
        averages = dict(zip(self.parameters, self.averages, strict=True))
        logits = self.architecture.logits(averages, images, tf)
        among = logits[:, : self.data.classes]
        return _loss(logits, labels), _accuracy(among, labels), _confusion(among, labels)

    def look(self):
        self.looks_every = np.inf
        few = slice(FIRST_LOOK_AT)
        return Seen(confusion=self._read(*_tensors(self.data.x_val[few], self.data.y_val[few]))[-1].numpy())

    def validate(self):
        loss, accuracy, confusion = self._read(*_tensors(self.data.x_val, self.data.y_val))
        figures = {"val_loss": float(loss), "val_accuracy": float(accuracy)}
        return Seen(figures, confusion=confusion.numpy())

    def merit(self, figures):
        return most_read_right(figures)

    def weights(self):
        return [average.numpy() for average in self.averages]


def fit(network, run, data, watch, start=None):
    """Train a network of raw TensorFlow ops.

    Args:
        network: catalog.Network; `builder` names a module with `variables` and `logits`.
        run, data, watch: as for `keras_loop.fit`.
        start: RawModel of the same network whose weights a new training begins with; None for new ones.

    Returns:
        Fitted; its model is a thin `keras.Model` around `logits`, for export.

    Raises:
        As `keras_loop.fit`.
    """
    trainer = RawTrainer(network, run.recipe, data, run.progress)
    if start is not None:
        for name, variable in trainer.parameters.items():
            variable.assign(start.parameters[name])
        for average, variable in zip(trainer.averages, trainer.trained, strict=True):
            average.assign(variable)
    interrupted = loop.train(run, trainer, watch)
    best = dict(zip(trainer.parameters, run.best or trainer.weights(), strict=True))
    return Fitted((model(network, best),), run.recipe, run.progress, interrupted, run.notes)


def model(network, arrays):
    """The network as a Keras model.

    Args:
        network: catalog.Network.
        arrays: dict of arrays, its parameters.
    """
    parameters = {name: tf.Variable(np.float32(array)) for name, array in arrays.items()}
    return RawModel(_architecture_of(network).logits, parameters)


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
        return tf.nn.softmax(self.logits(self.parameters, images, tf))


def _architecture_of(network):
    """The module with a raw network's `variables` and `logits`."""
    return import_module(network.builder.split(":")[0])


def _tensors(images, labels):
    return tf.constant(as_input(images)), tf.constant(labels.astype(np.int32))


def _loss(logits, labels):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def _accuracy(logits, labels):
    hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), labels)
    return tf.reduce_mean(tf.cast(hits, tf.float32))


def _confusion(logits, labels):
    return tf.math.confusion_matrix(labels, tf.argmax(logits, axis=1), CLASSES)
