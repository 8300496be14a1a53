"""What the database holds: runs, their metrics, workers, and networks that pages offer.

Times are seconds since 1970, as `time.time()` gives them.
"""

import json
import math
import typing
from dataclasses import dataclass

from mnist_models.errors import DigitLabError, short
from mnist_models.runs.processes import Process

# What may become of a run. "waiting" is in the queue; "interrupted" lost its process, and nobody knows
# how; all but the first two can be resumed.
TRANSITIONS = {
    "waiting": {"running", "stopped"},
    "running": {"paused", "stopped", "finished", "failed", "interrupted"},
    "paused": {"waiting"},
    "stopped": {"waiting"},
    "finished": {"waiting"},
    "failed": {"waiting"},
    "interrupted": {"waiting"},
}
STATES = tuple(TRANSITIONS)
ACTIVE = "waiting", "running"
_END_OF_TIME = 2e11  # seconds; in the year 8307, before that of Python's dates


class UnknownRun(DigitLabError):
    """There is no such run (any more)."""

    def __init__(self, run_id):
        super().__init__(f"There is no run '{short(run_id)}'; maybe it was deleted.")


class DamagedRun(UnknownRun):
    """The database holds something else than a run."""

    def __init__(self, run_id):
        DigitLabError.__init__(self, f"The record of run '{run_id}' is damaged. Start a new one.")


class Refused(DigitLabError):
    """Something is not accepted now. The message says why and what to do."""


class WrongState(DigitLabError):
    """A run cannot do that now. The message says why."""


@dataclass(frozen=True)
class Run:
    """A run as the database knows it.

    Attributes:
        id: short, letters and digits; also the name of its folder.
        name: for people.
        visitor: who started it, for the queue's fairness.
        network, data: names.
        configuration: JSON text, as from `configuration.to_json`.
        state: one of `STATES`.
        reason: why it failed or was interrupted, a sentence; else empty.
        command: "pause" or "stop" while that is asked of a running run; else empty.
        more_epochs: how many it goes on for when it is resumed; None for what was left.
        attempt: how often it was started. A new attempt may take metrics back: read them all again.
        created, queued, started, ended: times, the last two None before they come.
        beat: when its process last said that it lives.
        phase: what it is busy with, for people, such as "Preparing data …"; empty while it trains.
        device: what it trains on, for people.
        epochs: at which it ends.
        epochs_done: with fractions.
        images_per_second, seconds_left: None before it is known.
        notes: sentences for people, the oldest first.
        figures: the newest of every metric; of classifiers also "best_val_accuracy".
    """

    id: str
    name: str
    visitor: str
    network: str
    data: str
    configuration: str
    state: str
    reason: str
    command: str
    more_epochs: int | None
    attempt: int
    created: float
    queued: float
    started: float | None
    ended: float | None
    beat: float | None
    phase: str
    device: str
    epochs: int
    epochs_done: float
    images_per_second: float | None
    seconds_left: float | None
    notes: tuple[str, ...]
    figures: dict

    @property
    def is_active(self):
        """Whether it waits or trains."""
        return self.state in ACTIVE

    @property
    def can_resume(self):
        return not self.is_active


@dataclass(frozen=True)
class Point:
    """Metrics of a run at one moment.

    Attributes:
        row: rises over all runs; ask for those after the last one read.
        step: steps done.
        epoch: epochs done, with fractions.
        seconds: since the run first started to train, without its pauses.
        whole: True for the figures of a whole epoch, with validation; False for the mean since the
            point before.
        figures: dict from a metric's name to a float.
    """

    row: int
    step: int
    epoch: float
    seconds: float
    whole: bool
    figures: dict


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix of validation images after so many epochs: rows true classes, columns read as."""

    row: int
    step: int
    epoch: float
    matrix: list[list[int]]


@dataclass(frozen=True)
class Waiting:
    """A run in the queue: who asked for it, and when."""

    id: str
    visitor: str
    queued: float


@dataclass(frozen=True)
class Worker:
    """A process that trains a run, or waits for one.

    Attributes:
        slot: its number.
        process: Process.
        run: id of its run; None while it waits.
        wanted: when somebody was last here who might start a run.
    """

    slot: int
    process: Process
    run: str | None
    wanted: float


@dataclass(frozen=True)
class Owned:
    """A run whose network a page may offer, and its owner's nickname: None before one is kept."""

    id: str
    name: str
    network: str
    data: str
    visitor: str
    colour: str | None
    animal: str | None


def readable(read, rows):
    """What `read` makes of rows, without those that hold something else than we ever write."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except (DamagedRun, ValueError, TypeError):
            continue
    return found


def run(row):
    """The Run of a row. Raises DamagedRun."""
    try:
        columns = {name: row[name] for name in _KINDS}
        columns["notes"] = tuple(json.loads(columns["notes"]))
        columns["figures"] = json.loads(columns["figures"])
        found = Run(**columns)
    except (ValueError, TypeError) as error:
        raise DamagedRun(row["id"]) from error
    if not (
        all(_fits(getattr(found, name), kind) for name, kind in _KINDS.items())
        and all(isinstance(note, str) for note in found.notes)
        and all(_fits(figure, float) for figure in found.figures.values())
        and found.state in STATES
        and found.command in ("", "pause", "stop")
        and found.epochs >= 1
        and 0 <= found.created < _END_OF_TIME
    ):
        raise DamagedRun(found.id)
    return found


def point(row):
    """The Point of a row. Raises ValueError or TypeError when it is damaged, as `confusion`."""
    figures = {name: float(value) for name, value in dict(json.loads(row["figures"])).items()}
    return Point(
        row["row"], row["step"], float(row["epoch"]), float(row["seconds"]), bool(row["whole"]), figures
    )


def confusion(row):
    matrix = json.loads(row["matrix"])
    if any(len(counts) != len(matrix) for counts in matrix):
        raise ValueError("not square")
    return Confusion(row["row"], row["step"], float(row["epoch"]), matrix)


def worker(row):
    return Worker(row["slot"], Process(row["pid"], row["started"]), row["run"], row["wanted"])


def _fits(value, kind):
    if isinstance(value, float) and math.isinf(value):
        return False
    return isinstance(value, kind) or (isinstance(value, int) and isinstance(0.0, kind))


_KINDS = typing.get_type_hints(Run) | {"notes": tuple}
