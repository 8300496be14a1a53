"""The loop of every training: epochs, steps, figures, pictures, interruptions and checkpoints.

What one family of networks does in a step stands in a file of its own, as a `Trainer`: `keras_loop`,
`raw_loop`, `autoencoder`, `gan` and `age`.
"""

import dataclasses
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from keras import ops

from mnist_models import recipes
from mnist_models.errors import DigitLabError
from mnist_models.training import checkpoints, device, interrupts, sample_grids
from mnist_models.training.progress import Progress, TrainingFailed


@dataclass(frozen=True)
class Seen:
    """What a look at the networks in training shows.

    Attributes:
        figures: dict of floats.
        pictures: float32 N×H×W×C in [0, 1], for a grid; None for none.
        confusion: int array, rows true classes, columns read as; None for none.
    """

    figures: dict = field(default_factory=dict)
    pictures: np.ndarray | None = None
    confusion: np.ndarray | None = None


class Trainer(Protocol):
    """The networks in training, and what a step does with them. Whoever inherits from this need only say
    what differs.

    Attributes:
        steps: of an epoch.
        images: of an epoch, where its last batch may be smaller than the others; None where all are alike.
        looks_every: seconds between looks within an epoch.
        makes_pictures: True when a look shows pictures.
    """

    steps: int
    images: int | None = None
    looks_every: float = math.inf
    makes_pictures: bool = False

    def groups(self) -> dict:
        """All that training changes: lists of Variable by name, for a checkpoint."""

    def batches(self, progress):
        """What is left of the present epoch, a batch at a time. What is random in it depends on the recipe's
        seed, the epoch and the step alone, so that a training that goes on does what it would have done."""

    def step(self, batch) -> dict:
        """Learn from a batch: scalar tensors, the loss that says most first."""

    def look(self) -> Seen:
        """Look at the networks within an epoch, for those who watch."""

    def validate(self) -> Seen:
        """Look at the networks after an epoch; the figures go into the history."""
        return Seen()

    def check(self):
        """Raise TrainingFailed where training has left the rails, and no checkpoint should be written."""

    def merit(self, figures) -> tuple:
        """By what an epoch's weights are the best, the more the better; () where the last are."""
        return ()

    def weights(self) -> list:
        """The weights that are handed back of an epoch, as arrays."""


class Run:
    """A training with its checkpoints.

    Args:
        recipe: a recipe of the catalog; a resumed training goes on with its own.
        folder: pathlib.Path for checkpoints, pictures and records, made if need be; None keeps none.
        resume: True to go on from the newest checkpoint in the folder.
        epochs: how many (more) to train; None for the recipe's, or those that an interrupted training had
            left.
        started_from: what the card is to say of the weights that a new training begins with.

    Attributes:
        recipe, folder: as given, or the resumed training's.
        progress: Progress.
        saved: dict of lists of arrays, what a `Trainer` goes on from; empty in a new training.
        best: list of arrays, the weights of the best epoch.
        notes: sentences for whoever trains.

    Raises:
        checkpoints.NoCheckpoint: when there is nothing to resume from.
        DigitLabError: when the folder holds a training that is not to be resumed.
    """

    def __init__(self, recipe, folder=None, *, resume=False, epochs=None, started_from=None):
        self.recipe, self.folder = recipe, folder
        self.saved, self.best, self.notes = {}, [], ()
        if resume:
            self._go_on(epochs)
        else:
            if folder is not None and any(folder.glob("checkpoint-*")):
                raise DigitLabError(
                    f"{folder} already holds a training: resume it, or choose another folder."
                )
            self.progress = Progress(recipe.epochs if epochs is None else epochs, started_from=started_from)
        self.write("recipe.json", self.recipe.model_dump())

    def _go_on(self, epochs):
        self.saved, note, skipped = checkpoints.load(self.folder)
        self.notes = tuple(f"Passed over a damaged checkpoint: {path.name}." for path in skipped)
        self.best = self.saved.pop("best", [])
        recipes.refuse_retired(note["recipe"])
        self.recipe = recipes.read(type(self.recipe), note["recipe"])
        self.progress = _read_progress(note)
        if epochs is not None:
            self.progress.begun, self.progress.steps_begun = self.progress.epoch, self.progress.total_steps
            self.progress.target = self.progress.epoch + epochs

    @property
    def is_over(self):
        progress, patience = self.progress, getattr(self.recipe, "patience", 0)
        stalled = 0 < patience <= progress.epoch - max(progress.best_epoch, progress.begun)
        return progress.epoch >= progress.target or stalled

    def check(self, figures):
        """Stop a training that has diverged.

        Raises:
            TrainingFailed: when a figure is not a number.
        """
        if not all(map(math.isfinite, figures.values())):
            raise TrainingFailed(
                f"Training diverged: after {self.progress.total_steps} steps a loss is not a number. Go on "
                "from the checkpoint before, or start again with a lower learning rate."
            )

    def keep(self, pictures, epoch=None):
        """Keep a grid of pictures, if there are any."""
        if pictures is not None and self.folder is not None:
            place = self.folder / "pictures"
            place.mkdir(exist_ok=True)
            sample_grids.save(place, self.progress.total_steps, pictures, epoch)

    def write(self, name, record):
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(json.dumps(record, indent=1))

    def save(self, trainer):
        """Write a checkpoint; nothing without a folder."""
        if self.folder is None:
            return
        groups = {
            name: [np.array(ops.convert_to_numpy(variable)) for variable in variables]
            for name, variables in trainer.groups().items()
        }
        note = {"recipe": self.recipe.model_dump(), "progress": dataclasses.asdict(self.progress)}
        checkpoints.save(self.folder, self.progress.total_steps, groups | {"best": self.best}, note)


def reported(fit, watch, say):
    """What `fit()` hands back, once its notes are said; the watch hears of the end, however it comes."""
    try:
        fitted = fit()
    finally:
        watch.on_end()
    for note in fitted.notes:
        say(note)
    return fitted


def train(run, trainer, watch) -> bool:
    """Train to the end.

    Args:
        run: Run.
        trainer: Trainer.
        watch: training.progress.Watch.

    Returns:
        True when Ctrl-C, a polite `kill` or a `progress.Stop` of the watch ended training, after the step it
        came in and with a checkpoint. A second Ctrl-C ends it at once, without.

    Raises:
        progress.Pause: when the watch did, once the checkpoint is written.
        TrainingFailed: when it diverged or collapsed. The checkpoints are from before.
    """
    if run.saved:
        for name, variables in trainer.groups().items():
            for variable, value in zip(variables, run.saved.get(name, []), strict=True):
                variable.assign(value)
    if not run.is_over:
        run.progress.hardware = device.describe()
    watch.images = trainer.images
    watch.on_start(run.progress.target, trainer.steps, run.recipe.batch_size, run.progress.epoch)
    request = None
    with interrupts.after_steps() as arrived:
        try:
            _train(run, trainer, watch, arrived)
        except KeyboardInterrupt as why:
            request = why
            if trainer.makes_pictures:
                run.keep(trainer.look().pictures)
        run.notes += checkpoints.save_last(lambda: run.save(trainer), request)
    return request is not None


def _train(run, trainer, watch, arrived):
    progress, batch_size = run.progress, run.recipe.batch_size
    looked = saved = started = time.perf_counter()
    seconds_before = progress.seconds
    while not run.is_over:
        for batch in trainer.batches(progress):
            figures = {name: float(value) for name, value in trainer.step(batch).items()}
            left = math.inf if trainer.images is None else trainer.images / batch_size - progress.step
            progress.count_step(figures, min(1.0, left))
            progress.seconds = seconds_before + time.perf_counter() - started
            run.check(figures)
            watch.on_step(progress.step, progress.means())
            if arrived:
                raise KeyboardInterrupt
            if time.perf_counter() - looked > trainer.looks_every:
                seen = trainer.look()
                run.keep(seen.pictures)
                _tell_confusion(seen, watch)
                looked = time.perf_counter()
            if progress.step < trainer.steps:
                saved = _save_when_due(run, trainer, saved)
        seen = trainer.validate()
        figures = progress.means() | seen.figures
        run.check(figures)
        progress.count_epoch(figures)
        merit = trainer.merit(figures)
        if merit > tuple(progress.merit):
            progress.best_epoch, progress.merit, run.best = progress.epoch, merit, trainer.weights()
        run.keep(seen.pictures, progress.epoch)
        run.write("history.json", progress.history)
        watch.on_epoch(progress.epoch, progress.history[-1])
        _tell_confusion(seen, watch)
        looked = time.perf_counter()
        saved = _save_when_due(run, trainer, saved)


def _tell_confusion(seen, watch):
    if seen.confusion is not None:
        watch.on_confusion(seen.confusion)


def _save_when_due(run, trainer, saved):
    """Write a checkpoint if the last is old enough; when the last one was written."""
    if time.perf_counter() - saved <= checkpoints.EVERY:
        return saved
    trainer.check()
    run.save(trainer)
    return time.perf_counter()


def recipe_of(folder: Path):
    """The recipes.ClassifierRecipe of a classifier's training in a folder.

    Raises:
        checkpoints.NoCheckpoint: when there is none.
    """
    _, note, _ = checkpoints.load(folder)
    return recipes.read(recipes.ClassifierRecipe, note["recipe"])


def _read_progress(note):
    """The Progress in a checkpoint's note."""
    saved = note["progress"]
    if "seen" not in saved:
        saved = _of_older_version(saved, note.get("best", {}))
    known = {each.name for each in dataclasses.fields(Progress)}
    return Progress(**{name: value for name, value in saved.items() if name in known})


def _of_older_version(saved, best):
    """Progress as older checkpoints hold it, when every family had its own."""
    step, loss = saved["step"], saved.get("best_loss")
    means = {name: step * mean for name, mean in saved.get("means", {}).items()}
    converted = {"sums": means, **saved, "seen": step}
    if "origin" in saved:  # an autoencoder's
        converted |= {"started_from": saved["origin"], "merit": () if loss is None else (-loss,)}
    if best:  # a classifier's
        converted |= {"best_epoch": best["epoch"], "merit": tuple(best["merit"])}
    return converted
