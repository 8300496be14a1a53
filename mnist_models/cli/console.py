"""What a training on the command line needs: a progress bar, Ctrl-C at any time, and a quiet TensorFlow."""

import os
import signal
import sys
import time
from contextlib import contextmanager

from mnist_models.training.progress import Watch


@contextmanager
def interruptible_import():
    """Let Ctrl-C end the process while TensorFlow is imported, which would swallow the exception."""

    def stop(number, frame):
        print("Stopped.", file=sys.stderr, flush=True)
        os._exit(130)

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not the main thread, which alone hears of signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def native_logs_muted():
    """Keep what TensorFlow's C++ side writes to the error channel off the screen.

    Python's own errors, warnings and the progress bar still get there.
    """
    channel, python_errors = os.dup(2), sys.stderr
    try:
        with open(os.devnull, "w") as nothing, os.fdopen(os.dup(channel), "w") as sys.stderr:
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        sys.stderr = python_errors
        os.dup2(channel, 2)
        os.close(channel)


class ProgressBar(Watch):
    """Shows an epoch's progress with speed and time left, and a note every few epochs."""

    def __init__(self, notes_every):
        self.notes_every, self.bar = notes_every, None

    def on_start(self, epochs, steps_per_epoch, batch_size, epochs_done=0):
        from tqdm import tqdm

        self.epochs, self.steps, self.batch_size = epochs, steps_per_epoch, batch_size
        self.epoch, self.started = epochs_done, time.perf_counter()
        self.bar = tqdm(
            total=epochs * steps_per_epoch * batch_size,
            initial=epochs_done * steps_per_epoch * batch_size,
            unit=" images",
            unit_scale=True,
            mininterval=0.1 if sys.stderr.isatty() else 30,  # a log file wants no ten lines a second
        )

    def on_step(self, step, means):
        loss = next(iter(means.values()))
        self.bar.set_description(f"epoch {self.epoch + 1}/{self.epochs}, loss {loss:.4f}", refresh=False)
        self.bar.update((self.epoch * self.steps + step) * self.batch_size - self.bar.n)

    def on_epoch(self, epoch, metrics):
        self.epoch = epoch
        if epoch % self.notes_every == 0 or epoch == self.epochs:
            figures = ", ".join(_note(name, value) for name, value in metrics.items() if name != "seconds")
            self.bar.write(f"epoch {epoch}: {figures}, {time.perf_counter() - self.started:.0f} s")

    def on_end(self):
        if self.bar is not None:  # a training may fail before it begins
            self.bar.close()


def _note(name, value):
    words = name.replace("val_", "validation ").replace("_", " ")
    return f"{words} {value:.2%}" if "accuracy" in name else f"{words} {value:.4f}"
