"""Training a Keras classifier: what a step does, and how it is validated."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

from mnist_models import metrics
from mnist_models.images.normalize import as_input
from mnist_models.training import backend, device, loop, models, optimizers
from mnist_models.training.augment import KINDS, warp
from mnist_models.training.loop import Seen
from mnist_models.training.progress import Fitted

CLASSES = 10
FIRST_LOOK = 1.0  # seconds of training before the first confusion matrix ...
FIRST_LOOK_AT = 500  # ... of so many validation images
BATCHES_AHEAD = 8  # distorted in a thread beside the training
LEAST_PROBABILITY = 1e-7  # of which a logarithm is taken


class KerasTrainer(loop.Trainer):
    """A Keras model that learns to answer with what it is told, and the running averages of its weights.

    Args:
        model: keras.Model, built under the recipe's dtype policy.
        recipe: recipes.ClassifierRecipe.
        images: int, of an epoch.
        progress: progress.Progress.
    """

    def __init__(self, model, recipe, images, progress):
        self.model, self.recipe, self.progress, self.images = model, recipe, progress, images
        self.steps = -(-images // recipe.batch_size)
        stretch = progress.steps_of_stretch(self.steps)
        self.optimizer = optimizers.build(recipe, stretch, progress.steps_begun)
        self.optimizer.build(model.trainable_variables)
        self.averages = [keras.Variable(variable, trainable=False) for variable in model.trainable_variables]
        self.variables = [variable for group in self.groups().values() for variable in group]
        self._step = backend.compile_step(self._learn, self.variables)
        self._answer = backend.compile_step(lambda x: model(x, training=False), model.variables)

    def groups(self):
        return {
            "model": self.model.variables,
            "optimizer": self.optimizer.variables,
            "averages": self.averages,
        }

    def begin_with(self, start):
        """Take over a model's weights."""
        self.model.set_weights(start.get_weights())
        for average, variable in zip(self.averages, self.model.trainable_variables, strict=True):
            average.assign(variable)

    def step(self, batch):
        kept = optimizers.momentum(self.recipe.weight_average, self.progress.total_steps)
        return self._step(batch | {"keep": np.float32(kept)})

    def _learn(self, inputs):
        """The step, before it is compiled: gradients of the loss, an update, and the averages follow."""

        def loss():
            figures = self.loss(inputs)
            return figures["loss"] + sum(self.model.losses), figures  # with what the weights cost (L2)

        learned = self.model.trainable_variables
        value, figures, gradients = backend.loss_and_gradients(loss, learned, self.variables)
        self.optimizer.apply(gradients, learned)
        optimizers.update_averages(self.averages, learned, inputs["keep"])
        return figures | {"loss": value}

    def loss(self, inputs) -> dict:
        """The figures of a batch, scalar tensors, "loss" first."""
        raise NotImplementedError

    def weights(self):
        with self.averaged():
            return self.model.get_weights()

    @contextmanager
    def averaged(self):
        """While it lasts, the model has the averages in place of its weights."""
        learned = self.model.trainable_variables
        before = [np.array(ops.convert_to_numpy(variable)) for variable in learned]
        for variable, average in zip(learned, self.averages, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for variable, value in zip(learned, before, strict=True):
                variable.assign(value)

    def answers(self, images, batch=500):
        """What the model with averaged weights says of uint8 images: array N×…"""
        with self.averaged():
            parts = [images[first : first + batch] for first in range(0, len(images), batch)]
            return np.concatenate([ops.convert_to_numpy(self._answer(as_input(part))) for part in parts])

    def order(self, epoch):
        """An epoch's batches of numbers of images, the same whenever they are asked for."""
        order = np.random.default_rng([self.recipe.seed, epoch]).permutation(self.images)
        return np.split(order, range(self.recipe.batch_size, self.images, self.recipe.batch_size))


class ClassifierTrainer(KerasTrainer):
    """A classifier that learns from images and their labels, and is validated on others."""

    def __init__(self, network, recipe, data, progress):
        super().__init__(models.build(network, recipe), recipe, len(data.x), progress)
        self.data = data
        self.spread_out = data.y.ndim == 2
        self.looks_every = np.inf if progress.history else FIRST_LOOK
        self.on_device = {}
        if not recipe.augment:  # else NumPy distorts its own
            kept = {"images": data.x[..., np.newaxis], "labels": data.y}
            self.on_device = {name: device.put(array) for name, array in kept.items()}

    def loss(self, inputs):
        images, labels = inputs["images"], inputs["labels"]
        if "chosen" in inputs:
            images = device.look_up(images, inputs["chosen"])
            labels = ops.take(labels, inputs["chosen"], axis=0)
        answers = self.model(images, training=True)
        read = ops.argmax(answers[:, : self.data.classes], axis=-1)
        if self.spread_out:
            loss = keras.losses.categorical_crossentropy(labels, answers)
            labels = ops.argmax(labels, axis=-1)
        else:
            loss = keras.losses.sparse_categorical_crossentropy(labels, answers)
        right = ops.equal(ops.cast(labels, "int32"), ops.cast(read, "int32"))
        return {"loss": ops.mean(loss), "accuracy": ops.mean(ops.cast(right, "float32"))}

    def batches(self, progress):
        """Numbers of images that the step looks up, or distorted images."""
        chosen = self.order(progress.epoch)
        steps = range(progress.step, self.steps)
        if not self.recipe.augment:
            return (self.on_device | {"chosen": chosen[step]} for step in steps)

        def distorted(step, epoch=progress.epoch):
            rng = np.random.default_rng([self.recipe.seed, epoch, step])
            images = warp(self.data.x[chosen[step]], KINDS[self.data.distortions], rng)
            return {"images": images, "labels": self.data.y[chosen[step]]}

        return in_advance(distorted, steps)

    def look(self):
        """A confusion matrix of a few validation images, soon: the first epoch may take long to end."""
        self.looks_every = np.inf
        answers = self.answers(self.data.x_val[:FIRST_LOOK_AT])
        return Seen(confusion=self.confusion(self.data.y_val[:FIRST_LOOK_AT], answers))

    def validate(self):
        labels, answers = self.data.y_val, self.answers(self.data.x_val)
        right = answers[np.arange(len(labels)), labels]
        with self.averaged():
            cost_of_weights = float(sum(self.model.losses))
        figures = {
            "val_loss": float(-np.log(np.maximum(right, LEAST_PROBABILITY)).mean()) + cost_of_weights,
            "val_accuracy": float((self.read(answers) == labels).mean()),
        }
        return Seen(figures, confusion=self.confusion(labels, answers))

    def read(self, answers):
        """The most probable class of every row; outputs beyond the classes of the data are never read."""
        return answers[:, : self.data.classes].argmax(axis=1)

    def confusion(self, labels, answers):
        return metrics.confusion_matrix(labels, self.read(answers), CLASSES)

    def merit(self, figures):
        return most_read_right(figures)


def most_read_right(figures) -> tuple:
    """The merit of a classifier: validation images read right; the loss decides between equals.

    It alone would be a poor judge of a network that also learns to doubt: `reader`'s was lowest after 6 of 24
    epochs, while it went on to read ever more digits.
    """
    return figures["val_accuracy"], -figures["val_loss"]


def in_advance(make, steps):
    """Call a function for every step, some steps ahead, in a thread beside the training."""
    pool = ThreadPoolExecutor(1)
    waiting = deque()
    try:
        for step in steps:
            waiting.append(pool.submit(make, step))
            if len(waiting) > BATCHES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def fit(network, run, data, watch, start=None):
    """Train a classifier of the catalog.

    Args:
        network: catalog.Network.
        run: loop.Run with a recipes.ClassifierRecipe.
        data: training.data.TrainingData.
        watch: training.progress.Watch.
        start: keras.Model of the same network whose weights a new training begins with; None for new ones.

    Returns:
        Fitted, with the weights of the epoch with the highest validation accuracy.

    Raises:
        progress.Pause, progress.TrainingFailed: as `loop.train`.
        DigitLabError: for an unknown optimiser, schedule or activation.
    """
    recipe = run.recipe
    keras.utils.set_random_seed(recipe.seed)
    with device.precision_of(recipe):
        trainer = ClassifierTrainer(network, recipe, data, run.progress)
        if start is not None:
            trainer.begin_with(start)
        interrupted = loop.train(run, trainer, watch)
    with device.dtype_policy("float32"):  # what gets exported
        model = models.build_finished(network, recipe)
    model.set_weights(run.best or trainer.weights())
    return Fitted((model,), recipe, run.progress, interrupted, run.notes)
