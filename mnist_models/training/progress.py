"""What a training reports while it runs, and what it hands back in the end."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


class Stop(KeyboardInterrupt):
    """Ends a training as Ctrl-C does, with its best weights. A watch raises it in `on_step`."""


class Pause(Stop):
    """Ends a training for now: once its checkpoint is written, `fit` raises this again, and nothing is
    exported."""


class TrainingFailed(RuntimeError):
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
        """An epoch, from 1, is done; `metrics` as in `Fitted.history`."""

    def on_confusion(self, matrix):
        """A classifier has read validation images: int array, rows true classes, columns read as."""

    def on_end(self):
        """Training is over: finished, stopped early or interrupted."""


class Silence(Watch):
    """Watches without a word."""


@dataclass
class Best:
    """The best weights so far: those that read most validation digits right.

    The loss decides between equals. It alone would be a poor judge of a network that also learns to
    doubt: `reader`'s was lowest after 6 of 24 epochs, while it went on to read ever more digits.

    Attributes:
        patience: epochs without improvement before `stalled` says so; 0 never does.
        since: epochs done when patience began to count, as it does anew in a training that goes on.
    """

    patience: int
    since: int = 0
    epoch: int = 0
    merit: tuple = (-1.0, 0.0)
    weights: list = field(default_factory=list)
    last_epoch: int = 0

    def offer(self, epoch, metrics, weights):
        """Keep a copy of these weights if they are the best.

        Args:
            epoch: from 1.
            metrics: dict with "val_accuracy" and "val_loss".
            weights: list of arrays.
        """
        self.last_epoch = epoch
        merit = metrics["val_accuracy"], -metrics["val_loss"]
        if merit > self.merit:
            self.epoch, self.merit = epoch, merit
            self.weights = [np.array(weight) for weight in weights]

    @property
    def stalled(self):
        """True when `patience` epochs have brought nothing."""
        return 0 < self.patience <= self.last_epoch - max(self.epoch, self.since)


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        model: keras.Model with the best weights, in float32, already called once.
        history: per epoch {"loss", "accuracy", "val_loss", "val_accuracy"}.
        best_epoch: from 1; 0 when training was stopped inside its first epoch.
        interrupted: True when Ctrl-C ended it.
        seconds: of training, without data preparation and export.
        notes: sentences for whoever trained, such as that a damaged checkpoint was passed over.
    """

    model: object
    history: list[dict]
    best_epoch: int
    interrupted: bool
    seconds: float
    notes: tuple[str, ...] = ()
