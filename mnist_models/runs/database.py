"""Runs and their metrics in SQLite: any number of processes read and write at the same time.

Every function takes a connection from `connect`, which belongs to one thread. Times are seconds since
1970, as `time.time()` gives them.
"""

import csv
import functools
import itertools
import json
import math
import re
import secrets
import shutil
import sqlite3
import time
import typing
from contextlib import closing, contextmanager
from dataclasses import dataclass

from mnist_models import catalog
from mnist_models.errors import short

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
LONGEST_NAME = 60
BUSY_SECONDS = 15.0  # to wait for another process's transaction
PAGE_SECONDS = 2.0  # the same for a page, which should say something rather than hang

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    visitor TEXT NOT NULL,
    network TEXT NOT NULL,
    data TEXT NOT NULL,
    configuration TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    command TEXT NOT NULL DEFAULT '',
    more_epochs INTEGER,
    attempt INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    queued REAL NOT NULL,
    started REAL,
    ended REAL,
    beat REAL,
    phase TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    epochs INTEGER NOT NULL,
    epochs_done REAL NOT NULL DEFAULT 0,
    images_per_second REAL,
    seconds_left REAL,
    notes TEXT NOT NULL DEFAULT '[]',
    figures TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS metrics (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    seconds REAL NOT NULL,
    whole INTEGER NOT NULL,
    figures TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS metrics_of_run ON metrics (run, row);
CREATE TABLE IF NOT EXISTS confusions (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    matrix TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS confusions_of_run ON confusions (run, row);
CREATE TABLE IF NOT EXISTS workers (
    slot INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    started TEXT NOT NULL,
    run TEXT,
    ready INTEGER NOT NULL DEFAULT 0,
    wanted REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS used_networks (
    run TEXT PRIMARY KEY,
    page TEXT NOT NULL,
    since REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS nicknames (
    visitor TEXT PRIMARY KEY,
    colour TEXT NOT NULL,
    animal TEXT NOT NULL
);
"""
_COLUMNS = (
    'SELECT m.name, p.name, p.type, p."notnull", p.dflt_value FROM sqlite_master AS m'
    " JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'"
)
_FULL = "The disk is full: the list of runs cannot be written. Delete something, then try again."
_LOCKED = "The list of runs is locked by another program. Try again in a moment."
_READ_ONLY = (
    "The list of runs cannot be written: its file or folder is read-only or missing. Whoever runs this "
    "server can change that."
)
_DAMAGED = (
    "The list of runs is damaged. Whoever runs this server can restore the file runs.sqlite3 from a copy, "
    "or move it away: then the list begins anew."
)
_SENTENCES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


class Unavailable(Exception):
    """The database cannot be used now. The message says why and what to do."""


class UnknownRun(LookupError):
    """There is no such run (any more)."""

    def __init__(self, run_id):
        super().__init__(f"There is no run '{short(run_id)}'; maybe it was deleted.")


class DamagedRun(UnknownRun):
    """The database holds something else than a run."""

    def __init__(self, run_id):
        LookupError.__init__(self, f"The record of run '{run_id}' is damaged.")


class Refused(ValueError):
    """Something is not accepted now. The message says why and what to do."""


class WrongState(ValueError):
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


@contextmanager
def connect(settings, patience=BUSY_SECONDS):
    """A connection to the database, made where it is missing and mended where it is of an earlier version.

    Args:
        settings: settings.Settings.
        patience: seconds to wait for another process's transaction.

    Yields:
        sqlite3.Connection in autocommit mode, for one thread.

    Raises:
        Unavailable: when SQLite fails, here or while the connection is used.
    """
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The folder for runs cannot be made ({error.strerror}).") from error
    db = None
    try:
        db = sqlite3.connect(settings.database, timeout=patience, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = NORMAL")  # safe with WAL, and no wait for the disk at every point
        _write_ahead(db, patience)
        if _missing(db):
            _mend(db)
        yield db
    except sqlite3.Error as error:
        raise Unavailable(sentence(error)) from error
    finally:
        if db is not None:
            db.close()


def sentence(error):
    """What a sqlite3.Error means, for people. Raises it again when it is a mistake of ours."""
    if not hasattr(error, "sqlite_errorcode"):
        raise error
    return _SENTENCES.get(error.sqlite_errorcode & 0xFF, f"The list of runs cannot be used ({error}).")


@functools.cache
def _columns():
    """What every column is like in a new database: dict of (table, name) → (type, not null, default)."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_SCHEMA)
        return {(table, name): rest for table, name, *rest in db.execute(_COLUMNS)}


def _missing(db):
    return _columns().keys() - {(row[0], row[1]) for row in db.execute(_COLUMNS)}


def _mend(db):
    """Make what is missing: all of a new database, some columns of an earlier version's."""
    with transaction(db):
        for statement in filter(str.strip, _SCHEMA.split(";")):
            db.execute(statement)
        for table, name in _missing(db):
            kind, not_null, default = _columns()[table, name]
            if not_null and default is None:
                default = "''" if kind == "TEXT" else "0"
            rule = f"NOT NULL DEFAULT {default}" if not_null else ""
            db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind} {rule}")


def _write_ahead(db, patience):
    """Let readers and a writer work at once. That stays with the file.

    SQLite switches when nobody else writes, and its own timeout does not wait for that.
    """
    give_up = time.monotonic() + patience
    while db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(db):
    """All or nothing, and no other process writes meanwhile."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def create(db, configuration, visitor, *, network, data, epochs, name=None):
    """Put a new run into the queue.

    Args:
        configuration: JSON text.
        visitor: str.
        network, data: names.
        epochs: int.
        name: for people; None for one such as "Feed-forward net 7", which no other run has.

    Returns:
        str, its id.
    """
    run_id, now = secrets.token_hex(4), time.time()
    with transaction(db):
        if name is None:
            name = _new_name(db, catalog.get(network).title)
        db.execute(
            "INSERT INTO runs"
            " (id, name, visitor, network, data, configuration, state, created, queued, epochs)"
            " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)",
            (run_id, clean_name(name), visitor, network, data, configuration, now, now, epochs),
        )
    return run_id


def _new_name(db, title):
    """The title with a number higher than that of any run called so: deleted runs leave gaps."""
    called_so = re.compile(rf"{re.escape(title)} (\d{{1,6}})", re.ASCII)
    found = (called_so.fullmatch(str(row["name"])) for row in db.execute("SELECT name FROM runs"))
    return f"{title} {max((int(match[1]) for match in found if match), default=0) + 1}"


def get(db, run_id):
    """A run.

    Raises:
        UnknownRun: when there is none, or its record is damaged.
    """
    row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise UnknownRun(run_id)
    return _run(row)


def all_runs(db, states=STATES):
    """Runs in any of these states, the newest first. Damaged records are left out: see `damaged`."""
    marks = ", ".join("?" * len(states))
    rows = db.execute(f"SELECT * FROM runs WHERE state IN ({marks}) ORDER BY created DESC", tuple(states))
    return _readable(_run, rows)


def damaged(db):
    """How many records are no runs."""
    return db.execute("SELECT COUNT(*) FROM runs").fetchone()[0] - len(all_runs(db))


def rename(db, run_id, name):
    """Call a run something else; the name as it was kept."""
    get(db, run_id)
    name = clean_name(name)
    db.execute("UPDATE runs SET name = ? WHERE id = ?", (name, run_id))
    return name


def clean_name(text, what="A run"):
    """A name without line breaks or the like, and not too long.

    Args:
        text: str.
        what: is to be named, for the sentence.

    Raises:
        ValueError: when nothing is left.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_NAME].strip()
    if not name:
        raise ValueError(f"{what} needs a name.")
    return name


def delete(db, settings, run_id):
    """Remove a run that is not active, with its folder.

    Raises:
        WrongState: when it is active; stop it first.
    """
    with transaction(db):
        run = get(db, run_id)
        if run.is_active:
            raise WrongState(f"{run.name} is {run.state}: stop it before it is deleted.")
        for table in ("metrics", "confusions", "used_networks"):
            db.execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))
        db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
    shutil.rmtree(settings.folder(run_id), ignore_errors=True)


def change_state(db, run_id, state, reason=""):
    """Move a run from its state to another.

    Args:
        state: one of `STATES`.
        reason: why, a sentence for people.

    Raises:
        WrongState: when it cannot get there from where it is.
    """
    now = time.time()
    with transaction(db):
        # Not the whole run: a damaged one has to become "failed" too.
        run = db.execute("SELECT name, state FROM runs WHERE id = ?", (run_id,)).fetchone()
        if run is None:
            raise UnknownRun(run_id)
        if state not in TRANSITIONS.get(run["state"], ()):
            raise WrongState(f"{run['name']} is {run['state']} and cannot become {state}.")
        db.execute(
            "UPDATE runs SET state = ?, reason = ?, command = '', phase = '', seconds_left = NULL"
            " WHERE id = ?",
            (state, reason, run_id),
        )
        if state == "waiting":
            db.execute("UPDATE runs SET queued = ?, ended = NULL WHERE id = ?", (now, run_id))
        elif state == "running":
            db.execute(
                "UPDATE runs SET started = ?, beat = ?, attempt = attempt + 1 WHERE id = ?",
                (now, now, run_id),
            )
        else:
            db.execute("UPDATE runs SET ended = ?, images_per_second = NULL WHERE id = ?", (now, run_id))


def update(db, run_id, **columns):
    """Set columns of a run that have no rules of their own, such as `phase` or `command`."""
    assignments = ", ".join(f"{column} = ?" for column in columns)
    db.execute(f"UPDATE runs SET {assignments} WHERE id = ?", (*columns.values(), run_id))


def add_note(db, run_id, sentence):
    """Keep a sentence for people; one that is there already stays where it is."""
    with transaction(db):
        notes = list(get(db, run_id).notes)
        if sentence not in notes:
            update(db, run_id, notes=json.dumps([*notes, sentence]))


def command(db, run_id):
    """What is asked of a running run: "pause", "stop" or ""."""
    row = db.execute("SELECT command FROM runs WHERE id = ?", (run_id,)).fetchone()
    return "stop" if row is None else row["command"]


def append(db, run_id, points, figures, **columns):
    """Write metrics and say that the run lives, all in one transaction.

    Args:
        points: list of (step, epoch, seconds, whole, figures) as in `Point`.
        figures: dict to be merged into the run's newest ones.
        columns: of the run, such as `epochs_done`.
    """
    with transaction(db):
        db.executemany(
            "INSERT INTO metrics (run, step, epoch, seconds, whole, figures) VALUES (?, ?, ?, ?, ?, ?)",
            [(run_id, *point[:4], json.dumps(point[4])) for point in points],
        )
        known = db.execute("SELECT figures FROM runs WHERE id = ?", (run_id,)).fetchone()
        if known is not None:
            newest = json.dumps(json.loads(known["figures"]) | figures)
            update(db, run_id, figures=newest, beat=time.time(), **columns)


def points(db, run_id, after=0, whole=None, limit=20_000):
    """Metrics of a run that were written after a row.

    Args:
        after: row of the last point that is known; 0 for all.
        whole: True for whole epochs only, False for the others, None for both.
        limit: int, at most so many.

    Returns:
        list of Point, the oldest first.
    """
    which = "" if whole is None else f" AND whole = {int(whole)}"
    rows = db.execute(
        f"SELECT * FROM metrics WHERE run = ? AND row > ?{which} ORDER BY row LIMIT ?", (run_id, after, limit)
    )
    return _readable(_point, rows)


def last_point(db, run_id):
    """The newest Point of a run, or None."""
    row = db.execute("SELECT * FROM metrics WHERE run = ? ORDER BY row DESC LIMIT 1", (run_id,)).fetchone()
    return next(iter(_readable(_point, [row] if row else [])), None)


def add_confusion(db, run_id, step, epoch, matrix):
    """Keep a confusion matrix: K×K list of int."""
    db.execute(
        "INSERT INTO confusions (run, step, epoch, matrix) VALUES (?, ?, ?, ?)",
        (run_id, step, epoch, json.dumps(matrix)),
    )


def confusions(db, run_id, after=0):
    """Confusion matrices of a run that were written after a row, the oldest first."""
    rows = db.execute("SELECT * FROM confusions WHERE run = ? AND row > ? ORDER BY row", (run_id, after))
    return _readable(_confusion, rows)


def forget_after(db, run_id, step):
    """Take back what was measured after a step, since training goes on from a checkpoint before it."""
    with transaction(db):
        for table in ("metrics", "confusions"):
            db.execute(f"DELETE FROM {table} WHERE run = ? AND step > ?", (run_id, step))


def write_history(db, run_id, path):
    """Write the figures of every whole epoch as CSV: "epoch", "step", "seconds" and the metrics."""
    epochs = points(db, run_id, whole=True)
    names = list(dict.fromkeys(name for point in epochs for name in point.figures))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "step", "seconds", *names])
        for point in epochs:
            figures = [point.figures.get(name, "") for name in names]
            writer.writerow([round(point.epoch), point.step, round(point.seconds, 2), *figures])


def log_tail(settings, run_id, lines=20):
    """The last lines that a run's process wrote, as one text; empty when there are none."""
    try:
        with open(settings.folder(run_id) / "log.txt", "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 200 * lines))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.replace("\r", "\n").splitlines()[-lines:])


def size(settings):
    """Bytes that all runs and all kept data take on the disk."""
    total = 0
    folders = settings.directory / "runs", settings.directory / "data"
    for path in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # a checkpoint that has just made room for a newer one
            continue
    return total


def check_disk(settings, more=0):
    """Refuse when the disk, or what may be used of it, is full.

    Args:
        more: bytes that are about to be written.

    Raises:
        Refused
    """
    try:
        settings.directory.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(settings.directory).free
    except OSError as error:
        raise Refused(f"The folder for runs cannot be used ({error.strerror}).") from None
    if free - more < 2 * settings.reserve:
        raise Refused(f"The disk is nearly full ({free / 1e6:.0f} MB are left). Delete runs first.")
    used = size(settings) + more
    if used > settings.disk:
        raise Refused(
            f"All runs and data sets together take {used / 1e9:.1f} GB, the limit is "
            f"{settings.disk / 1e9:.1f} GB. Delete some first."
        )


def _readable(read, rows):
    """What `read` makes of rows, without those that hold something else than we ever write."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except (DamagedRun, ValueError, TypeError):
            continue
    return found


def _run(row):
    """Raises DamagedRun."""
    try:
        columns = {name: row[name] for name in _KINDS}
        columns["notes"] = tuple(json.loads(columns["notes"]))
        columns["figures"] = json.loads(columns["figures"])
        run = Run(**columns)
    except (ValueError, TypeError) as error:
        raise DamagedRun(row["id"]) from error
    if not (
        all(_fits(getattr(run, name), kind) for name, kind in _KINDS.items())
        and all(isinstance(note, str) for note in run.notes)
        and all(_fits(figure, float) for figure in run.figures.values())
        and run.state in STATES
        and run.command in ("", "pause", "stop")
        and run.epochs >= 1
        and 0 <= run.created < _END_OF_TIME
    ):
        raise DamagedRun(run.id)
    return run


def _fits(value, kind):
    if isinstance(value, float) and math.isinf(value):
        return False
    return isinstance(value, kind) or (isinstance(value, int) and isinstance(0.0, kind))


_KINDS = typing.get_type_hints(Run) | {"notes": tuple}
_END_OF_TIME = 2e11  # seconds; in the year 8307, before that of Python's dates


def _point(row):
    figures = {name: float(value) for name, value in dict(json.loads(row["figures"])).items()}
    return Point(
        row["row"], row["step"], float(row["epoch"]), float(row["seconds"]), bool(row["whole"]), figures
    )


def _confusion(row):
    matrix = json.loads(row["matrix"])
    if any(len(counts) != len(matrix) for counts in matrix):
        raise ValueError("not square")
    return Confusion(row["row"], row["step"], float(row["epoch"]), matrix)
