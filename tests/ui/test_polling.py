import heapq

import pytest

from mnist_models.ui import polling


def test_few_watchers_look_several_times_a_second():
    watchers = polling.Watchers()
    assert [watchers.looked(who, now=0.0) for who in "abc"] == [0.25] * 3


def test_a_class_shares_the_looks_of_a_second():
    watchers = polling.Watchers()
    seconds = [watchers.looked(str(pupil), now=0.0) for pupil in range(30)][-1]
    assert 30 / seconds == pytest.approx(polling.LOOKS_A_SECOND)


def test_whoever_has_gone_is_not_counted():
    watchers = polling.Watchers()
    for pupil in range(30):
        watchers.looked(str(pupil), now=0.0)
    assert watchers.looked("the last one", now=polling.GONE_AFTER + 2) == polling.LIVE_EVERY


def test_a_crowd_shares_them_too_though_each_looks_seldom():
    watchers = polling.Watchers()
    due = [(0.0, str(number)) for number in range(480)]
    looks = []
    while due[0][0] < 120:
        now, who = heapq.heappop(due)
        looks.append(now)
        heapq.heappush(due, (now + watchers.looked(who, now), who))
    assert sum(now > 60 for now in looks) / 60 == pytest.approx(polling.LOOKS_A_SECOND, rel=0.1)


def test_an_interval_is_changed_only_when_it_is_worth_it():
    assert polling.differs(1.0, 0.25)
    assert polling.differs(0.25, 1.0)
    assert not polling.differs(0.3, 0.25)
