"""What a training reports while it runs, and what it hands back in the end."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


class Watch(Protocol):
    """Somebody who watches a training: a progress bar, a chart, a log."""

    def on_start(self, epochs, steps_per_epoch, batch_size):
        """Training begins; counts of what lies ahead."""

    def on_step(self, step, loss):
        """A step of the current epoch, from 1, is done; `loss` is the epoch's mean so far."""

    def on_epoch(self, epoch, metrics):
        """An epoch, from 1, is done; `metrics` as in `Fitted.history`."""

    def on_end(self):
        """Training is over: finished, stopped early or interrupted."""


class Silence:
    """Watches without a word."""

    def on_start(self, epochs, steps_per_epoch, batch_size):
        pass

    def on_step(self, step, loss):
        pass

    def on_epoch(self, epoch, metrics):
        pass

    def on_end(self):
        pass


@dataclass
class Best:
    """The best weights so far: those with the lowest validation loss.

    Attributes:
        patience: epochs without improvement before `stalled` says so; 0 never does.
    """

    patience: int
    epoch: int = 0
    loss: float = np.inf
    weights: list = field(default_factory=list)
    last_epoch: int = 0

    def offer(self, epoch, loss, weights):
        """Keep a copy of these weights if their loss is the lowest."""
        self.last_epoch = epoch
        if loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.weights = [np.array(weight) for weight in weights]

    @property
    def stalled(self):
        """True when `patience` epochs have brought nothing."""
        return 0 < self.patience <= self.last_epoch - self.epoch


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        model: keras.Model with the best weights, in float32, already called once.
        history: per epoch {"loss", "accuracy", "val_loss", "val_accuracy"}.
        best_epoch: from 1; 0 when training was stopped inside its first epoch.
        interrupted: True when Ctrl-C ended it.
        seconds: of training, without data preparation and export.
    """

    model: object
    history: list[dict]
    best_epoch: int
    interrupted: bool
    seconds: float
