"""Training a Keras classifier with `model.fit`."""

import time
from importlib import import_module

import keras
import numpy as np

from mnist_models.architectures.views import averaged_over_views
from mnist_models.preprocessing import as_input
from mnist_models.training import optimizers, precision
from mnist_models.training.augmentation import KINDS, warp
from mnist_models.training.averaging import RunningAverage
from mnist_models.training.watching import Best, Fitted


def fit(network, recipe, data, watch, start=None):
    """Train a network of the catalog.

    Args:
        network: catalog.Network.
        recipe: catalog.Recipe.
        data: training.data.TrainingData.
        watch: training.watching.Watch.
        start: keras.Model of the same network whose weights training begins with; None for new ones.

    Returns:
        Fitted, with the weights of the epoch with the highest validation accuracy. Ctrl-C ends
        training early and keeps the best weights so far.

    Raises:
        ValueError: for an unknown optimiser, schedule or activation.
    """
    keras.utils.set_random_seed(recipe.seed)
    with precision.of(recipe):
        model = build(network, recipe)
        if start is not None:
            model.set_weights(start.get_weights())
        soft_targets = data.y.ndim == 2
        loss = "categorical_crossentropy" if soft_targets else "sparse_categorical_crossentropy"
        steps = -(-len(data.x) // recipe.batch_size)
        model.compile(
            optimizer=optimizers.build(recipe, steps * recipe.epochs),
            loss=loss,
            metrics=["accuracy"],
            jit_compile=False,  # XLA was four times slower on CPUs
            steps_per_execution=max(1, min(10, steps // 20)),
        )
        best = Best(recipe.patience)
        history = []
        average = RunningAverage(recipe.weight_average)
        follower = _Follower(best, history, watch, recipe, steps, average)
        begun = time.perf_counter()
        interrupted = False
        try:
            model.fit(
                **_inputs(recipe, data),
                validation_data=_validation(data, soft_targets),
                validation_batch_size=500,
                epochs=recipe.epochs,
                callbacks=[average, follower],
                verbose=0,
            )
        except KeyboardInterrupt:
            interrupted = True
        seconds = time.perf_counter() - begun
        weights = best.weights or average.current_weights()
    return Fitted(_in_float32(network, recipe, weights), history, best.epoch, interrupted, seconds)


def build(network, recipe):
    """Call the network's builder."""
    module, function = network.builder.split(":")
    return getattr(import_module(module), function)(recipe)


def build_finished(network, recipe):
    """The network as it is exported: with the same weights, and all that is added after training."""
    model = build(network, recipe)
    return averaged_over_views(model) if network.looks_again else model


class _Follower(keras.callbacks.Callback):
    """Passes what happens to the watch, and keeps the best weights."""

    def __init__(self, best, history, watch, recipe, steps, average):
        super().__init__()
        self.best, self.history, self.watch = best, history, watch
        self.recipe, self.steps, self.average = recipe, steps, average

    def on_train_begin(self, logs=None):
        self.watch.on_start(self.recipe.epochs, self.steps, self.recipe.batch_size)

    def on_train_batch_end(self, batch, logs=None):
        self.watch.on_step(batch + 1, logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        metrics = {key: float(logs[key]) for key in ("loss", "accuracy", "val_loss", "val_accuracy")}
        self.history.append(metrics)
        self.best.offer(epoch + 1, metrics, self.average.current_weights())
        self.watch.on_epoch(epoch + 1, metrics)
        if self.best.stalled:
            self.model.stop_training = True


class _Distorted(keras.utils.PyDataset):
    """Batches in a new order and with new distortions every epoch, made in a thread of their own."""

    def __init__(self, data, recipe):
        super().__init__(workers=1, max_queue_size=8)
        self.data, self.recipe = data, recipe
        self.epoch = 0
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.data.x) // self.recipe.batch_size)

    def __getitem__(self, index):
        size = self.recipe.batch_size
        chosen = self.order[index * size : (index + 1) * size]
        rng = np.random.default_rng([self.recipe.seed, self.epoch, index])
        return warp(self.data.x[chosen], KINDS[self.recipe.distortions], rng), self.data.y[chosen]

    def on_epoch_end(self):
        self.epoch += 1
        rng = np.random.default_rng([self.recipe.seed, self.epoch])
        self.order = rng.permutation(len(self.data.x))


def _inputs(recipe, data):
    if recipe.augment:
        return {"x": _Distorted(data, recipe)}
    return {"x": as_input(data.x), "y": data.y, "batch_size": recipe.batch_size}


def _validation(data, soft_targets):
    y = np.eye(10, dtype=np.float32)[data.y_val] if soft_targets else data.y_val
    return as_input(data.x_val), y


def _in_float32(network, recipe, weights):
    """The same network outside mixed precision, which is what gets exported."""
    with precision.policy("float32"):
        model = build_finished(network, recipe)
    model.set_weights(weights)
    return model
