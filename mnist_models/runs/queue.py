"""What the Train page asks for, and the queue: who trains next, and in which process.

There is no server of its own. Whoever calls `tend` (a page that is open, a worker that has done its run)
does whatever is due, in one transaction of the database, so that any number may call it at once.
"""

import contextlib
import shutil

from mnist_models.data import datasets
from mnist_models.runs import configuration, disk, processes, visitors
from mnist_models.runs.records import Refused, WrongState
from mnist_models.runs.settings import DIRECTORY_VARIABLE, gpus

ALIVE_AGAIN_EVERY = 60.0  # seconds between notes that somebody is here, for the warm worker
_BY_SIGNAL = "Its process was killed (signal {number}): by hand, or because memory ran out."
DISK_FULL = 28  # exit status of a worker that could not even write how its run ended
_BY_DISK = "The disk was full. Delete something, then go on: its last checkpoint is kept."
_BY_ITSELF = "Its process ended by itself (exit status {code})."
_UNSEEN = "Its process is gone: the machine or the server was restarted, or it was killed."


def start(db, settings, chosen, visitor, name=None):
    """Put a run into the queue and, where a worker is free, start it.

    Args:
        db: database.Database.
        settings: settings.Settings.
        chosen: configuration.Configuration, what to train.
        visitor: str, the same for everything one visitor starts.
        name: of the run, for people; None for one such as "Feed-forward net 7".

    Returns:
        str, the run's id.

    Raises:
        configuration.BadConfiguration: with a sentence for every mistake.
        datasets.DataError: when the data is not on this machine.
        Refused: when the visitor has too many runs waiting, or the disk is full.
    """
    configuration.check(chosen, settings.most_epochs)
    _check_data(chosen.data)
    disk.check(settings)
    with db.transaction():
        _check_queue(db, settings, visitor)
        run_id = db.runs.create(
            configuration.to_json(chosen),
            visitor,
            network=chosen.network,
            data=chosen.data,
            epochs=chosen.recipe.epochs,
            name=name,
        )
    try:
        folder = settings.folder(run_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "configuration.json").write_text(configuration.to_json(chosen), encoding="utf-8")
    except OSError as error:
        db.runs.change_state(run_id, "stopped")
        _remove(db, settings, run_id)
        raise Refused(f"The run's files cannot be written ({error.strerror}).") from None
    with contextlib.suppress(OSError):  # it waits, and whoever tends next sees that it cannot begin
        tend(db, settings)
    return run_id


def pause(db, run_id):
    """Ask a running run to write a checkpoint and end; it stays paused until it is resumed."""
    _command(db, run_id, "pause")


def stop(db, run_id):
    """Ask a run to end with the best weights so far. One that waits just leaves the queue."""
    with db.transaction():
        if db.runs.get(run_id).state == "waiting":
            db.runs.change_state(run_id, "stopped")
            return
    _command(db, run_id, "stop")


def resume(db, settings, run_id, epochs=None, visitor=None):
    """Put a run into the queue again; it goes on from its newest checkpoint, or begins anew without one.

    Args:
        epochs: how many more than are done; None for those that are left.
        visitor: who asks; None for whoever started it.

    Raises:
        records.WrongState: when it waits or trains.
        recipes.Retired: when this version cannot train it.
        Refused: as `start`, or when nothing is left to do and no epochs are given.
    """
    disk.check(settings)
    with db.transaction():
        run = db.runs.get(run_id)
        configuration.refuse_retired(run.configuration)
        if run.state == "finished" and epochs is None:
            raise Refused(f"{run.name} has done all its epochs: say how many more.")
        if epochs is not None and not (1 <= epochs <= settings.most_epochs and epochs == int(epochs)):
            raise Refused(
                f"More epochs must be a whole number from 1 to {settings.most_epochs:,}, not {epochs:,g}."
            )
        _check_queue(db, settings, visitor or run.visitor)
        db.runs.change_state(run_id, "waiting")
        db.runs.update(run_id, more_epochs=epochs and int(epochs), visitor=visitor or run.visitor)
    tend(db, settings)


def delete(db, settings, run_id):
    """Remove a run with its folder; one that trains is ended at once."""
    with db.transaction():
        run = db.runs.get(run_id)
        worker = db.workers.of(run_id)
        if worker is not None:
            processes.kill(worker.process, patience=0)
            db.workers.remove(worker.slot)
        if run.is_active:
            db.runs.change_state(run_id, "stopped")
    if worker is not None:  # waited for out here, where nobody waits for the database meanwhile
        processes.kill(worker.process)
    _remove(db, settings, run_id)
    tend(db, settings)


def places(db):
    """Where the waiting runs stand in the queue.

    Fair between visitors: first come those of visitors with the fewest runs before theirs, trained now
    or waiting; between these, of whoever was served the longest ago.

    Returns:
        list of ids, the next one first.
    """
    before = db.runs.training_of_visitors()
    served, keys = db.runs.last_starts_of_visitors(), {}
    for run in db.runs.waiting():
        keys[run.id] = before.get(run.visitor, 0), served.get(run.visitor) or 0, run.queued
        before[run.visitor] = before.get(run.visitor, 0) + 1
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
    workers = db.workers.all()
    gone = [worker.process for worker in workers if not processes.is_alive(worker.process)]
    # Not in the transaction: it may take seconds.
    codes = {process: processes.exit_code(process) for process in gone}
    a_slot_is_free = len(workers) < settings.slots
    all_busy = not a_slot_is_free and all(worker.run for worker in workers)
    due = (
        gone
        or (db.runs.waiting() and not all_busy)
        or (somebody_is_here and settings.warm and a_slot_is_free)
        or db.runs.lost()
    )
    if due:
        with db.transaction():
            _bury(db, codes)
            _assign(db, settings)
            if somebody_is_here and settings.warm:
                _warm_up(db, settings)
    if somebody_is_here:
        db.workers.say_wanted(ALIVE_AGAIN_EVERY)


def _bury(db, codes):
    """Give up on processes that are gone, and say so in their runs.

    Args:
        db: database.Database.
        codes: dict from such a Process to its exit code, None where nobody knows.
    """
    for worker in db.workers.all():
        if worker.process not in codes:
            continue
        db.workers.remove(worker.slot)
        if worker.run and db.runs.is_running(worker.run):
            db.runs.change_state(worker.run, *_end(codes[worker.process]))
    for run_id in db.runs.lost():
        db.runs.change_state(run_id, "interrupted", _UNSEEN)


def _end(code):
    """State and reason of a run whose process is gone without having said why."""
    if code is None:
        return "interrupted", _UNSEEN
    if code == DISK_FULL:
        return "failed", _BY_DISK
    return "failed", _BY_SIGNAL.format(number=-code) if code < 0 else _BY_ITSELF.format(code=code)


def _assign(db, settings):
    """Give waiting runs to warm workers, and free slots to new ones."""
    for run_id in places(db):
        slot = db.workers.idle_slot()
        if slot is None:
            slot = _free_slot(db, settings)
            if slot is None:
                return
            _start_worker(db, settings, slot, run_id)
        db.workers.assign(slot, run_id)
        db.runs.change_state(run_id, "running")
        db.runs.update(run_id, phase="Starting …")


def _warm_up(db, settings):
    """Keep one process ready while a slot is free."""
    slot = _free_slot(db, settings)
    if slot is not None and db.workers.idle_slot() is None:
        _start_worker(db, settings, slot)


def _free_slot(db, settings):
    taken = {worker.slot for worker in db.workers.all()}
    return next((slot for slot in range(settings.slots) if slot not in taken), None)


def _start_worker(db, settings, slot, run_id=None):
    log = settings.directory / f"worker-{slot}.log" if run_id is None else settings.folder(run_id) / "log.txt"
    command = processes.python("mnist_models", "worker", "--slot", str(slot), *([run_id] if run_id else []))
    process = processes.start(command, log, _environment(settings, slot))
    db.workers.add(slot, process, run_id)


def _environment(settings, slot):
    """Variables of a worker: where its data is, and the GPU of its slot."""
    variables = {
        DIRECTORY_VARIABLE: str(settings.directory),
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # or a run would take all of the GPU's memory
        "PYTHONUNBUFFERED": "1",
    }
    if len(gpus()) > 1:
        variables["CUDA_VISIBLE_DEVICES"] = str(slot % len(gpus()))
    return variables


def _remove(db, settings, run_id):
    db.runs.delete(run_id)
    shutil.rmtree(settings.folder(run_id), ignore_errors=True)


def _command(db, run_id, command):
    with db.transaction():
        run = db.runs.get(run_id)
        if run.state != "running":
            raise WrongState(f"{run.name} is {run.state}, it does not train.")
        db.runs.update(run_id, command=command)


def _check_data(data):
    if data == "mnist" or configuration.is_here(data):  # MNIST falls back to the embedded sample
        return
    raise datasets.NotHere(configuration.source_of(data))


def _check_queue(db, settings, visitor):
    queue = db.runs.waiting()
    if len(queue) >= settings.most_in_queue:
        raise Refused(f"{len(queue)} runs are waiting already, no more are taken. Try again in a while.")
    group = visitors.group(visitor)
    waiting = sum(visitors.group(run.visitor) == group for run in queue)
    if waiting >= settings.most_waiting and group != visitor:
        raise Refused(
            f"{waiting} runs of visitors without cookies are waiting already. Allow this site's cookies, "
            "or wait until one starts."
        )
    if waiting >= settings.most_waiting:
        raise Refused(
            f"{waiting} runs of yours are waiting already. Take one back, or wait until one starts."
        )
