"""Training a generator against a discriminator (Goodfellow et al. 2014, arXiv:1406.2661).

The step is written once, for TensorFlow and JAX. Everything random in it (which images, latent
vectors, distortions) is drawn by NumPy from the recipe's seed, the epoch and the step, so that a
training that was interrupted and resumed does exactly what it would have done.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from mnist_models import metrics, weights
from mnist_models.data import datasets
from mnist_models.training import backend, device, diff_augment, export, loop, models, optimizers
from mnist_models.training.loop import Run, Seen
from mnist_models.training.progress import Fitted, TrainingFailed

SHOWN = 16  # latent vectors in a picture grid
WATCHED = 64  # latent vectors by which a collapse is noticed
# Collapse: the generated pictures vary less than this share of how the real ones do ...
LEAST_DIVERSITY = 0.05
COLLAPSE_AFTER = 1_000  # ... and so many steps have been done, since every generator begins with grey
_PICTURES, _ORDER, _STEP = range(3)  # keep the streams of random numbers of a seed apart


def logistic_losses(real, generated):
    """Non-saturating logistic losses of logits (Goodfellow et al. 2014).

    Args:
        real, generated: float32 tensors N×1.

    Returns:
        (discriminator's loss, generator's loss): scalar tensors. The generator's does not depend on
        `real`.
    """
    discriminator = (ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(generated))) / 2
    return discriminator, ops.mean(ops.softplus(-generated))


def least_squares_losses(real, generated):
    """Least-squares losses (Mao et al. 2017, arXiv:1611.04076) of two tanh outputs.

    Cross-entropy would push tanh to its ends, where its slope, and with it all that the generator
    could learn, vanishes. Targets of ±0.8 lie where the slope is still 0.36, so the discriminator
    settles at finite sums and its opinion keeps a direction.

    Args:
        real, generated: float32 tensors N×2: votes for "real" and for "generated".

    Returns:
        (discriminator's loss, generator's loss): scalar tensors.
    """
    says_real = np.array([0.8, -0.8], np.float32)
    discriminator = (ops.mean((real - says_real) ** 2) + ops.mean((generated + says_real) ** 2)) / 2
    return discriminator, ops.mean((generated - says_real) ** 2)


LOSSES = {"logistic": logistic_losses, "least_squares": least_squares_losses}


def probability_of_real(recipe, scores):
    """What the discriminator's output says as a probability: float32 tensor N."""
    if recipe.loss == "logistic":
        return ops.sigmoid(scores[:, 0])
    return 0.5 + (scores[:, 0] - scores[:, 1]) / 4


@dataclass
class Players:
    """Everything that training changes.

    Attributes:
        generator, discriminator: keras.Model.
        averaged: the generator with running averages of its weights, which makes the pictures.
        generator_optimizer, discriminator_optimizer: keras.optimizers.Adam, built.
    """

    generator: keras.Model
    discriminator: keras.Model
    averaged: keras.Model
    generator_optimizer: keras.optimizers.Adam
    discriminator_optimizer: keras.optimizers.Adam

    def groups(self):
        """All variables, by whose they are: dict from attribute name to list of keras.Variable."""
        return {name: owner.variables for name, owner in vars(self).items()}


def create(network, recipe):
    """New players with fresh weights, under the current dtype policy."""
    keras.utils.set_random_seed(recipe.seed)
    generator, discriminator = models.build(network, recipe)
    averaged, _ = models.build(network, recipe)
    averaged.set_weights(generator.get_weights())
    adams = (
        keras.optimizers.Adam(recipe.generator_learning_rate, beta_1=recipe.generator_beta_1),
        keras.optimizers.Adam(recipe.discriminator_learning_rate, beta_1=recipe.discriminator_beta_1),
    )
    for optimizer, model in zip(adams, (generator, discriminator), strict=True):
        optimizer.build(model.trainable_variables)
    return Players(generator, discriminator, averaged, *adams)


def make_step(players, recipe):
    """The adversarial step, compiled: one update of the generator, one of the discriminator.

    Both learn from the same generated pictures, which saves making others.

    Returns:
        A function of `draw`'s dict that returns {"discriminator_loss", "generator_loss", "d_real",
        "d_generated"}, scalar tensors; the last two are D(x) and D(G(z)), probabilities of being real.
    """
    losses = LOSSES[recipe.loss]
    variables = [variable for group in players.groups().values() for variable in group]
    generator, discriminator = players.generator, players.discriminator

    def opinion(images, distortion):
        if recipe.augment:
            images = diff_augment.distort(images, distortion)
        return discriminator(images, training=True)

    def step(inputs):
        real = real_images(inputs, recipe)
        players.generator_optimizer.learning_rate = recipe.generator_learning_rate * inputs["pace"]
        players.discriminator_optimizer.learning_rate = recipe.discriminator_learning_rate * inputs["pace"]

        def generator_loss():
            images = generator(inputs["latent"], training=True)
            on_generated = opinion(images, inputs["distort_for_generator"])
            _, loss = losses(on_generated, on_generated)
            return loss, images

        g_loss, generated = update(players.generator_optimizer, generator, generator_loss)

        def discriminator_loss():
            # Two calls, so that batch norm sees real and generated images apart (Radford et al. 2016).
            on_real = opinion(real, inputs["distort_real"])
            on_generated = opinion(generated, inputs["distort_generated"])
            loss, _ = losses(on_real, on_generated)
            return loss, {
                "d_real": ops.mean(probability_of_real(recipe, on_real)),
                "d_generated": ops.mean(probability_of_real(recipe, on_generated)),
            }

        d_loss, opinions = update(players.discriminator_optimizer, discriminator, discriminator_loss)
        optimizers.update_averages(players.averaged.weights, generator.weights, inputs["keep"])
        return {"discriminator_loss": d_loss, "generator_loss": g_loss, **opinions}

    def update(optimizer, player, loss):
        learned = player.trainable_variables
        value, further, gradients = backend.loss_and_gradients(loss, learned, variables)
        optimizer.apply(gradients, learned)
        return value, further

    return backend.compile_step(step, variables)


def real_images(inputs, recipe):
    """The real images of a step, from `draw`'s dict: float32 tensor B×H×W×C in [-1, 1]."""
    images = 2 * device.look_up(inputs["images"], inputs["chosen"]) - 1
    if not recipe.mirror:
        return images
    return ops.where(inputs["mirrored"], ops.flip(images, axis=2), images)


def draw(images, order, recipe, progress):
    """What the next step works on.

    Args:
        images: uint8 N×H×W×C, once for all steps on the device (`device.put`).
        order: int array, this epoch's order of the images.
        recipe: recipes.GanRecipe.
        progress: progress.Progress.

    Returns:
        dict of arrays: "images" as given; "chosen" int B, the numbers of the images that are shown;
        "mirrored" bool B×1×1×1, or empty; "latent" float32 B×latent_dim, standard normal;
        "distort_for_generator", "distort_real" and "distort_generated" as from `diff_augment.draw`,
        or empty; "keep", the share of the old average that is kept; "pace", the share of the recipe's
        learning rates with which it learns.
    """
    rng = np.random.default_rng([recipe.seed, _STEP, progress.epoch, progress.step])
    batch = recipe.batch_size
    inputs = {
        "images": images,
        "chosen": order[progress.step * batch : (progress.step + 1) * batch],
        "mirrored": rng.random((batch, 1, 1, 1)) < 0.5 if recipe.mirror else {},
        "latent": rng.standard_normal((batch, recipe.latent_dim), np.float32),
        "keep": np.array(optimizers.momentum(recipe.weight_average, progress.total_steps), np.float32),
        "pace": np.array(_pace(recipe, progress, len(images) // batch), np.float32),
    }
    for name in ("distort_for_generator", "distort_real", "distort_generated"):
        inputs[name] = diff_augment.draw(rng, batch, *images.shape[1:3]) if recipe.augment else {}
    return inputs


def _pace(recipe, progress, steps):
    """1, then in the epochs of `cool_down` straight down to the end of the training."""
    if not recipe.cool_down:
        return 1.0
    left = progress.target - progress.epoch - progress.step / steps
    return min(1.0, left / recipe.cool_down)


def fixed_latents(recipe):
    """The latent vectors whose pictures are watched: float32 64×latent_dim, the first sixteen shown."""
    rng = np.random.default_rng([recipe.seed, _PICTURES])
    return rng.standard_normal((WATCHED, recipe.latent_dim), np.float32)


def generate(generator, latents):
    """Make pictures of float32 N×latent_dim: float32 N×H×W×C in [0, 1]."""
    return (ops.convert_to_numpy(generator(latents, training=False)) + 1) / 2


class GanTrainer(loop.Trainer):
    """Two players that learn from images, uint8 N×H×W×C."""

    looks_every = 10.0
    makes_pictures = True

    def __init__(self, network, recipe, images, progress):
        self.recipe, self.progress = recipe, progress
        self.steps = models.whole_batches(len(images), recipe.batch_size)
        self.players = create(network, recipe)
        self.groups = self.players.groups
        self.step = make_step(self.players, recipe)
        self.images_on_device = device.put(images)
        self.count = len(images)
        self.latents = fixed_latents(recipe)
        some = np.random.default_rng([recipe.seed, _PICTURES]).permutation(len(images))[:1_000]
        self.real_diversity = metrics.diversity(images[some].astype(np.float32) / 255)

    def batches(self, progress):
        order = np.random.default_rng([self.recipe.seed, _ORDER, progress.epoch]).permutation(self.count)
        while progress.step < self.steps:
            yield draw(self.images_on_device, order, self.recipe, progress)

    def look(self):
        pictures = generate(self.players.averaged, self.latents)
        diversity = metrics.diversity(pictures)
        check_health(diversity, self.real_diversity, self.progress.total_steps)
        return Seen({"diversity": diversity}, pictures[:SHOWN])

    validate = check = look


def check_health(diversity, real_diversity, total_steps):
    """Stop a training that has diverged or collapsed.

    Args:
        diversity, real_diversity: of generated and of real images, as from `metrics.diversity`.
        total_steps: int, steps done.

    Raises:
        TrainingFailed
    """
    if not np.isfinite(diversity):
        raise TrainingFailed(
            f"Training diverged: after {total_steps} steps a picture is not a number. Go on from the "
            "checkpoint before, or start again with lower learning rates."
        )
    if total_steps >= COLLAPSE_AFTER and diversity < LEAST_DIVERSITY * real_diversity:
        raise TrainingFailed(
            f"Training collapsed: after {total_steps} steps all generated pictures are nearly alike (they "
            f"differ by {diversity:.1e}, real ones by {real_diversity:.1e}). Start again with another seed "
            "or a lower learning rate of the discriminator."
        )


def fit(network, run, images, watch, start=None):
    """Train the players of a network of the catalog.

    Args:
        network: catalog.Network.
        run: loop.Run with a recipes.GanRecipe. Its folder also receives a folder `pictures` of grids
            from the same sixteen latent vectors.
        images: uint8 N×H×W×C.
        watch: training.progress.Watch.
        start: (generator, discriminator) whose weights a new training begins with, as from
            `export.load_pair`; None for fresh ones.

    Returns:
        Fitted: the generator with averaged weights, N×latent_dim → N×H×W×C in [-1, 1]; the discriminator.

    Raises:
        progress.Pause, progress.TrainingFailed: as `loop.train`.
        DigitLabError: when there are too few images for a batch, or the training to resume had a teacher.
    """
    recipe = run.recipe
    with device.precision_of(recipe):
        trainer = GanTrainer(network, recipe, images[: recipe.images or None], run.progress)
        players = trainer.players
        if start is not None:
            for model in (players.generator, players.averaged):
                model.set_weights(start[0].get_weights())
            players.discriminator.set_weights(start[1].get_weights())
        interrupted = loop.train(run, trainer, watch)
    trained = models.in_float32(network, recipe, (players.averaged, players.discriminator))
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
    """Train both players, export and describe them.

    Args:
        network: catalog.Network.
        recipe: recipes.GanRecipe; a resumed training keeps its own.
        folder: pathlib.Path that gets the network's files.
        run_folder: pathlib.Path for checkpoints, pictures and history.
        watch: training.progress.Watch.
        say: called with sentences for whoever trains.
        resume: True to go on from the newest checkpoint.
        epochs: how many, or how many more with `resume`; None for the recipe's, or for those that an
            interrupted training had left.
        start_from: folder with the network's files, whose weights a new training begins with.
        own: datasets.Dataset of one's own to train on; None for the network's data.

    Returns:
        dict, the model card as written; None where TensorFlow is not installed, which exports.

    Raises:
        datasets.DataError: when the images are missing or damaged.
        weights.CardError: when there is nothing to start from.
        DigitLabError: when training cannot begin, diverges or collapses. The message says why.
        export.ExportError: when the exported network differs.
    """
    start, origins = None, []
    if start_from is not None:
        origins = export.origins_of(network, Path(start_from))
        path = weights.checked_file(network.name, f"{network.name}.keras", Path(start_from))
        start = export.load_pair(path, "generator", "discriminator")
    images = own.x_train[..., np.newaxis] if own else load_images(network)
    run = Run(recipe, run_folder, resume=resume, epochs=epochs, started_from=origins)
    fitted = loop.reported(lambda: fit(network, run, images, watch, start), watch, say)
    if fitted.interrupted:
        say(f"Stopped after {fitted.progress.epoch} epochs.")
    if not export.is_possible():
        return say(export.later(network))
    say("Exporting …")
    source = own.source if own else datasets.source(network.data[0])
    pictures = run_folder / "pictures"
    return export.save_generator(network, fitted, exported(fitted), source, Path(folder), pictures)


def exported(fitted):
    """The networks of a training as others use them, for `export.save_generator`."""
    generator, discriminator = fitted.models
    latent, image = (keras.Input(model.input_shape[1:]) for model in fitted.models)
    draws = keras.Model(latent, (generator(latent) + 1) / 2)
    opinion = probability_of_real(fitted.recipe, discriminator(image * 2 - 1))
    judges = keras.Model(image, ops.expand_dims(opinion, 1))
    z = fixed_latents(fitted.recipe)
    pictures = ops.convert_to_numpy(draws(z))
    return {".onnx": (draws, "pictures", z), ".discriminator.onnx": (judges, "probability", pictures)}


def load_images(network):
    """What a network learns from, without test images: uint8 N×H×W×C.

    Raises:
        datasets.DataError: when it is missing or damaged.
    """
    if network.data[0] == "faces":
        return datasets.load_faces().x_train
    return datasets.load(network.data[0]).x_train[..., np.newaxis]
