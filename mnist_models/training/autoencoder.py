"""Training an encoder and a decoder to give back what they were shown.

Everything random in a step (which images, noise, holes) is drawn by NumPy from the recipe's seed, the
epoch and the step, so that a training that was interrupted and resumed does exactly what it would
have done. Written once for TensorFlow and JAX.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from mnist_models import weights
from mnist_models.data import datasets
from mnist_models.images import corruption
from mnist_models.images.normalize import as_input
from mnist_models.latent import plane
from mnist_models.training import backend, device, export, loop, models, optimizers, sample_grids
from mnist_models.training import data as training_data
from mnist_models.training.loop import Run, Seen
from mnist_models.training.progress import Fitted

SHOWN = 8  # validation digits in a picture grid, each above its reconstruction
_VALIDATION, _ORDER, _STEP = range(3)  # keep the streams of random numbers of a seed apart


def make_loss(recipe, encoder, decoder):
    """What is to become small.

    Squared error, or cross-entropy, summed over a picture's pixels; for a variational autoencoder
    plus the Kullback-Leibler divergence of its code from a standard normal (Kingma and Welling 2014,
    appendix B), so that with cross-entropy the loss is an upper bound of the negative log-likelihood.

    Args:
        recipe: recipes.AutoencoderRecipe.
        encoder, decoder: keras.Model.

    Returns:
        A function of `draw`'s dict that returns (scalar tensor, mean squared error of the pixels).
    """

    def loss(inputs):
        target = inputs["picture"]
        code = encoder(inputs["shown"], training=True)
        divergence = 0.0
        if recipe.kl_weight:
            mean, log_variance = ops.split(code, 2, axis=-1)
            code = mean + ops.exp(log_variance / 2) * inputs["noise"]
            excess = ops.exp(log_variance) + mean**2 - 1 - log_variance
            divergence = recipe.kl_weight * ops.sum(excess, axis=-1) / 2
        picture = decoder(code, training=True)
        squares = (picture - target) ** 2
        errors = squares
        if recipe.loss == "cross_entropy":
            errors = ops.binary_crossentropy(target, picture)
        return ops.mean(ops.sum(errors, axis=(1, 2, 3)) + divergence), ops.mean(squares)

    return loss


@dataclass
class Parts:
    """Everything that training changes.

    Attributes:
        encoder, decoder: keras.Model.
        averaged_encoder, averaged_decoder: the same with running averages of their weights.
        optimizer: keras.optimizers.Adam, built.
    """

    encoder: keras.Model
    decoder: keras.Model
    averaged_encoder: keras.Model
    averaged_decoder: keras.Model
    optimizer: keras.optimizers.Adam

    def groups(self):
        """All variables, by whose they are: dict from attribute name to list of keras.Variable."""
        return {name: list(owner.variables) for name, owner in vars(self).items()}

    def trained(self):
        """The variables that gradients change."""
        return self.encoder.trainable_variables + self.decoder.trainable_variables

    def averages(self):
        """The running averages of those, in the same order."""
        return self.averaged_encoder.trainable_variables + self.averaged_decoder.trainable_variables


def create(network, recipe):
    """New parts with fresh weights, under the current dtype policy."""
    keras.utils.set_random_seed(recipe.seed)
    encoder, decoder = models.build(network, recipe)
    averaged = models.build(network, recipe)
    for average, model in zip(averaged, (encoder, decoder), strict=True):
        average.set_weights(model.get_weights())
    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    parts = Parts(encoder, decoder, *averaged, optimizer)
    optimizer.build(parts.trained())
    return parts


def make_step(parts, recipe):
    """A training step, compiled.

    Returns:
        A function of `draw`'s dict with "learning_rate" and "keep" that returns {"loss", "error"}, scalar
        tensors, the error being the pixels' mean squared one.
    """
    variables = [variable for group in parts.groups().values() for variable in group]
    loss = make_loss(recipe, parts.encoder, parts.decoder)

    def step(inputs):
        value, error, gradients = backend.loss_and_gradients(lambda: loss(inputs), parts.trained(), variables)
        parts.optimizer.learning_rate.assign(inputs["learning_rate"])
        parts.optimizer.apply(gradients, parts.trained())
        optimizers.update_averages(parts.averages(), parts.trained(), inputs["keep"])
        return {"loss": value, "error": error}

    return backend.compile_step(step, variables)


def draw(picture, recipe, rng):
    """What a step works on.

    Args:
        picture: float32 B×28×28×1 in [0, 1]; a tensor will do when the recipe has no noise or holes.
        recipe: recipes.AutoencoderRecipe.
        rng: numpy Generator.

    Returns:
        dict of float32 arrays: "picture" as given; "shown", the same as the encoder sees it, with noise
        and holes; "noise" B×latent_dim, standard normal.
    """
    count = len(picture)
    shown = picture
    if recipe.noise:
        shown = corruption.add_noise(shown, rng.uniform(0, recipe.noise, (count, 1, 1, 1)), rng)
    if recipe.holes:
        holes = corruption.strokes_of_rubber(count, rng)
        holes &= rng.random((count, 1, 1, 1)) < recipe.holes
        shown = corruption.erase(shown, holes)
    noise = rng.standard_normal((count, recipe.latent_dim), np.float32)
    return {"picture": picture, "shown": shown, "noise": noise}


def learning_rate(recipe, done):
    """The learning rate when a share `done`, 0 to 1, of the present stretch of training is behind.

    It rises at first and then falls along a cosine to 0 (Loshchilov and Hutter 2017).
    """
    warming = min(1.0, (done + 1e-3) / optimizers.WARM_UP)
    return recipe.learning_rate * warming * (1 + np.cos(np.pi * done)) / 2


class AutoencoderTrainer(loop.Trainer):
    """Two parts that learn from images, and are validated on others."""

    looks_every = 10.0
    makes_pictures = True

    def __init__(self, network, recipe, data, progress):
        self.recipe, self.progress = recipe, progress
        images = data.x[: recipe.images or None]
        self.count = len(images)
        self.steps = models.whole_batches(self.count, recipe.batch_size)
        self.parts = create(network, recipe)
        self.groups = self.parts.groups
        self.step = make_step(self.parts, recipe)
        self.loss = make_loss(recipe, self.parts.averaged_encoder, self.parts.averaged_decoder)
        rng = np.random.default_rng([recipe.seed, _VALIDATION])
        self.validation = draw(as_input(data.x_val), recipe, rng)
        if recipe.noise or recipe.holes:  # NumPy adds them to its own
            self.pictures = lambda chosen: as_input(images[chosen])
        else:
            kept = device.put(images[..., np.newaxis])
            self.pictures = lambda chosen: device.look_up(kept, chosen)

    def batches(self, progress):
        recipe, size = self.recipe, self.recipe.batch_size
        order = np.random.default_rng([recipe.seed, _ORDER, progress.epoch]).permutation(self.count)
        for step in range(progress.step, self.steps):
            rng = np.random.default_rng([recipe.seed, _STEP, progress.epoch, step])
            pictures = self.pictures(order[step * size : (step + 1) * size])
            rate = learning_rate(recipe, progress.share_of_stretch(step, self.steps))
            kept = optimizers.momentum(recipe.weight_average, progress.total_steps)
            yield draw(pictures, recipe, rng) | {"learning_rate": np.float32(rate), "keep": np.float32(kept)}

    def look(self):
        """Sixteen pictures: of a plane its grid, else digits as shown, each above its reconstruction."""
        encoder, decoder = self.parts.averaged_encoder, self.parts.averaged_decoder
        if self.recipe.kl_weight and self.recipe.latent_dim == 2:
            means = encoder(self.validation["shown"][:500])[:, :2]
            codes = plane.grid(4, plane.edge(ops.convert_to_numpy(means))).reshape(-1, 2)
            return Seen(pictures=ops.convert_to_numpy(decoder(codes)))
        shown = self.validation["shown"][:SHOWN]
        answers = ops.convert_to_numpy(decoder(encoder(shown)))
        half = sample_grids.COLUMNS
        return Seen(pictures=np.concatenate([shown[:half], answers[:half], shown[half:], answers[half:]]))

    def validate(self, batch=500):
        count = len(self.validation["picture"])
        totals = np.zeros(2)
        for first in range(0, count, batch):
            part = {name: array[first : first + batch] for name, array in self.validation.items()}
            totals += len(part["picture"]) * np.array([float(value) for value in self.loss(part)])
        loss, error = totals / count
        return Seen({"val_loss": float(loss), "val_error": float(error)}, self.look().pictures)

    def merit(self, figures):
        return (-figures["val_loss"],)

    def weights(self):
        return [np.array(ops.convert_to_numpy(variable)) for variable in self.parts.averages()]


def fit(network, run, data, watch, start=None):
    """Train an encoder and a decoder of the catalog.

    Args:
        network: catalog.Network.
        run: loop.Run with a recipes.AutoencoderRecipe. Its folder also receives a folder `pictures` of
            grids.
        data: training.data.TrainingData; labels are not used.
        watch: training.progress.Watch.
        start: (encoder, decoder) whose weights a new training begins with; None for fresh ones.

    Returns:
        Fitted: encoder and decoder with the weights of the best epoch.

    Raises:
        progress.Pause, progress.TrainingFailed: as `loop.train`.
        DigitLabError: when there are too few images for a batch.
    """
    recipe = run.recipe
    with device.precision_of(recipe):
        trainer = AutoencoderTrainer(network, recipe, data, run.progress)
        parts = trainer.parts
        if start is not None:
            models_of_parts = parts.encoder, parts.decoder, parts.averaged_encoder, parts.averaged_decoder
            for model, given in zip(models_of_parts, start * 2, strict=True):
                model.set_weights(given.get_weights())
        interrupted = loop.train(run, trainer, watch)
    trained = models.in_float32(network, recipe, (parts.averaged_encoder, parts.averaged_decoder))
    variables = [variable for model in trained for variable in model.trainable_variables]
    for variable, value in zip(variables, run.best or trainer.weights(), strict=True):
        variable.assign(value)
    return Fitted(trained, recipe, run.progress, interrupted, run.notes)


def train(
    network,
    recipe,
    folder,
    run_folder,
    watch,
    say=print,
    *,
    resume=False,
    epochs=None,
    start_from=None,
    own=None,
):
    """Train an encoder and a decoder, export and describe them.

    Args:
        network: catalog.Network.
        recipe: recipes.AutoencoderRecipe; a resumed training keeps its own.
        folder: pathlib.Path that gets the network's files.
        run_folder: pathlib.Path for checkpoints, pictures and history.
        watch: training.progress.Watch.
        say: called with sentences for whoever trains.
        resume: True to go on from the newest checkpoint.
        epochs: how many, or how many more with `resume`; None for the recipe's, or for those that an
            interrupted training had left.
        start_from: folder with the network's files, or the .keras file of another network with the same
            layers, whose weights a new training begins with.
        own: datasets.Dataset of one's own to train on; None for the network's data.

    Returns:
        dict, the model card as written; None where TensorFlow is not installed, which exports.

    Raises:
        datasets.DataError: when the images are missing or damaged.
        weights.CardError: when there is nothing to start from.
        DigitLabError: when training cannot begin, or diverges. The message says why.
        export.ExportError: when the exported network differs.
    """
    start = origin = None
    if start_from is not None:
        path = Path(start_from)
        if path.is_dir():
            path = weights.checked_file(network.name, f"{network.name}.keras", path)
        start = export.load_pair(path, "encoder", "decoder")
        origin = {"file": path.name, "sha256": weights.sha256(path)}
    data = training_data.prepare(network, recipe.seed, own)
    for note in data.notes:
        say(note)
    run = Run(recipe, run_folder, resume=resume, epochs=epochs, started_from=origin)
    fitted = loop.reported(lambda: fit(network, run, data, watch, start), watch, say)
    if fitted.interrupted:
        say(f"Stopped. Keeping the weights of epoch {fitted.progress.best_epoch or 1}.")
    if not export.is_possible():
        return say(export.later(network))
    say("Exporting …")
    return export.save_autoencoder(network, fitted, exported(fitted), data, Path(folder))


def exported(fitted):
    """The networks of a training as others use them, for `export.save_autoencoder`."""
    encoder, decoder = fitted.models
    latent_dim = fitted.recipe.latent_dim
    image, code = (keras.Input(model.input_shape[1:]) for model in fitted.models)
    encodes = keras.Model(image, encoder(image)[:, :latent_dim])
    draws = keras.Model(code, decoder(code))
    digits = as_input(datasets.load_sample().x_train[: export.CHECKED_DIGITS])
    codes = ops.convert_to_numpy(encodes(digits))
    return {
        ".encoder.onnx": (encodes, "codes", digits),
        ".decoder.onnx": (draws, "pictures", codes),
    }
