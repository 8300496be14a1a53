"""Training a Keras classifier with `model.fit`."""

from importlib import import_module

import keras
import numpy as np
import tensorflow as tf

from mnist_models.images.normalize import as_input
from mnist_models.networks.test_time_augmentation import averaged_over_views
from mnist_models.training import device_images, hardware, interrupts, optimizers, precision
from mnist_models.training.augment import KINDS, warp
from mnist_models.training.averaging import RunningAverage
from mnist_models.training.loop import FIRST_LOOK_AT, Resumable
from mnist_models.training.progress import Fitted

CLASSES = 10
_FIGURES = "loss", "accuracy"


def fit(network, recipe, data, watch, start=None, *, folder=None, resume=False, epochs=None):
    """Train a network of the catalog.

    Args:
        network: catalog.Network.
        recipe: recipes.ClassifierRecipe; of a resumed training the same.
        data: training.data.TrainingData.
        watch: training.progress.Watch.
        start: keras.Model of the same network whose weights training begins with; None for new ones.
        folder, resume, epochs: see `loop.Resumable`.

    Returns:
        Fitted, with the weights of the epoch with the highest validation accuracy. Ctrl-C (or a polite
        `kill`) ends training after the current step and keeps the best weights so far; a second one
        ends it at once.

    Raises:
        progress.Pause: when the watch did, once the checkpoint is written.
        progress.TrainingFailed: when the loss is not a number. The checkpoints are from before.
        checkpoints.NoCheckpoint, FileExistsError: see `loop.Resumable`.
        ValueError: for an unknown optimiser, schedule or activation.
    """
    training = Resumable(recipe, folder, resume, epochs)
    progress = training.progress
    keras.utils.set_random_seed(recipe.seed)
    with precision.of(recipe), interrupts.after_steps() as arrived:
        model = build(network, recipe)
        if start is not None:
            model.set_weights(start.get_weights())
        soft_targets = data.y.ndim == 2
        steps = -(-len(data.x) // recipe.batch_size)
        model.compile(
            optimizer=optimizers.build(recipe, progress.steps_of_stretch(steps), progress.steps_begun),
            loss="categorical_crossentropy" if soft_targets else "sparse_categorical_crossentropy",
            metrics=["accuracy", Confusion()],
            jit_compile=hardware.xla_pays(),
            steps_per_execution=max(1, min(10, steps // 20)),
        )
        if not recipe.augment:
            _look_images_up(model, data)
        average = RunningAverage(recipe.weight_average)
        follower = _Follower(training, data, watch, arrived, steps, average)
        follower.restore(model)
        watch.images = len(data.x)
        watch.on_start(progress.target, steps, recipe.batch_size, progress.epoch)
        request = None
        try:
            while not training.is_over:
                # An unfinished epoch is shorter, and needs a `fit` of its own.
                until = progress.epoch + 1 if progress.step else progress.target
                model.fit(
                    _batches(recipe, data, progress, follower),
                    validation_data=_validation(data, soft_targets),
                    validation_batch_size=500,
                    initial_epoch=progress.epoch,
                    epochs=until,
                    callbacks=[average, follower],
                    shuffle=False,  # `_batches` does
                    verbose=0,
                )
        except KeyboardInterrupt as why:
            request = why
        training.end(follower.state, request)
        weights = training.best.weights or average.current_weights()
    return Fitted(
        _in_float32(network, recipe, weights),
        progress.history,
        training.best.epoch,
        request is not None,
        progress.seconds,
        training.notes,
    )


def build(network, recipe):
    """Call the network's builder."""
    module, function = network.builder.split(":")
    return getattr(import_module(module), function)(recipe)


def build_finished(network, recipe):
    """The network as it is exported: with the same weights, and all that is added after training."""
    model = build(network, recipe)
    return averaged_over_views(model) if network.looks_again else model


@keras.saving.register_keras_serializable(package="mnist_models")
class Confusion(keras.metrics.Metric):
    """The confusion matrix: float32 K×K counts, rows true classes, columns the most probable ones."""

    def __init__(self, name="confusion", **kwargs):
        super().__init__(name=name, **kwargs)
        self.counts = self.add_variable((CLASSES, CLASSES), initializer="zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        spread_out = len(y_true.shape) == 2 and y_true.shape[-1] == CLASSES
        labels = keras.ops.argmax(y_true, axis=-1) if spread_out else keras.ops.reshape(y_true, (-1,))
        true = keras.ops.one_hot(keras.ops.cast(labels, "int32"), CLASSES)
        read = keras.ops.one_hot(keras.ops.argmax(y_pred, axis=-1), CLASSES)
        self.counts.assign_add(keras.ops.matmul(keras.ops.transpose(true), read))

    def result(self):
        return keras.ops.convert_to_tensor(self.counts)


class _Follower(keras.callbacks.Callback):
    """Passes what happens to the watch, keeps the best weights, and writes checkpoints."""

    def __init__(self, training, data, watch, arrived, steps, average):
        super().__init__()
        self.training, self.progress = training, training.progress
        self.data, self.watch, self.arrived = data, watch, arrived
        self.steps, self.average = steps, average
        self.epoch = self.progress.epoch

    def restore(self, model):
        """Go on where the training's checkpoint was written."""
        for callback in (self, self.average):
            callback.set_model(model)
        model.optimizer.build(model.trainable_variables)
        saved = self.training.saved
        if saved is None:
            return
        for variables, values in ((model.variables, "model"), (model.optimizer.variables, "optimizer")):
            for variable, value in zip(variables, saved[values], strict=True):
                variable.assign(value)
        self.average.averages, self.average.step = saved.get("averages"), self.training.note["average_step"]

    def state(self):
        groups = {
            "model": [keras.ops.convert_to_numpy(v) for v in self.model.variables],
            "optimizer": [keras.ops.convert_to_numpy(v) for v in self.model.optimizer.variables],
            "averages": self.average.averages or [],
        }
        return groups, {"average_step": self.average.step}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        # Of an epoch that goes on: the steps done before, and their figures, which Keras knows not of.
        self.first, self.before = self.progress.step, self.progress.means

    def on_train_batch_end(self, batch, logs=None):
        step = min(self.first + batch + 1, self.steps)
        self.training.count_step(step, self._means(step, logs))
        self.watch.on_step(step, self.progress.means)
        if self.arrived:
            raise KeyboardInterrupt
        if self.training.is_time_to_look():
            self._look()
        if step < self.steps:
            self.training.save_when_due(self.state)

    def on_epoch_end(self, epoch, logs=None):
        figures = self._means(self.steps, logs)
        figures |= {f"val_{name}": float(logs[f"val_{name}"]) for name in _FIGURES}
        self.training.count_epoch(figures, self.average.current_weights())
        self.watch.on_epoch(epoch + 1, figures)
        self.watch.on_confusion(np.asarray(logs["val_confusion"]).astype(int))
        self.training.save_when_due(self.state)
        if self.training.best.stalled:
            self.model.stop_training = True

    def _means(self, step, logs):
        """The figures over all images of the epoch until this step."""
        batch_size, count = self.training.recipe.batch_size, len(self.data.x)
        before, seen = self.first * batch_size, min(step * batch_size, count)
        return {
            name: (before * self.before.get(name, 0.0) + (seen - before) * float(logs[name])) / seen
            for name in _FIGURES
        }

    def _look(self):
        """A confusion matrix of a few validation images."""
        read = self.model(as_input(self.data.x_val[:FIRST_LOOK_AT]), training=False)
        confusion = Confusion()
        confusion.update_state(self.data.y_val[:FIRST_LOOK_AT], read)
        self.watch.on_confusion(np.asarray(confusion.result()).astype(int))


class _Distorted(keras.utils.PyDataset):
    """Batches in a new order and with new distortions every epoch, made in a thread of their own."""

    def __init__(self, data, recipe, follower, first):
        super().__init__(workers=1, max_queue_size=8)
        self.data, self.recipe, self.follower, self.first = data, recipe, follower, first
        self.epoch, self.order = None, None

    def __len__(self):
        return -(-len(self.data.x) // self.recipe.batch_size) - self.first

    def __getitem__(self, index):
        if self.epoch != self.follower.epoch:
            self.epoch = self.follower.epoch
            self.order = _order(self.recipe, self.epoch, len(self.data.x))
        size, index = self.recipe.batch_size, index + self.first
        chosen = self.order[index * size : (index + 1) * size]
        rng = np.random.default_rng([self.recipe.seed, self.epoch, index])
        return warp(self.data.x[chosen], KINDS[self.data.distortions], rng), self.data.y[chosen]


def _order(recipe, epoch, count):
    """An epoch's order of the images: the same whenever it is asked for."""
    return np.random.default_rng([recipe.seed, epoch]).permutation(count)


def _look_images_up(model, data):
    """Let the model's training step take numbers of images, and look these up on the device."""
    x, y = device_images.put(data.x[..., np.newaxis]), device_images.put(data.y)
    train_step = model.train_step
    model.train_step = lambda chosen: train_step((device_images.look_up(x, chosen), tf.gather(y, chosen)))


def _batches(recipe, data, progress, follower):
    """What `fit` reads from where training stands: of an unfinished epoch, its rest.

    Distorted images, or for a step that looks them up (`_look_images_up`) their numbers.
    """
    if recipe.augment:
        return _Distorted(data, recipe, follower, progress.step)
    size, first = recipe.batch_size, progress.step * recipe.batch_size
    full, rest = divmod(len(data.x) - first, size)

    def order():  # asked for at the beginning of every epoch
        return _order(recipe, follower.epoch, len(data.x))[first:]

    def batches(order):
        chosen = tf.data.Dataset.from_tensor_slices(tf.reshape(order[: full * size], (full, size)))
        return chosen.concatenate(tf.data.Dataset.from_tensors(order[full * size :])) if rest else chosen

    return (
        tf.data.Dataset.range(1)
        .map(lambda _: tf.ensure_shape(tf.numpy_function(order, [], tf.int64), (full * size + rest,)))
        .flat_map(batches)
        .apply(tf.data.experimental.assert_cardinality(full + (rest > 0)))
        .prefetch(tf.data.AUTOTUNE)
    )


def _validation(data, soft_targets):
    y = np.eye(10, dtype=np.float32)[data.y_val] if soft_targets else data.y_val
    return as_input(data.x_val), y


def _in_float32(network, recipe, weights):
    """The same network outside mixed precision, which is what gets exported."""
    with precision.policy("float32"):
        model = build_finished(network, recipe)
    model.set_weights(weights)
    return model
