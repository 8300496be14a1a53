"""What the Train page asks for, and the queue: who trains next, and in which process.

There is no server of its own. Whoever calls `tend` (a page that is open, a worker that has done its run)
does whatever is due, in one transaction of the database, so that any number may call it at once.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

from mnist_models.data import datasets
from mnist_models.runs import configuration as configurations
from mnist_models.runs import database, processes, visitors
from mnist_models.runs.database import Refused
from mnist_models.runs.processes import Process
from mnist_models.runs.settings import DIRECTORY_VARIABLE, gpus

ALIVE_AGAIN_EVERY = 60.0  # seconds between notes that somebody is here, for the warm worker
# Where this package is. A worker is a Python of its own: neither the app's folder nor what the app has put on
# its path is on a worker's.
_PACKAGE_FOLDER = Path(__file__).resolve().parents[2]
_BY_SIGNAL = "Its process was killed (signal {number}): by hand, or because memory ran out."
DISK_FULL = 28  # exit status of a worker that could not even write how its run ended
_BY_DISK = "The disk was full. Delete something, then go on: its last checkpoint is kept."
_BY_ITSELF = "Its process ended by itself (exit status {code})."
_UNSEEN = "Its process is gone: the machine or the server was restarted, or it was killed."


def start(db, settings, configuration, visitor, name=None):
    """Put a run into the queue and, where a worker is free, start it.

    Args:
        db: sqlite3.Connection as from `database.connect`.
        settings: settings.Settings.
        configuration: configuration.Configuration.
        visitor: str, the same for everything one visitor starts.
        name: of the run, for people; None for one such as "Feed-forward net 7".

    Returns:
        str, the run's id.

    Raises:
        configuration.BadConfiguration: with a sentence for every mistake.
        datasets.DataError: when the data is not on this machine.
        Refused: when the visitor has too many runs waiting, or the disk is full.
    """
    configurations.check(configuration, settings.most_epochs)
    _check_data(configuration.data)
    database.check_disk(settings)
    with database.transaction(db):
        _check_queue(db, settings, visitor)
        run_id = database.create(
            db,
            configurations.to_json(configuration),
            visitor,
            network=configuration.network,
            data=configuration.data,
            epochs=configuration.recipe.epochs,
            name=name,
        )
    try:
        folder = settings.folder(run_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "configuration.json").write_text(configurations.to_json(configuration), encoding="utf-8")
    except OSError as error:
        database.change_state(db, run_id, "stopped")
        database.delete(db, settings, run_id)
        raise Refused(f"The run's files cannot be written ({error.strerror}).") from None
    with contextlib.suppress(OSError):  # it waits, and whoever tends next sees that it cannot begin
        tend(db, settings)
    return run_id


def pause(db, run_id):
    """Ask a running run to write a checkpoint and end; it stays paused until it is resumed."""
    _command(db, run_id, "pause")


def stop(db, run_id):
    """Ask a run to end with the best weights so far. One that waits just leaves the queue."""
    with database.transaction(db):
        if database.get(db, run_id).state == "waiting":
            database.change_state(db, run_id, "stopped")
            return
    _command(db, run_id, "stop")


def resume(db, settings, run_id, epochs=None, visitor=None):
    """Put a run into the queue again; it goes on from its newest checkpoint, or begins anew without one.

    Args:
        epochs: how many more than are done; None for those that are left.
        visitor: who asks; None for whoever started it.

    Raises:
        database.WrongState: when it waits or trains.
        recipes.Retired: when this version cannot train it.
        Refused: as `start`, or when nothing is left to do and no epochs are given.
    """
    database.check_disk(settings)
    with database.transaction(db):
        run = database.get(db, run_id)
        configurations.refuse_retired(run.configuration)
        if run.state == "finished" and epochs is None:
            raise Refused(f"{run.name} has done all its epochs: say how many more.")
        if epochs is not None and not (1 <= epochs <= settings.most_epochs and epochs == int(epochs)):
            raise Refused(
                f"More epochs must be a whole number from 1 to {settings.most_epochs:,}, not {epochs:,g}."
            )
        _check_queue(db, settings, visitor or run.visitor)
        database.change_state(db, run_id, "waiting")
        database.update(db, run_id, more_epochs=epochs and int(epochs), visitor=visitor or run.visitor)
    tend(db, settings)


def delete(db, settings, run_id):
    """Remove a run with its folder; one that trains is ended at once."""
    with database.transaction(db):
        run = database.get(db, run_id)
        worker = db.execute("SELECT * FROM workers WHERE run = ?", (run_id,)).fetchone()
        if worker is not None:
            processes.kill(_process(worker), patience=0)
            db.execute("DELETE FROM workers WHERE slot = ?", (worker["slot"],))
        if run.is_active:
            database.change_state(db, run_id, "stopped")
    if worker is not None:  # waited for out here, where nobody waits for the database meanwhile
        processes.kill(_process(worker))
    database.delete(db, settings, run_id)
    tend(db, settings)


def places(db):
    """Where the waiting runs stand in the queue.

    Fair between visitors: first come those of visitors with the fewest runs before theirs, trained now
    or waiting; between these, of whoever was served the longest ago.

    Returns:
        list of ids, the next one first.
    """
    running = dict(db.execute("SELECT visitor, COUNT(*) FROM runs WHERE state = 'running' GROUP BY visitor"))
    served = dict(db.execute("SELECT visitor, MAX(started) FROM runs GROUP BY visitor"))
    waiting = db.execute(
        "SELECT id, visitor, queued FROM runs WHERE state = 'waiting' ORDER BY queued, rowid"
    ).fetchall()
    before, keys = dict(running), {}
    for row in waiting:
        visitor = row["visitor"]
        keys[row["id"]] = before.get(visitor, 0), served.get(visitor) or 0, row["queued"]
        before[visitor] = before.get(visitor, 0) + 1
    return sorted(keys, key=keys.get)


def place(db, run_id):
    """A waiting run's place in the queue, from 1; None when it does not wait."""
    order = places(db)
    return order.index(run_id) + 1 if run_id in order else None


def tend(db, settings, somebody_is_here=False):
    """Do what is due: notice processes that are gone, start waiting runs, keep a warm worker.

    Cheap when nothing is due. Call it whenever a page shows runs.

    Args:
        somebody_is_here: True from a page on which somebody may start a run: only then is a warm worker
            started or kept.
    """
    workers = db.execute("SELECT * FROM workers").fetchall()
    someone_waits = db.execute("SELECT 1 FROM runs WHERE state = 'waiting' LIMIT 1").fetchone() is not None
    a_slot_is_free = len(workers) < settings.slots
    all_busy = len(workers) >= settings.slots and all(worker["run"] for worker in workers)
    due = (
        any(not processes.is_alive(_process(worker)) for worker in workers)
        or (someone_waits and not all_busy)
        or (somebody_is_here and settings.warm and a_slot_is_free)
        or _lost_runs(db)
    )
    if due:
        with database.transaction(db):
            _bury(db)
            _assign(db, settings)
            if somebody_is_here and settings.warm:
                _warm_up(db, settings)
    if somebody_is_here:
        now = time.time()
        db.execute(
            "UPDATE workers SET wanted = ? WHERE run IS NULL AND wanted < ?", (now, now - ALIVE_AGAIN_EVERY)
        )


def warm_worker_is_ready(db):
    """Whether a process waits that has imported TensorFlow, so that a run starts at once."""
    return db.execute("SELECT 1 FROM workers WHERE run IS NULL AND ready").fetchone() is not None


def _bury(db):
    """Give up on processes that are gone, and say so in their runs."""
    for worker in db.execute("SELECT * FROM workers").fetchall():
        process = _process(worker)
        if processes.is_alive(process):
            continue
        db.execute("DELETE FROM workers WHERE slot = ?", (worker["slot"],))
        if worker["run"] and _state(db, worker["run"]) == "running":
            database.change_state(db, worker["run"], *_end(processes.exit_code(process)))
    for run_id in _lost_runs(db):
        database.change_state(db, run_id, "interrupted", _UNSEEN)


def _end(code):
    """State and reason of a run whose process is gone without having said why."""
    if code is None:
        return "interrupted", _UNSEEN
    if code == DISK_FULL:
        return "failed", _BY_DISK
    return "failed", _BY_SIGNAL.format(number=-code) if code < 0 else _BY_ITSELF.format(code=code)


def _lost_runs(db):
    """Ids of runs that are said to train while no worker does."""
    rows = db.execute(
        "SELECT id FROM runs WHERE state = 'running'"
        " AND id NOT IN (SELECT run FROM workers WHERE run NOTNULL)"
    )
    return [row["id"] for row in rows]


def _assign(db, settings):
    """Give waiting runs to warm workers, and free slots to new ones."""
    for run_id in places(db):
        slot = _idle_slot(db)
        if slot is None:
            slot = _free_slot(db, settings)
            if slot is None:
                return
            _start_worker(db, settings, slot, run_id)
        db.execute("UPDATE workers SET run = ? WHERE slot = ?", (run_id, slot))
        database.change_state(db, run_id, "running")
        database.update(db, run_id, phase="Starting …")


def _warm_up(db, settings):
    """Keep one process ready while a slot is free."""
    slot = _free_slot(db, settings)
    if slot is not None and _idle_slot(db) is None:
        _start_worker(db, settings, slot, None)


def _idle_slot(db):
    row = db.execute("SELECT slot FROM workers WHERE run IS NULL ORDER BY ready DESC LIMIT 1").fetchone()
    return row and row["slot"]


def _free_slot(db, settings):
    taken = {row["slot"] for row in db.execute("SELECT slot FROM workers")}
    return next((slot for slot in range(settings.slots) if slot not in taken), None)


def _start_worker(db, settings, slot, run_id):
    log = settings.directory / f"worker-{slot}.log" if run_id is None else settings.folder(run_id) / "log.txt"
    # -P: a file that happens to lie where the app was started, such as random.py, is not imported.
    command = [sys.executable, "-P", "-m", "mnist_models", "worker", "--slot", str(slot)]
    process = processes.start(command + ([run_id] if run_id else []), log, _environment(settings, slot))
    db.execute(
        "INSERT INTO workers (slot, pid, started, run, wanted) VALUES (?, ?, ?, ?, ?)",
        (slot, process.pid, process.started, run_id, time.time()),
    )


def _environment(settings, slot):
    """Variables of a worker: where the package and its data are, and the GPU of its slot."""
    path = os.environ.get("PYTHONPATH")
    variables = {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_PACKAGE_FOLDER), path])),
        DIRECTORY_VARIABLE: str(settings.directory),
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # or a run would take all of the GPU's memory
        "PYTHONUNBUFFERED": "1",
    }
    if len(gpus()) > 1:
        variables["CUDA_VISIBLE_DEVICES"] = str(slot % len(gpus()))
    return variables


def _process(worker):
    return Process(worker["pid"], worker["started"])


def _state(db, run_id):
    row = db.execute("SELECT state FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row and row["state"]


def _command(db, run_id, command):
    with database.transaction(db):
        run = database.get(db, run_id)
        if run.state != "running":
            raise database.WrongState(f"{run.name} is {run.state}, it does not train.")
        database.update(db, run_id, command=command)


def _check_data(data):
    if data == "mnist" or configurations.is_here(data):  # MNIST falls back to the embedded sample
        return
    raise datasets.NotHere(configurations.source_of(data))


def _check_queue(db, settings, visitor):
    everybodys = db.execute("SELECT COUNT(*) FROM runs WHERE state = 'waiting'").fetchone()[0]
    if everybodys >= settings.most_in_queue:
        raise Refused(f"{everybodys} runs are waiting already, no more are taken. Try again in a while.")
    group = visitors.group(visitor)
    waiting = db.execute(
        "SELECT COUNT(*) FROM runs WHERE state = 'waiting' AND (visitor = ? OR substr(visitor, 1, ?) = ?)",
        (visitor, len(group) + 1, f"{group}."),
    ).fetchone()[0]
    if waiting >= settings.most_waiting and group != visitor:
        raise Refused(
            f"{waiting} runs of visitors without cookies are waiting already. Allow this site's cookies, "
            "or wait until one starts."
        )
    if waiting >= settings.most_waiting:
        raise Refused(
            f"{waiting} runs of yours are waiting already. Take one back, or wait until one starts."
        )
