"""All that is asked of the tables of the database.

Times are seconds since 1970, as `time.time()` gives them.
"""

import json
import secrets
import time

from mnist_models import catalog
from mnist_models.runs import naming, records, schema
from mnist_models.runs.nicknames import Nickname
from mnist_models.runs.records import STATES, TRANSITIONS, UnknownRun, WrongState


class _Part:
    """Some tables of the database; `connection` is a sqlite3.Connection in autocommit mode."""

    def __init__(self, connection):
        self._connection = connection
        self._execute = connection.execute

    def _transaction(self):
        return schema.transaction(self._connection)


class Runs(_Part):
    """Runs, their metrics and their confusion matrices."""

    def create(self, configuration, visitor, *, network, data, epochs, name=None):
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
        with self._transaction():
            if name is None:
                taken = [row["name"] for row in self._execute("SELECT name FROM runs")]
                name = naming.numbered(catalog.get(network).title, taken)
            self._execute(
                "INSERT INTO runs"
                " (id, name, visitor, network, data, configuration, state, created, queued, epochs)"
                " VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)",
                (run_id, naming.clean(name), visitor, network, data, configuration, now, now, epochs),
            )
        return run_id

    def get(self, run_id):
        """A records.Run.

        Raises:
            UnknownRun: when there is none, or its record is damaged.
        """
        row = self._execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise UnknownRun(run_id)
        return records.run(row)

    def all(self, states=STATES):
        """Runs in any of these states, the newest first. Damaged records are left out: see `damaged`."""
        marks = ", ".join("?" * len(states))
        rows = self._execute(
            f"SELECT * FROM runs WHERE state IN ({marks}) ORDER BY created DESC", tuple(states)
        )
        return records.readable(records.run, rows)

    def damaged(self):
        """How many records are no runs."""
        return self._execute("SELECT COUNT(*) FROM runs").fetchone()[0] - len(self.all())

    def rename(self, run_id, name):
        """Call a run something else; the name as it was kept."""
        self.get(run_id)
        name = naming.clean(name)
        self.update(run_id, name=name)
        return name

    def delete(self, run_id):
        """Remove a run that is not active; its folder stays.

        Raises:
            WrongState: when it is active; stop it first.
        """
        with self._transaction():
            run = self.get(run_id)
            if run.is_active:
                raise WrongState(f"{run.name} is {run.state}: stop it before it is deleted.")
            for table in ("metrics", "confusions", "used_networks"):
                self._execute(f"DELETE FROM {table} WHERE run = ?", (run_id,))
            self._execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def change_state(self, run_id, state, reason=""):
        """Move a run from its state to another.

        Args:
            run_id: str.
            state: one of `STATES`.
            reason: why, a sentence for people.

        Raises:
            WrongState: when it cannot get there from where it is.
        """
        now = time.time()
        with self._transaction():
            # Not the whole run: a damaged one has to become "failed" too.
            run = self._execute("SELECT name, state FROM runs WHERE id = ?", (run_id,)).fetchone()
            if run is None:
                raise UnknownRun(run_id)
            if state not in TRANSITIONS.get(run["state"], ()):
                raise WrongState(f"{run['name']} is {run['state']} and cannot become {state}.")
            self.update(run_id, state=state, reason=reason, command="", phase="", seconds_left=None)
            if state == "waiting":
                self.update(run_id, queued=now, ended=None)
            elif state == "running":
                self.update(run_id, started=now, beat=now)
                self._execute("UPDATE runs SET attempt = attempt + 1 WHERE id = ?", (run_id,))
            else:
                self.update(run_id, ended=now, images_per_second=None)

    def update(self, run_id, **columns):
        """Set columns of a run that have no rules of their own, such as `phase` or `command`."""
        assignments = ", ".join(f"{column} = ?" for column in columns)
        self._execute(f"UPDATE runs SET {assignments} WHERE id = ?", (*columns.values(), run_id))

    def add_note(self, run_id, sentence):
        """Keep a sentence for people; one that is there already stays where it is."""
        with self._transaction():
            notes = list(self.get(run_id).notes)
            if sentence not in notes:
                self.update(run_id, notes=json.dumps([*notes, sentence]))

    def command(self, run_id):
        """What is asked of a running run: "pause", "stop" or ""."""
        row = self._execute("SELECT command FROM runs WHERE id = ?", (run_id,)).fetchone()
        return "stop" if row is None else row["command"]

    def is_running(self, run_id):
        """Whether a run is said to train, its record damaged or not."""
        row = self._execute("SELECT 1 FROM runs WHERE id = ? AND state = 'running'", (run_id,)).fetchone()
        return row is not None

    def waiting(self):
        """The queue: list of records.Waiting, the oldest first."""
        rows = self._execute(
            "SELECT id, visitor, queued FROM runs WHERE state = 'waiting' ORDER BY queued, rowid"
        )
        return [records.Waiting(*row) for row in rows]

    def training_of_visitors(self):
        """How many runs of every visitor train now: dict."""
        return dict(
            self._execute("SELECT visitor, COUNT(*) FROM runs WHERE state = 'running' GROUP BY visitor")
        )

    def last_starts_of_visitors(self):
        """When a run of every visitor started last, or None: dict."""
        return dict(self._execute("SELECT visitor, MAX(started) FROM runs GROUP BY visitor"))

    def lost(self):
        """Ids of runs that are said to train while no worker does."""
        rows = self._execute(
            "SELECT id FROM runs WHERE state = 'running'"
            " AND id NOT IN (SELECT run FROM workers WHERE run NOTNULL)"
        )
        return [row["id"] for row in rows]

    def append(self, run_id, points, figures, **columns):
        """Write metrics and say that the run lives, all in one transaction.

        Args:
            run_id: str.
            points: list of (step, epoch, seconds, whole, figures) as in `records.Point`.
            figures: dict to be merged into the run's newest ones.
            columns: of the run, such as `epochs_done`.
        """
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO metrics (run, step, epoch, seconds, whole, figures) VALUES (?, ?, ?, ?, ?, ?)",
                [(run_id, *point[:4], json.dumps(point[4])) for point in points],
            )
            known = self._execute("SELECT figures FROM runs WHERE id = ?", (run_id,)).fetchone()
            if known is not None:
                newest = json.dumps(json.loads(known["figures"]) | figures)
                self.update(run_id, figures=newest, beat=time.time(), **columns)

    def points(self, run_id, after=0, whole=None, limit=20_000):
        """Metrics of a run that were written after a row.

        Args:
            run_id: str.
            after: row of the last point that is known; 0 for all.
            whole: True for whole epochs only, False for the others, None for both.
            limit: int, at most so many.

        Returns:
            list of records.Point, the oldest first.
        """
        which = "" if whole is None else f" AND whole = {int(whole)}"
        rows = self._execute(
            f"SELECT * FROM metrics WHERE run = ? AND row > ?{which} ORDER BY row LIMIT ?",
            (run_id, after, limit),
        )
        return records.readable(records.point, rows)

    def last_point(self, run_id):
        """The newest records.Point of a run, or None."""
        row = self._execute(
            "SELECT * FROM metrics WHERE run = ? ORDER BY row DESC LIMIT 1", (run_id,)
        ).fetchone()
        return next(iter(records.readable(records.point, [row] if row else [])), None)

    def add_confusion(self, run_id, step, epoch, matrix):
        """Keep a confusion matrix: K×K list of int."""
        self._execute(
            "INSERT INTO confusions (run, step, epoch, matrix) VALUES (?, ?, ?, ?)",
            (run_id, step, epoch, json.dumps(matrix)),
        )

    def confusions(self, run_id, after=0):
        """Confusion matrices of a run that were written after a row, the oldest first."""
        rows = self._execute(
            "SELECT * FROM confusions WHERE run = ? AND row > ? ORDER BY row", (run_id, after)
        )
        return records.readable(records.confusion, rows)

    def forget_after(self, run_id, step):
        """Take back what was measured after a step, since training goes on from a checkpoint before it."""
        with self._transaction():
            for table in ("metrics", "confusions"):
                self._execute(f"DELETE FROM {table} WHERE run = ? AND step > ?", (run_id, step))


class Workers(_Part):
    """The processes that train runs or wait for one."""

    def all(self):
        """list of records.Worker."""
        return [records.worker(row) for row in self._execute("SELECT * FROM workers")]

    def get(self, slot):
        """The records.Worker of a slot, or None."""
        return next((worker for worker in self.all() if worker.slot == slot), None)

    def of(self, run_id):
        """The records.Worker that trains a run, or None."""
        return next((worker for worker in self.all() if worker.run == run_id), None)

    def add(self, slot, process, run_id=None):
        """Keep a process that was started.

        Args:
            slot: int, which no other has.
            process: processes.Process.
            run_id: of the run that it trains; None when it is to wait for one.
        """
        self._execute(
            "INSERT INTO workers (slot, pid, started, run, wanted) VALUES (?, ?, ?, ?, ?)",
            (slot, process.pid, process.started, run_id, time.time()),
        )

    def assign(self, slot, run_id):
        """Give a run to the worker of a slot."""
        self._execute("UPDATE workers SET run = ? WHERE slot = ?", (run_id, slot))

    def remove(self, slot):
        """Free a slot."""
        self._execute("DELETE FROM workers WHERE slot = ?", (slot,))

    def remove_idle(self, slot):
        """Free a slot whose worker has no run; whether that was so."""
        return self._execute("DELETE FROM workers WHERE slot = ? AND run IS NULL", (slot,)).rowcount > 0

    def idle_slot(self):
        """The slot of a worker that waits for a run, rather of one that is ready; None without one."""
        row = self._execute(
            "SELECT slot FROM workers WHERE run IS NULL ORDER BY ready DESC LIMIT 1"
        ).fetchone()
        return row and row["slot"]

    def say_ready(self, slot):
        """The worker of a slot has imported what training needs."""
        self._execute("UPDATE workers SET ready = 1 WHERE slot = ?", (slot,))

    def is_one_ready(self):
        """Whether a process waits that has imported TensorFlow, so that a run starts at once."""
        return self._execute("SELECT 1 FROM workers WHERE run IS NULL AND ready").fetchone() is not None

    def say_wanted(self, every):
        """Somebody is here who may start a run; written only where that was last said `every` seconds ago."""
        now = time.time()
        self._execute("UPDATE workers SET wanted = ? WHERE run IS NULL AND wanted < ?", (now, now - every))


_OWNED = "SELECT runs.id, runs.name, runs.network, runs.data, runs.visitor, colour, animal"
_NAMED = " LEFT JOIN nicknames ON nicknames.visitor = runs.visitor"


class Shared(_Part):
    """Runs whose networks everybody is offered on a page."""

    def add(self, run_id, page):
        """Offer a run's network on a page. Nothing happens when it is offered already."""
        self._execute(
            "INSERT OR IGNORE INTO used_networks (run, page, since) VALUES (?, ?, ?)",
            (run_id, page, time.time()),
        )

    def remove(self, run_id):
        """Offer a run's network no longer. Nothing happens when it is not offered."""
        self._execute("DELETE FROM used_networks WHERE run = ?", (run_id,))

    def ids(self):
        """Ids of the runs whose networks are shared: a set."""
        return {row["run"] for row in self._execute("SELECT run FROM used_networks")}

    def on(self, page):
        """Those that a page offers: list of records.Owned, the first one shared first."""
        rows = self._execute(
            f"{_OWNED} FROM used_networks JOIN runs ON runs.id = used_networks.run{_NAMED}"
            " WHERE used_networks.page = ? ORDER BY used_networks.since, runs.id",
            (page,),
        )
        return [records.Owned(*row) for row in rows]

    def newest_of(self, visitor, run_id, limit):
        """A visitor's runs, or with None everybody's, shared or not.

        Args:
            visitor: str or None.
            run_id: of the one that comes first if it is among them.
            limit: at most so many.

        Returns:
            list of records.Owned, the newest first.
        """
        rows = self._execute(
            f"{_OWNED} FROM runs{_NAMED} WHERE runs.visitor = :visitor OR :visitor IS NULL"
            " ORDER BY runs.id = :run_id DESC, runs.created DESC LIMIT :limit",
            {"visitor": visitor, "run_id": run_id, "limit": limit},
        )
        return [records.Owned(*row) for row in rows]


class Nicknames(_Part):
    """What visitors are called among others."""

    def of(self, visitor):
        """The Nickname that is kept for a visitor, or None."""
        row = self._execute("SELECT colour, animal FROM nicknames WHERE visitor = ?", (visitor,)).fetchone()
        return row and Nickname(*row)

    def of_others(self, visitor):
        """The Nicknames of everybody else: a set."""
        rows = self._execute("SELECT colour, animal FROM nicknames WHERE visitor != ?", (visitor,))
        return {Nickname(*row) for row in rows}

    def set(self, visitor, nickname):
        """Call a visitor something, whatever it was before."""
        self._execute(
            "INSERT OR REPLACE INTO nicknames (visitor, colour, animal) VALUES (?, ?, ?)",
            (visitor, nickname.colour, nickname.animal),
        )
