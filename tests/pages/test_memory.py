"""The server keeps little of its visitors."""

from benchmarks import reloads


def test_pages_that_are_opened_again_and_again_take_no_more_memory():
    _, every, after = reloads.measure(reloads=18)
    assert after.median < 400
    assert after.median < every.median + 40
