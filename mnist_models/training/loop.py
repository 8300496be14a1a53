"""How the training of a classifier is interrupted and goes on: `model.fit` and the raw loop alike."""

import dataclasses
import time
from dataclasses import dataclass, field

import numpy as np

from mnist_models import recipes
from mnist_models.training import checkpoints
from mnist_models.training.progress import Best, TrainingFailed

FIRST_LOOK = 1.0  # seconds of training before the first confusion matrix ...
FIRST_LOOK_AT = 500  # ... of so many validation images


@dataclass
class Progress:
    """Where a training is.

    Attributes:
        target: epochs at which it ends.
        begun, steps_begun: epochs and steps that were done when the present stretch of training began;
            its learning rate rises and falls until `target`.
        epoch: epochs done.
        step: steps done in the epoch after those.
        total_steps: steps done altogether.
        seconds: of training so far.
        means: of the figures over the steps of the unfinished epoch.
        history: per epoch {"loss", "accuracy", "val_loss", "val_accuracy"}.
    """

    target: int
    begun: int = 0
    steps_begun: int = 0
    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    means: dict = field(default_factory=dict)
    history: list = field(default_factory=list)

    def steps_of_stretch(self, steps_per_epoch):
        return max(1, self.target - self.begun) * steps_per_epoch


def recipe_of(folder):
    """The recipes.ClassifierRecipe of a training in a folder.

    Raises:
        checkpoints.NoCheckpoint: when there is none.
    """
    _, note, _ = checkpoints.load(folder)
    return recipes.read(recipes.ClassifierRecipe, note["recipe"])


class Resumable:
    """A training with its checkpoints.

    Args:
        recipe: recipes.ClassifierRecipe.
        folder: pathlib.Path for checkpoints, made if need be; None keeps none.
        resume: True to go on from the newest checkpoint in the folder.
        epochs: how many (more) to train; None for the recipe's, or those that an interrupted training
            had left.

    Attributes:
        progress: Progress.
        best: progress.Best.
        saved: dict of lists of arrays as given to `save`; None in a new training.
        note: what else was given to `save`.
        notes: sentences for whoever trains.

    Raises:
        checkpoints.NoCheckpoint: when there is nothing to resume from.
        FileExistsError: when the folder holds a training that is not to be resumed.
    """

    def __init__(self, recipe, folder, resume=False, epochs=None):
        self.recipe, self.folder = recipe, folder
        self.saved, self.note, self.notes = None, {}, ()
        self.best = Best(recipe.patience)
        self.has_looked = False
        if resume:
            self._go_on(epochs)
        else:
            self.progress = Progress(target=recipe.epochs if epochs is None else epochs)
            self._begin()
        self.last_save = self.started = time.perf_counter()
        self.seconds_before = self.progress.seconds

    def _begin(self):
        if self.folder is None:
            return
        if any(self.folder.glob("checkpoint-*")):
            raise FileExistsError(
                f"{self.folder} already holds a training: resume it, or choose another folder."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "recipe.json").write_text(self.recipe.model_dump_json(indent=1))

    def _go_on(self, epochs):
        self.saved, note, skipped = checkpoints.load(self.folder)
        self.notes = tuple(f"Passed over a damaged checkpoint: {path.name}." for path in skipped)
        self.progress, self.note = Progress(**note["progress"]), note["more"]
        self.best = Best(**note["best"], weights=self.saved.pop("best", []))
        self.best.merit = tuple(self.best.merit)  # JSON knows lists only
        if epochs is not None:
            self.progress.begun, self.progress.steps_begun = self.progress.epoch, self.progress.total_steps
            self.progress.target = self.progress.epoch + epochs
            self.best.since = self.progress.epoch

    def check(self, loss):
        """Stop a training that has diverged.

        Raises:
            TrainingFailed: when the loss is not a number.
        """
        if not np.isfinite(loss):
            raise TrainingFailed(
                f"Training diverged: after {self.progress.total_steps} steps the loss is not a number. Start "
                "again with a lower learning rate."
            )

    def count_step(self, step, means):
        """Note that the steps of an epoch up to this one, from 1, are done."""
        self.check(means["loss"])
        self.progress.total_steps += step - self.progress.step
        self.progress.step, self.progress.means = step, means
        self.progress.seconds = self.seconds_before + time.perf_counter() - self.started

    def count_epoch(self, figures, weights):
        """Note that an epoch is done.

        Args:
            figures: as in `Progress.history`.
            weights: list of arrays that were validated; kept if they are the best.
        """
        self.check(figures["loss"])
        self.progress.history.append(figures)
        self.progress.epoch, self.progress.step, self.progress.means = self.progress.epoch + 1, 0, {}
        self.best.offer(self.progress.epoch, figures, weights)

    def is_time_to_look(self):
        """True once, soon after the start of a new training: its first epoch may take long to end."""
        if self.has_looked or self.progress.history or self.progress.seconds < FIRST_LOOK:
            return False
        self.has_looked = True
        return True

    @property
    def is_over(self):
        return self.progress.epoch >= self.progress.target or self.best.stalled

    def save_when_due(self, state):
        """Write a checkpoint if the last is old enough.

        Args:
            state: function without arguments that returns (groups, note): dict of lists of arrays, and
                what else to remember, as JSON holds it.
        """
        if time.perf_counter() - self.last_save > checkpoints.EVERY:
            self.save(state)

    def save(self, state):
        """Write a checkpoint; nothing without a folder."""
        if self.folder is None:
            return
        groups, more = state()
        best = {key: value for key, value in vars(self.best).items() if key != "weights"}
        checkpoints.save(
            self.folder,
            self.progress.total_steps,
            groups | {"best": self.best.weights},
            {
                "recipe": self.recipe.model_dump(),
                "progress": dataclasses.asdict(self.progress),
                "best": best,
                "more": more,
            },
        )
        self.last_save = time.perf_counter()

    def end(self, state, request):
        """Write the last checkpoint; as `checkpoints.save_last`."""
        self.notes += checkpoints.save_last(lambda: self.save(state), request)
