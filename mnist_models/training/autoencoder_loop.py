"""Training an encoder and a decoder to give back what they were shown.

Everything random in a step (which images, noise, holes) is drawn by NumPy from the recipe's seed, the
epoch and the step, so that a training that was interrupted and resumed does exactly what it would
have done. Written once for TensorFlow and JAX.
"""

import json
import time
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import ops

from mnist_models import recipes
from mnist_models.images import corruption
from mnist_models.images.normalize import as_input
from mnist_models.latent import plane
from mnist_models.training import (
    averaging,
    backend,
    checkpoints,
    device_images,
    gan_loop,
    interrupts,
    optimizers,
    precision,
    sample_grids,
)

SHOWN = 8  # validation digits in a picture grid, each above its reconstruction
_VALIDATION, _ORDER, _STEP = range(3)  # keep the streams of random numbers of a seed apart


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


@dataclass
class Progress(gan_loop.Progress):
    """Where a training is.

    Attributes:
        begun: epochs that were done when the present stretch of training began; its learning rate
            falls from the recipe's to 0 until `target`.
        best_epoch, best_loss: the epoch with the lowest validation loss, and that; 0 and None before
            the first.
        best_weights: the averages after that epoch, list of arrays.
        origin: where the weights that training began with come from; None for fresh ones.
    """

    begun: int = 0
    best_epoch: int = 0
    best_loss: float | None = None
    best_weights: list = field(default_factory=list)
    origin: dict | None = None

    def note(self):
        """All but the weights, as JSON holds it."""
        return {key: value for key, value in vars(self).items() if key != "best_weights"}


@dataclass(frozen=True)
class FittedParts:
    """What a training hands back, in float32, with the weights of the best epoch.

    Attributes:
        encoder, decoder: keras.Model as the network's builder makes them.
        recipe: the recipes.AutoencoderRecipe it was trained with.
        progress: Progress.
        interrupted: True when Ctrl-C ended it.
        notes: sentences for whoever trained.
    """

    encoder: keras.Model
    decoder: keras.Model
    recipe: object
    progress: Progress
    interrupted: bool
    notes: tuple[str, ...]


def fit(network, recipe, data, watch, folder, *, resume=False, epochs=None, start=None, origin=None):
    """Train an encoder and a decoder of the catalog.

    The folder receives `recipe.json`, `history.json`, checkpoints and a folder `pictures` of grids.

    Args:
        network: catalog.Network.
        recipe: recipes.AutoencoderRecipe; a resumed training goes on with its own.
        data: training.data.TrainingData; labels are not used.
        watch: training.progress.Watch.
        folder: pathlib.Path, made if need be.
        resume: True to go on from the newest checkpoint in the folder.
        epochs: how many (more) to train; None for the recipe's, or those that an interrupted
            training had left.
        start: (encoder, decoder) whose weights a new training begins with; None for fresh ones.
        origin: dict that says in the model card where `start` comes from.

    Returns:
        FittedParts. Ctrl-C (or a polite `kill`) ends training after the current step, with a
        checkpoint; a second one at once, without.

    Raises:
        progress.Pause: when the watch did, once the checkpoint is written.
        adversarial.TrainingFailed: when the loss is not a number. The checkpoints are from before.
        checkpoints.NoCheckpoint: when there is nothing to resume from.
        FileExistsError: when the folder holds a training that is not to be resumed.
    """
    if not resume and any(folder.glob("checkpoint-*")):
        raise FileExistsError(f"{folder} already holds a training: resume it, or choose another folder.")
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    notes, saved = (), None
    if resume:
        saved, note, skipped = checkpoints.load(folder)
        recipe = recipes.read(type(recipe), note["recipe"])
        progress = Progress(**note["progress"], best_weights=saved.pop("best", []))
        if epochs is not None:
            progress.begun, progress.target = progress.epoch, progress.epoch + epochs
        notes = tuple(f"Passed over a damaged checkpoint: {path.name}." for path in skipped)
    else:
        progress = Progress(target=recipe.epochs if epochs is None else epochs, origin=origin)
        (folder / "recipe.json").write_text(recipe.model_dump_json(indent=1))
    with precision.of(recipe), interrupts.after_steps() as arrived:
        parts = create(network, recipe)
        if saved is not None:
            _restore(parts, saved)
        elif start is not None:
            for model, given in zip(list(vars(parts).values())[:4], start * 2, strict=True):
                model.set_weights(given.get_weights())
        request = _train(parts, recipe, data, watch, folder, progress, arrived)
        notes += checkpoints.save_last(lambda: _save(folder, parts, recipe, progress), request)
    best = progress.best_weights or [ops.convert_to_numpy(v) for v in parts.averages()]
    with precision.policy("float32"):
        encoder, decoder = gan_loop.build(network, recipe)
    for variable, value in zip(encoder.trainable_variables + decoder.trainable_variables, best, strict=True):
        variable.assign(value)
    return FittedParts(encoder, decoder, recipe, progress, request is not None, notes)


def create(network, recipe):
    """New parts with fresh weights, under the current dtype policy."""
    keras.utils.set_random_seed(recipe.seed)
    encoder, decoder = gan_loop.build(network, recipe)
    averaged = gan_loop.build(network, recipe)
    for average, model in zip(averaged, (encoder, decoder), strict=True):
        average.set_weights(model.get_weights())
    optimizer = keras.optimizers.Adam(recipe.learning_rate)
    parts = Parts(encoder, decoder, *averaged, optimizer)
    optimizer.build(parts.trained())
    return parts


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


def make_step(parts, recipe):
    """A training step, compiled.

    Returns:
        A function of `draw`'s dict with "learning_rate" and "keep" that returns {"loss", "error"} as
        floats, the error being the pixels' mean squared one.
    """
    variables = [variable for group in parts.groups().values() for variable in group]
    trained, averages = parts.trained(), parts.averages()
    others = [v for v in variables if all(v is not t for t in trained)]
    loss = make_loss(recipe, parts.encoder, parts.decoder)

    def step(inputs):
        def with_error():
            value, error = loss(inputs)
            return value, {"error": error}

        value, further, gradients = backend.loss_and_gradients(with_error, trained, others)
        parts.optimizer.learning_rate.assign(inputs["learning_rate"])
        parts.optimizer.apply(gradients, trained)
        keep = inputs["keep"]
        for average, variable in zip(averages, trained, strict=True):
            average.assign(average * keep + variable * (1 - keep))
        return {"loss": value, **further}

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


def _train(parts, recipe, data, watch, folder, progress, arrived):
    """Run until the target; returns the KeyboardInterrupt that ended it before, if any."""
    images = data.x[: recipe.images or None]
    steps = len(images) // recipe.batch_size
    if not steps:
        raise ValueError(f"A batch of {recipe.batch_size} needs more than {len(images)} images.")
    step = make_step(parts, recipe)
    pictures = _pictures_on_host(images) if recipe.noise or recipe.holes else _pictures_on_device(images)
    validation = draw(as_input(data.x_val), recipe, np.random.default_rng([recipe.seed, _VALIDATION]))
    watch.on_start(progress.target, steps, recipe.batch_size, progress.epoch)
    started = pictured = saved = time.perf_counter()
    seconds_before = progress.seconds
    in_epochs_before = sum(epoch["seconds"] for epoch in progress.history)

    def keep_pictures(epoch=None):
        sample_grids.save(
            folder / "pictures", progress.total_steps, _pictures(parts, recipe, validation), epoch
        )

    try:
        while progress.epoch < progress.target:
            order = np.random.default_rng([recipe.seed, _ORDER, progress.epoch]).permutation(len(images))
            while progress.step < steps:
                metrics = step(_inputs(pictures, order, recipe, progress, steps))
                _check(metrics["loss"], progress)
                progress.step += 1
                progress.total_steps += 1
                for name, value in metrics.items():
                    progress.sums[name] = progress.sums.get(name, 0.0) + value
                if arrived:
                    raise KeyboardInterrupt
                clock = time.perf_counter()
                progress.seconds = seconds_before + clock - started
                watch.on_step(progress.step, progress.means())
                if clock - pictured > gan_loop.PICTURES_EVERY:
                    keep_pictures()
                    pictured = time.perf_counter()
                if clock - saved > checkpoints.EVERY:
                    _save(folder, parts, recipe, progress)
                    saved = time.perf_counter()
            _end_epoch(parts, recipe, validation, progress, in_epochs_before)
            in_epochs_before = progress.seconds
            keep_pictures(progress.epoch)
            pictured = time.perf_counter()
            (folder / "history.json").write_text(json.dumps(progress.history, indent=1))
            watch.on_epoch(progress.epoch, progress.history[-1])
    except KeyboardInterrupt as request:
        keep_pictures()
        return request
    finally:
        watch.on_end()


def _pictures_on_host(images):
    """A function from numbers of images to pictures as NumPy arrays, which adds noise and holes to them."""
    return lambda chosen: as_input(images[chosen])


def _pictures_on_device(images):
    """A function from numbers of images to pictures as tensors."""
    kept = device_images.put(images[..., np.newaxis])
    return lambda chosen: device_images.look_up(kept, chosen)


def _inputs(pictures, order, recipe, progress, steps):
    """The next step's dict for `make_step`."""
    rng = np.random.default_rng([recipe.seed, _STEP, progress.epoch, progress.step])
    chosen = order[progress.step * recipe.batch_size : (progress.step + 1) * recipe.batch_size]
    done = (progress.epoch - progress.begun + progress.step / steps) / (progress.target - progress.begun)
    return draw(pictures(chosen), recipe, rng) | {
        "learning_rate": np.float32(learning_rate(recipe, done)),
        "keep": np.float32(averaging.momentum(recipe.weight_average, progress.total_steps)),
    }


def _check(loss, progress):
    if not np.isfinite(loss):
        raise gan_loop.TrainingFailed(
            f"Training diverged: after {progress.total_steps} steps the loss is not a number. Go on from "
            "the checkpoint before, or start again with a lower learning rate."
        )


def _end_epoch(parts, recipe, validation, progress, in_epochs_before):
    """Validate, remember the best weights, and count the epoch."""
    loss, error = validate(parts, recipe, validation)
    _check(loss, progress)
    seconds = progress.seconds - in_epochs_before
    figures = progress.means() | {"val_loss": loss, "val_error": error, "seconds": seconds}
    progress.history.append(figures)
    progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
    if progress.best_loss is None or loss < progress.best_loss:
        progress.best_epoch, progress.best_loss = progress.epoch, loss
        progress.best_weights = [np.array(ops.convert_to_numpy(v)) for v in parts.averages()]


def validate(parts, recipe, validation, batch=500):
    """Loss and mean squared error of the averaged parts on `draw`'s dict: two floats."""
    loss = make_loss(recipe, parts.averaged_encoder, parts.averaged_decoder)
    count = len(validation["picture"])
    totals = np.zeros(2)
    for first in range(0, count, batch):
        part = {name: array[first : first + batch] for name, array in validation.items()}
        totals += len(part["picture"]) * np.array([float(value) for value in loss(part)])
    return tuple(float(total / count) for total in totals)


def _pictures(parts, recipe, validation):
    """Sixteen pictures: of a plane its grid, else digits as shown, each above its reconstruction."""
    if recipe.kl_weight and recipe.latent_dim == 2:
        means = parts.averaged_encoder(validation["shown"][:500])[:, :2]
        codes = plane.grid(4, plane.edge(ops.convert_to_numpy(means))).reshape(-1, 2)
        return ops.convert_to_numpy(parts.averaged_decoder(codes))
    shown = validation["shown"][:SHOWN]
    answers = ops.convert_to_numpy(parts.averaged_decoder(parts.averaged_encoder(shown)))
    columns = sample_grids.COLUMNS
    return np.concatenate([shown[:columns], answers[:columns], shown[columns:], answers[columns:]])


def _save(folder, parts, recipe, progress):
    values = {
        name: [ops.convert_to_numpy(variable.value) for variable in variables]
        for name, variables in parts.groups().items()
    }
    note = {"recipe": recipe.model_dump(), "progress": progress.note()}
    checkpoints.save(folder, progress.total_steps, values | {"best": progress.best_weights}, note)


def _restore(parts, saved):
    for name, variables in parts.groups().items():
        for variable, value in zip(variables, saved[name], strict=True):
            variable.assign(value)
