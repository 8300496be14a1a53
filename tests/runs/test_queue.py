import json
import os
import shutil
import signal
import threading
from collections import namedtuple
from dataclasses import replace

import pytest

from mnist_models import recipes
from mnist_models.data import datasets
from mnist_models.runs import configuration as configurations
from mnist_models.runs import database, processes, queue, records, visitors
from tests.runs.conftest import wait_until

pytestmark = pytest.mark.usefixtures("sleepers")


@pytest.fixture
def start(db, settings, tiny):
    """Start runs by visitors named by one letter each; returns their ids."""

    def start(names, settings=settings):
        return [queue.start(db, settings, tiny, visitor) for visitor in names]

    return start


def states(db, ids):
    return [db.runs.get(run_id).state for run_id in ids]


def finish(db, settings, run_id, state="finished"):
    """As a worker does in the end."""
    with db.transaction():
        db.runs.change_state(run_id, state)
        worker = db.workers.of(run_id)
        db.workers.remove(worker.slot)
    processes.kill(worker.process)
    queue.tend(db, settings)


def test_the_first_run_starts_at_once_and_others_wait(db, start, sleepers):
    first, second = start("ab")
    assert states(db, [first, second]) == ["running", "waiting"]
    assert queue.place(db, first) is None
    assert queue.place(db, second) == 1
    assert len(sleepers) == 1


def test_several_workers_serve_several_runs(db, settings, start, sleepers):
    ids = start("abc", replace(settings, workers=2))
    assert states(db, ids) == ["running", "running", "waiting"]
    assert len(sleepers) == 2


def test_visitors_take_turns(db, settings, start):
    a1, a2, a3, b1, b2, c1 = start("aaabbc")
    assert queue.places(db) == [b1, c1, b2, a2, a3]
    order = [a1]
    while queue.places(db):
        finish(db, settings, order[-1])
        order += [run.id for run in db.runs.all(["running"])]
    assert order == [a1, b1, c1, a2, b2, a3]


def test_who_was_served_comes_after_who_was_not(db, settings, start):
    first, again = start("aa")
    (newcomer,) = start("b")
    finish(db, settings, first)
    assert states(db, [again, newcomer]) == ["waiting", "running"]


def test_a_class_behind_one_address_fills_the_queue_and_nobody_more(settings, start):
    pupils = [f"pupil {number}" for number in range(30)]
    start(["teacher", *pupils, *pupils])
    with pytest.raises(queue.Refused, match="60 runs are waiting already, no more are taken"):
        start(["one more"])
    start(["one more"], replace(settings, most_in_queue=61))


def test_visitors_without_cookies_share_the_limit_of_one(start):
    without = [visitors.name(None, "198.51.100.7") for _ in range(5)]
    start(["a", *without[:3]])
    with pytest.raises(queue.Refused, match="without cookies are waiting already"):
        start(without[3:4])
    start([visitors.name(None, "198.51.100.8"), "pupil"])


def test_two_that_tend_at_the_same_time_start_no_run_twice(db, settings, tiny, sleepers):
    for visitor in "abcdef":
        configuration = configurations.to_json(tiny)
        db.runs.create(configuration, visitor, network="mlp", data=tiny.data, epochs=1)
    several = replace(settings, workers=4)

    def tend():
        with database.connect(several) as connection:
            queue.tend(connection, several, somebody_is_here=True)

    threads = [threading.Thread(target=tend) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sleepers) == 4
    workers = db.workers.all()
    assert {worker.process.pid for worker in workers} == {process.pid for process in sleepers}
    assert len({worker.run for worker in workers}) == 4
    assert len(db.runs.all(["running"])) == 4


def test_a_run_with_two_waiting_visitors_of_one_name_is_limited(db, settings, start):
    start("aaaa")
    with pytest.raises(queue.Refused, match="3 runs of yours are waiting already"):
        start("a")
    start("b")


def test_a_run_too_many_epochs_long_is_refused(db, settings, tiny):
    with pytest.raises(configurations.BadConfiguration, match="Epochs must be from 1 to 1, not 2"):
        queue.start(db, replace(settings, most_epochs=1), tiny, "a")


def test_data_that_is_not_here_is_refused_in_words_for_a_page(db, settings, tiny):
    sentence = r"^Fashion-MNIST: not on this machine\. Ask whoever runs .*\.$"
    with pytest.raises(datasets.DataError, match=sentence):
        queue.start(db, settings, replace(tiny, data="fashion_mnist"), "a")


def test_a_full_disk_accepts_no_run(db, settings, start, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 60_000_000))
    with pytest.raises(queue.Refused, match=r"disk is nearly full \(60 MB"):
        start("a")


def test_runs_may_not_take_more_than_their_share_of_the_disk(db, settings, start):
    start("a")
    with pytest.raises(queue.Refused, match=r"the limit is 0\.0 GB"):
        start("a", replace(settings, disk=0))


def test_a_killed_process_is_a_failed_run_and_the_next_one_starts(db, settings, start, sleepers):
    first, second = start("ab")
    os.kill(sleepers[0].pid, signal.SIGKILL)
    wait_until(lambda: not processes.is_alive(sleepers[0]))
    queue.tend(db, settings)
    run = db.runs.get(first)
    assert run.state == "failed"
    assert "signal 9" in run.reason
    assert run.can_resume
    assert states(db, [second]) == ["running"]


def test_a_process_gone_while_the_server_was_down_is_an_interrupted_run(db, settings, start, sleepers):
    lost, waiting = start("ab")
    monkey = processes._children.pop(sleepers[0].pid)  # a server that has not started it itself
    monkey.kill()
    monkey.wait()
    queue.tend(db, settings)
    assert states(db, [lost, waiting]) == ["interrupted", "running"]
    assert "restarted" in db.runs.get(lost).reason


def test_another_process_with_the_same_id_is_not_taken_for_the_worker(db, settings, start, sleepers):
    (run_id,) = start("a")
    db.connection.execute("UPDATE workers SET started = 'a boot ago'")
    queue.tend(db, settings)
    assert states(db, [run_id]) == ["interrupted"]
    assert processes.is_alive(sleepers[0])  # and it is not killed either


def test_a_live_process_goes_on_when_the_server_restarts(db, settings, start, sleepers):
    (run_id,) = start("a")
    processes._children.pop(sleepers[0].pid)
    queue.tend(db, settings)
    assert states(db, [run_id]) == ["running"]
    assert len(sleepers) == 1


def test_commands_reach_a_running_run(db, start):
    (run_id,) = start("a")
    queue.pause(db, run_id)
    assert db.runs.command(run_id) == "pause"
    queue.stop(db, run_id)
    assert db.runs.command(run_id) == "stop"


def test_a_waiting_run_that_is_stopped_leaves_the_queue(db, start):
    _, waiting = start("ab")
    with pytest.raises(records.WrongState, match="does not train"):
        queue.pause(db, waiting)
    queue.stop(db, waiting)
    assert states(db, [waiting]) == ["stopped"]
    assert queue.places(db) == []


def test_a_resumed_run_waits_its_turn(db, settings, start):
    first, second = start("ab")
    finish(db, settings, first, "paused")
    queue.resume(db, settings, first)
    assert states(db, [first, second]) == ["waiting", "running"]
    finish(db, settings, second)
    assert states(db, [first]) == ["running"]
    assert db.runs.get(first).attempt == 2


def test_more_epochs_are_asked_for_and_limited(db, settings, start):
    (run_id,) = start("a")
    with pytest.raises(records.WrongState):
        queue.resume(db, settings, run_id)
    finish(db, settings, run_id)
    with pytest.raises(queue.Refused, match="say how many more"):
        queue.resume(db, settings, run_id)
    with pytest.raises(queue.Refused, match="from 1 to 200, not 0"):
        queue.resume(db, settings, run_id, epochs=0)
    queue.resume(db, settings, run_id, epochs=3)
    assert db.runs.get(run_id).more_epochs == 3


def test_deleting_a_running_run_ends_its_process(db, settings, start, sleepers):
    first, second = start("ab")
    queue.delete(db, settings, first)
    assert not processes.is_alive(sleepers[0])
    assert not settings.folder(first).exists()
    assert [run.id for run in db.runs.all()] == [second]
    assert states(db, [second]) == ["running"]


def test_a_warm_worker_is_kept_for_visitors_and_gets_the_next_run(db, settings, start, sleepers):
    warm = replace(settings, warm=True)
    queue.tend(db, warm)
    assert sleepers == []  # nobody is here
    queue.tend(db, warm, somebody_is_here=True)
    queue.tend(db, warm, somebody_is_here=True)
    assert len(sleepers) == 1
    assert not db.workers.is_one_ready()
    db.workers.say_ready(db.workers.idle_slot())
    assert db.workers.is_one_ready()
    (run_id,) = start("a", warm)
    assert len(sleepers) == 1
    assert db.workers.all()[0].run == run_id
    queue.tend(db, warm, somebody_is_here=True)
    assert len(sleepers) == 1  # no slot is free for another


def test_nobody_waits_for_the_database_while_a_killed_runs_process_ends(
    db, settings, start, sleepers, monkeypatch
):
    (run_id,) = start("a")
    os.kill(sleepers[0].pid, signal.SIGKILL)
    wait_until(lambda: not processes.is_alive(sleepers[0]))
    exit_code = processes.exit_code

    def slow(process):
        with database.connect(settings, patience=0.5) as other:
            other.workers.say_wanted(0)
        return exit_code(process)

    monkeypatch.setattr(processes, "exit_code", slow)
    queue.tend(db, settings)
    assert "signal 9" in db.runs.get(run_id).reason


def test_nobody_waits_for_the_database_while_a_deleted_runs_process_ends(db, settings, start, monkeypatch):
    (run_id,) = start("a")
    kill = processes.kill

    def slow(process, patience=10.0):
        if patience:
            with database.connect(settings, patience=0.5) as other, other.transaction():
                other.workers.say_wanted(0)
        kill(process, patience)

    monkeypatch.setattr(processes, "kill", slow)
    queue.delete(db, settings, run_id)
    assert db.runs.all() == []


def test_what_teachers_trained_is_not_resumed(db, settings):
    chosen = configurations.default("digit_gan")
    stored = json.loads(configurations.to_json(chosen))
    stored["recipe"]["teacher"] = 3.0
    run_id = db.runs.create(json.dumps(stored), "a", network="digit_gan", data=chosen.data, epochs=2)
    db.runs.change_state(run_id, "running")
    db.runs.change_state(run_id, "paused")
    with pytest.raises(recipes.Retired, match="had a teacher, which Digit Lab no longer has"):
        queue.resume(db, settings, run_id)
    assert db.runs.get(run_id).state == "paused"
