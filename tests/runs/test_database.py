import sqlite3
import subprocess
import sys
import threading

import pytest

from mnist_models.errors import DigitLabError
from mnist_models.runs import database, disk, naming, queue, records


def create(db, visitor="a", name=None):
    return db.runs.create("{}", visitor, network="mlp", data="mnist", epochs=5, name=name)


def walk(db, run_id, *states):
    for state in states:
        db.runs.change_state(run_id, state)


def test_a_new_run_waits(db):
    run = db.runs.get(create(db))
    assert (run.state, run.name, run.attempt, run.is_active) == ("waiting", "Feed-forward net 1", 0, True)
    assert db.runs.get(create(db)).name == "Feed-forward net 2"
    assert [run.name for run in db.runs.all()] == ["Feed-forward net 2", "Feed-forward net 1"]


def test_an_unknown_run_is_said_to_be_unknown(db):
    with pytest.raises(records.UnknownRun, match=r"no run '\.\./\.\./etc'"):
        db.runs.get("../../etc")


def test_states_follow_their_rules(db):
    run_id = create(db)
    walk(db, run_id, "running", "paused", "waiting", "running", "finished", "waiting", "stopped")
    assert db.runs.get(run_id).attempt == 2
    with pytest.raises(records.WrongState, match="Feed-forward net 1 is stopped and cannot become running"):
        db.runs.change_state(run_id, "running")


def test_an_end_takes_commands_and_phases_back(db):
    run_id = create(db)
    walk(db, run_id, "running")
    db.runs.update(run_id, command="stop", phase="Exporting …", seconds_left=3.0)
    db.runs.change_state(run_id, "failed", "It broke.")
    run = db.runs.get(run_id)
    assert (run.command, run.phase, run.seconds_left, run.reason) == ("", "", None, "It broke.")
    assert run.ended is not None


def test_metrics_are_read_from_the_last_known_row_on(db):
    run_id, other = create(db), create(db)
    db.runs.append(run_id, [(1, 0.1, 0.5, False, {"loss": 2.0})], {"loss": 2.0}, epochs_done=0.1)
    db.runs.append(other, [(1, 0.1, 0.5, False, {"loss": 7.0})], {})
    (first,) = db.runs.points(run_id)
    db.runs.append(run_id, [(10, 1.0, 3.0, True, {"loss": 1.0, "val_loss": 1.5})], {"val_loss": 1.5})
    (second,) = db.runs.points(run_id, after=first.row)
    assert (second.step, second.epoch, second.seconds, second.whole) == (10, 1.0, 3.0, True)
    assert second.figures == {"loss": 1.0, "val_loss": 1.5}
    assert db.runs.points(run_id, whole=True) == [second]
    assert db.runs.last_point(run_id) == second
    run = db.runs.get(run_id)
    assert run.figures == {"loss": 2.0, "val_loss": 1.5}
    assert run.epochs_done == 0.1
    assert run.beat is not None


def test_what_a_checkpoint_does_not_know_is_taken_back(db):
    run_id = create(db)
    for step in (1, 2, 3):
        db.runs.append(run_id, [(step, step / 3, step, False, {})], {})
        db.runs.add_confusion(run_id, step, step / 3, [[step]])
    db.runs.forget_after(run_id, 2)
    assert [point.step for point in db.runs.points(run_id)] == [1, 2]
    assert [confusion.matrix for confusion in db.runs.confusions(run_id)] == [[[1]], [[2]]]


def test_notes_are_kept_once(db):
    run_id = create(db)
    for note in ("One.", "Two.", "One."):
        db.runs.add_note(run_id, note)
    assert db.runs.get(run_id).notes == ("One.", "Two.")


def test_names_are_cleaned(db):
    run_id = create(db)
    assert db.runs.rename(run_id, "  a\n\x00 name ") == "a name"
    assert len(db.runs.rename(run_id, "x" * 500)) == naming.LONGEST
    with pytest.raises(DigitLabError, match="needs a name"):
        db.runs.rename(run_id, "\n")


def test_a_deleted_run_leaves_nothing(db, settings):
    run_id = create(db)
    folder = settings.folder(run_id)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("…")
    db.runs.append(run_id, [(1, 0.1, 0.5, False, {})], {})
    with pytest.raises(records.WrongState, match="stop it before"):
        db.runs.delete(run_id)
    walk(db, run_id, "stopped")
    queue.delete(db, settings, run_id)
    assert not folder.exists()
    assert db.runs.all() == []
    assert db.runs.points(run_id) == []


def test_the_end_of_the_log(db, settings):
    run_id = create(db)
    assert disk.log_tail(settings, run_id) == ""
    settings.folder(run_id).mkdir(parents=True)
    (settings.folder(run_id) / "log.txt").write_text("\n".join(map(str, range(100))))
    assert disk.log_tail(settings, run_id, lines=3) == "97\n98\n99"


def test_a_transaction_that_breaks_changes_nothing(db):
    run_id = create(db)

    def break_off():
        with db.transaction():
            db.runs.rename(run_id, "other")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert db.runs.get(run_id).name == "Feed-forward net 1"


WRITER = """
import sys
from mnist_models.runs import database
from mnist_models.runs.settings import Settings
with database.connect(Settings.load()) as db:
    for step in range(200):
        point = (step, step / 100, step, False, {"loss": 1.0})
        db.runs.append(sys.argv[1], [point], {sys.argv[2]: step})
"""


def test_several_processes_write_at_the_same_time(db, settings):
    run_id = create(db)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, run_id, name]) for name in "ab"]
    for step in range(200):
        db.runs.append(run_id, [(step, step / 100, step, False, {})], {"c": step})
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert len(db.runs.points(run_id)) == 600
    assert db.runs.get(run_id).figures == {"a": 199, "b": 199, "c": 199}


def test_a_new_database_that_somebody_writes_to_is_waited_for(settings):
    settings.directory.mkdir(parents=True, exist_ok=True)
    writer = sqlite3.connect(settings.database, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, writer.close).start()
    with database.connect(settings) as db:
        assert db.runs.get(create(db)).state == "waiting"


def test_many_make_the_database_at_the_same_time(settings):
    problems = []

    def connect():
        try:
            with database.connect(settings) as db:
                create(db)
        except sqlite3.Error as problem:
            problems.append(problem)

    threads = [threading.Thread(target=connect) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with database.connect(settings) as db:
        assert len(db.runs.all()) == 16


def test_names_stay_unique_after_deletions_and_renamings(db, settings):
    first, second, third = (create(db) for _ in range(3))
    for run_id in (first, second, third):
        db.runs.change_state(run_id, "stopped")
    db.runs.delete(first)
    assert db.runs.get(create(db)).name == "Feed-forward net 4"
    db.runs.delete(second)
    db.runs.rename(third, "Feed-forward net 12")
    assert db.runs.get(create(db)).name == "Feed-forward net 13"
