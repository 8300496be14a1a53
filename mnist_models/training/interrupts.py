"""Ctrl-C, heeded between two steps of a training."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def after_steps():
    """Collect the first Ctrl-C or polite kill in a list instead of raising it.

    Raised where it arrives, it would nearly always come between a step's update of the weights and its
    record in `Progress`, and a resumed training would take that step twice.
    """
    arrived = []
    if threading.current_thread() is not threading.main_thread():
        yield arrived  # Python delivers signals to the main thread only
        return

    def arrive(number, frame):
        arrived.append(number)
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, arrive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
