"""What a training reports while it runs, and what it hands back in the end."""

from dataclasses import dataclass, field
from typing import Protocol

from mnist_models.errors import DigitLabError


class Stop(KeyboardInterrupt):
    """Ends a training as Ctrl-C does, with its best weights. A watch raises it in `on_step`."""


class Pause(Stop):
    """Ends a training for now: once its checkpoint is written, `fit` raises this again, and nothing is
    exported."""


class TrainingFailed(DigitLabError):
    """A training has left the rails. The message says how and what to do."""


class Watch(Protocol):
    """Somebody who watches a training: a progress bar, a chart, a log. Whoever inherits from this need
    only say what interests them.

    Attributes:
        images: of an epoch, set before `on_start` where its last batch may be smaller than the others;
            None where all are alike.
    """

    images: int | None = None

    def on_start(self, epochs, steps_per_epoch, batch_size, epochs_done=0):
        """Training begins, or goes on: the epochs at its end, and how many of them are done."""

    def on_step(self, step, means):
        """A step of the current epoch, from 1, is done; `means` are the epoch's figures so far, the
        loss that says most first."""

    def on_epoch(self, epoch, metrics):
        """An epoch, from 1, is done; `metrics` as in `Progress.history`."""

    def on_confusion(self, matrix):
        """A classifier has read validation images: int array, rows true classes, columns read as."""

    def on_end(self):
        """Training is over: finished, stopped early or interrupted."""


class Silence(Watch):
    """Watches without a word."""


@dataclass
class Progress:
    """Where a training is.

    Attributes:
        target: epochs at which it ends.
        begun, steps_begun: epochs and steps that were done when the present stretch of training began; its
            learning rate rises and falls until `target`.
        epoch: epochs done.
        step: steps done in the epoch after those.
        total_steps: steps done altogether.
        seconds: of training so far.
        sums: of every figure over the steps of the unfinished epoch, a smaller batch counting less.
        seen: how many full batches these are of.
        history: per epoch the figures, and "seconds".
        best_epoch, merit: the epoch with the best weights, and by what they are; 0 and () before.
        hardware: what it was last trained on, in words.
        started_from: where the weights that training began with come from, for the card.
        recipes_before: dicts of "epochs", until which it had another "recipe": in older trainings.
    """

    target: int
    begun: int = 0
    steps_begun: int = 0
    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    sums: dict = field(default_factory=dict)
    seen: float = 0.0
    history: list = field(default_factory=list)
    best_epoch: int = 0
    merit: tuple = ()
    hardware: str = ""
    started_from: list | dict | None = None
    recipes_before: list = field(default_factory=list)

    def means(self) -> dict:
        """The figures of the unfinished epoch so far."""
        return {name: total / self.seen for name, total in self.sums.items()}

    def count_step(self, figures, share=1.0):
        """Note that a step is done, on that share of a full batch."""
        for name, value in figures.items():
            self.sums[name] = self.sums.get(name, 0.0) + share * value
        self.seen += share
        self.step += 1
        self.total_steps += 1

    def count_epoch(self, figures):
        """Note that an epoch is done."""
        before = sum(epoch.get("seconds", 0.0) for epoch in self.history)
        self.history.append(figures | {"seconds": self.seconds - before})
        self.epoch, self.step, self.sums, self.seen = self.epoch + 1, 0, {}, 0.0

    def steps_of_stretch(self, steps_per_epoch) -> int:
        return max(1, self.target - self.begun) * steps_per_epoch

    def share_of_stretch(self, step, steps_per_epoch) -> float:
        """How much of the present stretch is done at a step of the unfinished epoch: 0 to 1."""
        return (self.epoch - self.begun + step / steps_per_epoch) / (self.target - self.begun)


@dataclass(frozen=True)
class Fitted:
    """What a training hands back.

    Attributes:
        models: keras.Models in float32, already called once: a classifier; a generator with averaged weights
            and its discriminator; an encoder and its decoder.
        recipe: what they were trained with.
        progress: Progress.
        interrupted: True when Ctrl-C or a `Stop` ended it.
        notes: sentences for whoever trained, such as that a damaged checkpoint was passed over.
    """

    models: tuple
    recipe: object
    progress: Progress
    interrupted: bool
    notes: tuple[str, ...] = ()
