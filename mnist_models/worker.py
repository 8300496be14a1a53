"""The process that trains one run: `python -m mnist_models worker RUN_ID`, started by `queue`.

Without a run it gets everything ready that takes time, and waits for one. After its run it ends, so that
no run ever meets what another has left in memory.
"""

import contextlib
import errno
import os
import pkgutil
import sqlite3
import sys
import time
import traceback
from collections import deque

from mnist_models import catalog
from mnist_models.data import datasets
from mnist_models.errors import DigitLabError, said
from mnist_models.recipes import ClassifierRecipe
from mnist_models.runs import configuration, database, processes, queue, sqlite_errors, uploads
from mnist_models.runs.settings import Settings, gpus
from mnist_models.training.progress import Pause, Stop, Watch

POINTS_EVERY = 0.2  # seconds, at first ...
POINTS = 2_000  # ... and later so seldom that a run has had about so many until then
LOOK_FOR_RUN_EVERY = 0.05  # seconds
SPEED_OVER = 5.0  # seconds
_DISK_FULL = (
    "The disk is full. Delete something, then go on: what was learned until its last checkpoint is kept."
)
_OUT_OF_MEMORY = "Memory ran out. Choose a smaller batch, or a smaller network."
_SHARES = "accuracy", "d_real", "d_generated"


def work(slot, run_id=None):
    """Train a run that was assigned to this process; without one, get ready and wait for it.

    Args:
        slot: int, this worker's number.
        run_id: str or None.

    Raises:
        DigitLabError: when the database knows of no such worker: only the app starts workers.
    """
    settings = Settings.load()
    if not gpus():
        processes.lower_priority(settings.niceness)
    me = processes.current()
    with database.connect(settings) as db:
        with db.transaction():  # waits for the one that started this process
            known = db.workers.get(slot)
        if known is None or known.process.pid != me.pid:
            raise DigitLabError("Workers are started by the app, not by hand.")
        if run_id is None:
            _get_ready()
            run_id = _wait(db, settings, slot)
            if run_id is None:
                return
        _log_to(settings.folder(run_id) / "log.txt")
        state, reason = _end_of(db, settings, run_id)
        try:
            with db.transaction():
                db.runs.change_state(run_id, state, reason)
                db.workers.remove(slot)
        except sqlite3.Error as error:
            if _is_full_disk(error):
                sys.exit(queue.DISK_FULL)  # whoever tends next reads it, and there may be room by then
            raise
        queue.tend(db, settings)


def train(db, settings, run_id):
    """Train a run to its end, or until somebody asks for another.

    Its folder receives the checkpoints and pictures of `training`'s fits; `weights/` with the network's files
    and model card; and `pictures.gif` of networks that make pictures. Its metrics go to the database.

    Returns:
        str, the state it is in now.

    Raises:
        Whatever went wrong.
    """
    from mnist_models.training import checkpoints, device, sample_grids

    # This process trains one run, under these settings.
    checkpoints.RESERVE, checkpoints.EVERY = settings.reserve, settings.checkpoint_seconds
    run, folder = db.runs.get(run_id), settings.folder(run_id)
    configuration.refuse_retired(run.configuration)
    chosen = configuration.from_json(run.configuration)
    network, recipe = configuration.network_of(chosen), chosen.recipe
    db.runs.update(run_id, device=device.describe())
    watch = _Watch(db, run_id)
    resume, epochs = _where_to_go_on(run, folder, watch.say)
    own = uploads.load(settings, chosen.data) if uploads.is_own(chosen.data) else None
    options = {"resume": resume, "epochs": epochs, "own": own}
    trainer = pkgutil.resolve_name(catalog.TRAINERS[network.kind])
    try:
        card = trainer(
            network, recipe, folder / "weights", run_folder=folder, watch=watch, say=watch.say, **options
        )
    except Pause:
        return "paused"
    if network.makes_pictures:
        sample_grids.animate(folder / "pictures", folder / "pictures.gif")
    return "stopped" if card["interrupted"] else "finished"


def _end_of(db, settings, run_id):
    """Train; (state, reason) whatever happens."""
    try:
        return train(db, settings, run_id), ""
    except Exception as error:
        with contextlib.suppress(OSError):  # the log is on the same disk
            traceback.print_exc()
        if _is_full_disk(error) or _is_full_disk(error.__cause__):
            return "failed", _DISK_FULL
        if isinstance(error, (DigitLabError, OSError)):
            return "failed", said(error)
        if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
            return "failed", _OUT_OF_MEMORY
        first_line = (said(error).strip().splitlines() or [""])[0]
        return "failed", f"{type(error).__name__}: {first_line}"


def _is_full_disk(error):
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    # TensorFlow has kinds of its own.
    return sqlite_errors.is_full_disk(error) or os.strerror(errno.ENOSPC) in str(error)


def _where_to_go_on(run, folder, say):
    """(whether there is a checkpoint, how many epochs are to come from there or None for what is left)."""
    from mnist_models.training import checkpoints

    if run.attempt == 1:
        return False, None
    try:
        _, note, _ = checkpoints.load(folder)
    except checkpoints.NoCheckpoint:
        for damaged in folder.glob("checkpoint-*.npz"):
            damaged.unlink()
        say("There was no checkpoint to go on from: the run began anew.")
        return False, None
    progress = note["progress"]
    if run.more_epochs is None and progress["target"] < run.epochs:
        # It was given more epochs before, and lost its process before the next checkpoint.
        return True, run.epochs - progress["epoch"]
    return True, run.more_epochs


def _get_ready():
    """Do what takes time and is the same for every run, or for most: imports, the first use of
    TensorFlow, reading MNIST."""
    from mnist_models.training import autoencoder, data, gan, keras_loop, loop  # noqa: F401
    from mnist_models.training.progress import Silence

    network = catalog.get("mlp")
    digits = data.prepare(configuration.network_of(_on_the_sample("mlp")), seed=1)
    recipe = ClassifierRecipe(epochs=1, hidden=(8,), batch_size=32)
    keras_loop.fit(network, loop.Run(recipe), data.some(digits, 256), Silence())
    with contextlib.suppress(datasets.DataError):  # whoever trains on it is told
        datasets.get_ready("mnist")


def _on_the_sample(network):
    default = configuration.default(network)
    return configuration.Configuration(network, datasets.SAMPLE, default.recipe)


def _wait(db, settings, slot):
    """The run that this worker is given; None when nobody has been here for long, and it is to end."""
    db.workers.say_ready(slot)
    while True:
        known = db.workers.get(slot)
        if known is None or known.process.pid != os.getpid():
            return None
        if known.run is not None:
            return known.run
        if time.time() - known.wanted > settings.warm_seconds and db.workers.remove_idle(slot):
            return None
        time.sleep(LOOK_FOR_RUN_EVERY)


def _log_to(path):
    """Let what this process writes go to the run's log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as log:
        for channel in (1, 2):
            os.dup2(log.fileno(), channel)


class _Watch(Watch):
    """Writes what happens into the database, and passes on what is asked of the run."""

    def __init__(self, db, run_id):
        self.runs, self.run_id = db.runs, run_id
        self.best = db.runs.get(run_id).figures.get("best_val_accuracy", 0.0)

    def say(self, sentence):
        """A note for people; one that ends in "…" is what the run is busy with."""
        print(sentence, flush=True)
        if sentence.endswith("…"):
            self.runs.update(self.run_id, phase=sentence)
        else:
            self.runs.add_note(self.run_id, sentence)

    def on_start(self, epochs, steps_per_epoch, batch_size, epochs_done=0):
        self.epochs, self.steps, self.batch_size = epochs, steps_per_epoch, batch_size
        self.epoch, self.step, self.names = epochs_done, 0, ()
        self.began, self.seconds_before, self.last_point = None, 0.0, float("-inf")
        self.reached, self.sums = 0, {}  # what the last point of this epoch covered
        self.speed = deque()
        self.runs.update(self.run_id, epochs=epochs, epochs_done=epochs_done, phase="")

    def on_step(self, step, means):
        now = time.perf_counter()
        self.step, self.names = step, tuple(means)
        if self.began is None:
            self._take_back(now)
        if now - self.last_point < max(POINTS_EVERY, self._seconds(now) / POINTS):
            return
        self.last_point = now
        figures = self._since_last_point(step, means)
        self._append(now, figures, whole=False)
        self._obey()

    def on_epoch(self, epoch, metrics):
        if self.began is None:  # resumed where only the epoch's validation was left
            self.step = self.steps
            self._take_back(time.perf_counter())
        if self.names and self.reached < self.steps:  # so that the curves of training go to the end
            self.step = self.steps
            steps = self._since_last_point(self.steps, {name: metrics[name] for name in self.names})
            self._append(time.perf_counter(), steps, whole=False)
        self.epoch, self.step, self.reached, self.sums = epoch, 0, 0, {}
        figures = {name: value for name, value in metrics.items() if name != "seconds"}
        newest = dict(figures)
        if "val_accuracy" in figures:
            self.best = max(self.best, figures["val_accuracy"])
            newest["best_val_accuracy"] = self.best
        self._append(time.perf_counter(), figures, whole=True, newest=newest)

    def on_confusion(self, matrix):
        self.runs.add_confusion(self.run_id, self._total(), self._position(), matrix.tolist())

    def _obey(self):
        """Do what somebody has asked of the run since."""
        command = self.runs.command(self.run_id)
        if command == "pause":
            raise Pause
        if command == "stop":
            raise Stop

    def _take_back(self, now):
        """The first step since the start: whatever was measured beyond it is about to happen again."""
        self.began = now
        self.runs.forget_after(self.run_id, self._total() - 1)
        before = self.runs.last_point(self.run_id)
        self.seconds_before = before.seconds if before else 0.0

    def _since_last_point(self, step, means):
        """The mean figures of the steps since the last point of this epoch."""
        seen, before = self._images_until(step), self._images_until(self.reached)
        sums = {name: mean * seen for name, mean in means.items()}
        count = max(1, seen - before)
        recent = {name: (value - self.sums.get(name, 0.0)) / count for name, value in sums.items()}
        self.reached, self.sums = step, sums
        # Differences of rounded sums may end up a hair outside.
        return {name: min(max(v, 0.0), 1.0) if name in _SHARES else v for name, v in recent.items()}

    def _images_until(self, step):
        """How many images an epoch has shown after so many steps."""
        return min(step * self.batch_size, self.images or float("inf"))

    def _append(self, now, figures, whole, newest=None):
        point = self._total(), self._position(), self._seconds(now), whole, figures
        steps_a_second = self._speed(now)
        left = self.epochs * self.steps - self._total()
        self.runs.append(
            self.run_id,
            [point],
            newest or figures,
            epochs_done=self._position(),
            images_per_second=steps_a_second and steps_a_second * self.batch_size,
            seconds_left=steps_a_second and left / steps_a_second,
        )

    def _speed(self, now):
        """Steps a second of late; None before it is known."""
        self.speed.append((now, self._total()))
        while now - self.speed[0][0] > SPEED_OVER and len(self.speed) > 2:
            self.speed.popleft()
        (then, before), (_, total) = self.speed[0], self.speed[-1]
        return (total - before) / (now - then) if total > before and now > then else None

    def _total(self):
        return self.epoch * self.steps + self.step

    def _position(self):
        return self.epoch + self.step / self.steps

    def _seconds(self, now):
        return self.seconds_before + now - self.began
