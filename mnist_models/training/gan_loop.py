"""Training a generator against a discriminator (Goodfellow et al. 2014, arXiv:1406.2661).

The step is written once, for TensorFlow and JAX. Everything random in it (which images, latent
vectors, distortions) is drawn by NumPy from the recipe's seed, the epoch and the step, so that a
training that was interrupted and resumed does exactly what it would have done.
"""

import dataclasses
import json
import time
from dataclasses import dataclass, field
from importlib import import_module

import keras
import numpy as np
from keras import ops

from mnist_models import recipes
from mnist_models.evaluation import generator as evaluation_generated
from mnist_models.training import (
    backend,
    checkpoints,
    device_images,
    diff_augment,
    interrupts,
    precision,
    sample_grids,
)
from mnist_models.training.progress import TrainingFailed

PICTURES_EVERY = 10  # seconds
SHOWN = 16  # latent vectors in a picture grid
WATCHED = 64  # latent vectors by which a collapse is noticed
# Collapse: the generated pictures vary less than this share of how the real ones do ...
LEAST_DIVERSITY = 0.05
COLLAPSE_AFTER = 1_000  # ... and so many steps have been done, since every generator begins with grey
_PICTURES, _ORDER, _STEP = range(3)  # keep the streams of random numbers of a seed apart


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


@dataclass
class Progress:
    """Where a training is.

    Attributes:
        target: epochs at which it ends.
        epoch: epochs done.
        step: steps done in the epoch after those.
        total_steps: steps done altogether.
        seconds: of training so far.
        sums: of every metric over the steps of the unfinished epoch.
        history: per epoch the means {"discriminator_loss", "generator_loss", "d_real", "d_generated"}
            (the last two are D(x) and D(G(z)), probabilities of being real) and "diversity",
            "seconds".
        started_from: what the card says of the trainings whose weights this one began with.
        recipes_before: dicts of "epochs", until which it had another "recipe"; of trainings of before.
    """

    target: int
    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    sums: dict = field(default_factory=dict)
    history: list = field(default_factory=list)
    started_from: list = field(default_factory=list)
    recipes_before: list = field(default_factory=list)

    def means(self):
        return {name: total / self.step for name, total in self.sums.items()}


@dataclass(frozen=True)
class FittedPlayers:
    """What a training hands back, in float32.

    Attributes:
        generator: keras.Model with averaged weights, N×latent_dim → N×H×W×C in [-1, 1].
        discriminator: keras.Model.
        recipe: the recipes.GanRecipe it was trained with.
        progress: Progress.
        interrupted: True when Ctrl-C ended it.
        notes: sentences for whoever trained, such as that a damaged checkpoint was passed over.
    """

    generator: keras.Model
    discriminator: keras.Model
    recipe: object
    progress: Progress
    interrupted: bool
    notes: tuple[str, ...]


def fit(
    network,
    recipe,
    images,
    watch,
    folder,
    *,
    resume=False,
    epochs=None,
    start=None,
    started_from=(),
):
    """Train the players of a network of the catalog.

    The folder receives `recipe.json`, `history.json`, checkpoints and a folder `pictures` of grids
    from the same sixteen latent vectors.

    Args:
        network: catalog.Network.
        recipe: recipes.GanRecipe; a resumed training goes on with its own.
        images: uint8 N×H×W×C.
        watch: training.progress.Watch.
        folder: pathlib.Path, made if need be.
        resume: True to go on from the newest checkpoint in the folder.
        epochs: how many (more) to train; None for the recipe's, or those that an interrupted
            training had left.
        start: (generator, discriminator) whose weights a new training begins with, as from
            `generator_export.load_players`; None for fresh ones.
        started_from: what the card is to say of those weights, list of dict.

    Returns:
        FittedPlayers. Ctrl-C (or a polite `kill`) ends training after the current step, with a
        checkpoint; a second one at once, without.

    Raises:
        progress.Pause: when the watch did, once the checkpoint is written.
        TrainingFailed: when a loss is not a number or all pictures have become nearly alike. The
            checkpoints are from before.
        checkpoints.NoCheckpoint: when there is nothing to resume from.
        FileExistsError: when the folder holds a training that is not to be resumed.
        ValueError: when there are too few images for a batch, or the training to resume had a teacher.
    """
    if not resume and any(folder.glob("checkpoint-*")):
        raise FileExistsError(f"{folder} already holds a training: resume it, or choose another folder.")
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    notes = ()
    saved = None
    if resume:
        saved, note, skipped = checkpoints.load(folder)
        recipes.refuse_retired(note["recipe"])
        recipe = recipes.read(type(recipe), note["recipe"])
        progress = Progress(**note["progress"])
        if epochs is not None:
            progress.target = progress.epoch + epochs
        notes = tuple(f"Passed over a damaged checkpoint: {path.name}." for path in skipped)
    else:
        target = recipe.epochs if epochs is None else epochs
        progress = Progress(target, started_from=list(started_from))
    (folder / "recipe.json").write_text(recipe.model_dump_json(indent=1))
    with precision.of(recipe), interrupts.after_steps() as arrived:
        players = create(network, recipe)
        if saved is not None:
            _restore(players, saved)
        elif start is not None:
            for model in (players.generator, players.averaged):
                model.set_weights(start[0].get_weights())
            players.discriminator.set_weights(start[1].get_weights())
        images = images[: recipe.images or None]
        request = _train(players, recipe, images, watch, folder, progress, arrived)
        notes += checkpoints.save_last(lambda: _save(folder, players, recipe, progress), request)
    generator, discriminator = in_float32(network, recipe, players.averaged, players.discriminator)
    return FittedPlayers(generator, discriminator, recipe, progress, request is not None, notes)


def create(network, recipe):
    """New players with fresh weights, under the current dtype policy."""
    keras.utils.set_random_seed(recipe.seed)
    generator, discriminator = build(network, recipe)
    averaged, _ = build(network, recipe)
    averaged.set_weights(generator.get_weights())
    optimizers = (
        keras.optimizers.Adam(recipe.generator_learning_rate, beta_1=recipe.generator_beta_1),
        keras.optimizers.Adam(recipe.discriminator_learning_rate, beta_1=recipe.discriminator_beta_1),
    )
    for optimizer, model in zip(optimizers, (generator, discriminator), strict=True):
        optimizer.build(model.trainable_variables)
    return Players(generator, discriminator, averaged, *optimizers)


def build(network, recipe):
    """Call the network's builder: (generator, discriminator), or a classifier."""
    module, function = network.builder.split(":")
    return getattr(import_module(module), function)(recipe)


def in_float32(network, recipe, generator, discriminator):
    """The same two players outside mixed precision, which is what gets exported."""
    with precision.policy("float32"):
        rebuilt = build(network, recipe)
    for new, old in zip(rebuilt, (generator, discriminator), strict=True):
        new.set_weights(old.get_weights())
    return rebuilt


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


def probability_of_real(recipe, scores):
    """What the discriminator's output says as a probability: float32 tensor N."""
    if recipe.loss == "logistic":
        return ops.sigmoid(scores[:, 0])
    return 0.5 + (scores[:, 0] - scores[:, 1]) / 4


LOSSES = {"logistic": logistic_losses, "least_squares": least_squares_losses}


def make_step(players, recipe):
    """The adversarial step, compiled: one update of the generator, one of the discriminator.

    Both learn from the same generated pictures, which saves making others.

    Args:
        players: Players.
        recipe: recipes.GanRecipe.

    Returns:
        A function of `draw`'s dict that returns {"discriminator_loss", "generator_loss", "d_real",
        "d_generated"} as floats.
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
        for optimizer, rate in (
            (players.generator_optimizer, recipe.generator_learning_rate),
            (players.discriminator_optimizer, recipe.discriminator_learning_rate),
        ):
            optimizer.learning_rate = rate * inputs["pace"]

        def generator_loss():
            images = generator(inputs["latent"], training=True)
            on_generated = opinion(images, inputs["distort_for_generator"])
            _, g_loss = losses(on_generated, on_generated)
            return g_loss, {"images": images}

        g_loss, generated = update(players.generator_optimizer, generator, generator_loss)

        def discriminator_loss():
            # Two calls, so that batch norm sees real and generated images apart (Radford et al. 2016).
            on_real = opinion(real, inputs["distort_real"])
            on_generated = opinion(generated["images"], inputs["distort_generated"])
            d_loss, _ = losses(on_real, on_generated)
            return d_loss, {
                "d_real": ops.mean(probability_of_real(recipe, on_real)),
                "d_generated": ops.mean(probability_of_real(recipe, on_generated)),
            }

        d_loss, opinions = update(players.discriminator_optimizer, discriminator, discriminator_loss)
        keep = inputs["keep"]
        for average, weight in zip(players.averaged.weights, generator.weights, strict=True):
            average.assign(average * keep + weight * (1 - keep))
        return {"discriminator_loss": d_loss, "generator_loss": g_loss, **opinions}

    def update(optimizer, player, loss):
        trained = player.trainable_variables
        others = [v for v in variables if all(v is not t for t in trained)]
        value, further, gradients = backend.loss_and_gradients(loss, trained, others)
        optimizer.apply(gradients, trained)
        return value, further

    return backend.compile_step(step, variables)


def real_images(inputs, recipe):
    """The real images of a step, from `draw`'s dict: float32 tensor B×H×W×C in [-1, 1]."""
    images = 2 * device_images.look_up(inputs["images"], inputs["chosen"]) - 1
    if not recipe.mirror:
        return images
    return ops.where(inputs["mirrored"], ops.flip(images, axis=2), images)


def draw(images, order, recipe, progress):
    """What the next step works on.

    Args:
        images: uint8 N×H×W×C, once for all steps on the device (`device_images.put`).
        order: int array, this epoch's order of the images.
        recipe: recipes.GanRecipe.
        progress: Progress.

    Returns:
        dict of arrays: "images" as given; "chosen" int B, the numbers of the images that are shown;
        "mirrored" bool B×1×1×1, or empty; "latent" float32 B×latent_dim, standard normal;
        "distort_for_generator", "distort_real" and "distort_generated" as from `diff_augment.draw`,
        or empty; "keep", the share of the old average that is kept; "pace", the share of the recipe's
        learning rates with which it learns.
    """
    rng = np.random.default_rng([recipe.seed, _STEP, progress.epoch, progress.step])
    batch, done = recipe.batch_size, progress.total_steps
    inputs = {
        "images": images,
        "chosen": order[progress.step * batch : (progress.step + 1) * batch],
        "mirrored": rng.random((batch, 1, 1, 1)) < 0.5 if recipe.mirror else {},
        "latent": rng.standard_normal((batch, recipe.latent_dim), np.float32),
        # Young averages forget faster, or the fresh weights would linger in them.
        "keep": np.array(min(recipe.weight_average, (1 + done) / (10 + done)), np.float32),
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
    return np.random.default_rng([recipe.seed, _PICTURES]).standard_normal(
        (WATCHED, recipe.latent_dim), np.float32
    )


def generate(generator, latents, batch=256):
    """Make pictures.

    Args:
        generator: keras.Model.
        latents: float32 N×latent_dim, standard normal.
        batch: int, at once.

    Returns:
        float32 N×H×W×C in [0, 1].
    """
    parts = [generator(latents[i : i + batch], training=False) for i in range(0, len(latents), batch)]
    return (np.concatenate([ops.convert_to_numpy(part) for part in parts]) + 1) / 2


def check_health(metrics, pictures, real_diversity, total_steps):
    """Stop a training that has diverged or collapsed.

    Args:
        metrics: dict of floats of the last step.
        pictures: float32 N×H×W×C in [0, 1], from different latent vectors.
        real_diversity: `generator.diversity` of real images.
        total_steps: int, steps done.

    Returns:
        The pictures' diversity.

    Raises:
        TrainingFailed
    """
    diversity = evaluation_generated.diversity(pictures)
    if not np.isfinite([*metrics.values(), diversity]).all():
        raise TrainingFailed(
            f"Training diverged: after {total_steps} steps a loss or a picture is not a number. Go on from "
            "the checkpoint before, or start again with lower learning rates."
        )
    if total_steps >= COLLAPSE_AFTER and diversity < LEAST_DIVERSITY * real_diversity:
        raise TrainingFailed(
            f"Training collapsed: after {total_steps} steps all generated pictures are nearly alike (they "
            f"differ by {diversity:.1e}, real ones by {real_diversity:.1e}). Start again with another seed "
            "or a lower learning rate of the discriminator."
        )
    return diversity


def _train(players, recipe, images, watch, folder, progress, arrived):
    """Run until the target; returns the KeyboardInterrupt that ended it before, if any."""
    steps = len(images) // recipe.batch_size
    if not steps:
        raise ValueError(f"A batch of {recipe.batch_size} needs more than {len(images)} images.")
    step = make_step(players, recipe)
    on_the_device = device_images.put(images)
    latents = fixed_latents(recipe)
    some = np.random.default_rng([recipe.seed, _PICTURES]).permutation(len(images))[:1_000]
    real_diversity = evaluation_generated.diversity(images[some].astype(np.float32) / 255)
    watch.on_start(progress.target, steps, recipe.batch_size, progress.epoch)
    metrics = {}
    started = pictured = saved = time.perf_counter()
    seconds_before = progress.seconds
    in_epochs_before = sum(epoch["seconds"] for epoch in progress.history)

    def look(epoch=None):
        """Check the pictures, keep a grid of them and return their diversity."""
        pictures = generate(players.averaged, latents)
        diversity = check_health(metrics, pictures, real_diversity, progress.total_steps)
        sample_grids.save(folder / "pictures", progress.total_steps, pictures[:SHOWN], epoch)
        return diversity

    try:
        while progress.epoch < progress.target:
            order = np.random.default_rng([recipe.seed, _ORDER, progress.epoch]).permutation(len(images))
            while progress.step < steps:
                metrics = step(draw(on_the_device, order, recipe, progress))
                progress.step += 1
                progress.total_steps += 1
                for name, value in metrics.items():
                    progress.sums[name] = progress.sums.get(name, 0.0) + value
                if arrived:
                    raise KeyboardInterrupt
                clock = time.perf_counter()
                progress.seconds = seconds_before + clock - started
                watch.on_step(progress.step, progress.means())
                if clock - pictured > PICTURES_EVERY:
                    look()
                    if clock - saved > checkpoints.EVERY:  # after a look: checkpoints are of healthy players
                        _save(folder, players, recipe, progress)
                        saved = time.perf_counter()
                    pictured = time.perf_counter()
            diversity = look(progress.epoch + 1)
            pictured = time.perf_counter()
            in_this_epoch = progress.seconds - in_epochs_before
            in_epochs_before = progress.seconds
            progress.history.append(progress.means() | {"diversity": diversity, "seconds": in_this_epoch})
            progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
            (folder / "history.json").write_text(json.dumps(progress.history, indent=1))
            watch.on_epoch(progress.epoch, progress.history[-1])
            if pictured - saved > checkpoints.EVERY:
                _save(folder, players, recipe, progress)
                saved = time.perf_counter()
    except KeyboardInterrupt as request:
        look()
        return request
    finally:
        watch.on_end()


def _save(folder, players, recipe, progress):
    values = {
        name: [ops.convert_to_numpy(variable.value) for variable in variables]
        for name, variables in players.groups().items()
    }
    note = {"recipe": recipe.model_dump(), "progress": dataclasses.asdict(progress)}
    checkpoints.save(folder, progress.total_steps, values, note)


def _restore(players, saved):
    for name, variables in players.groups().items():
        for variable, value in zip(variables, saved[name], strict=True):
            variable.assign(value)
