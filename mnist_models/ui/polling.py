"""How often pages look at a run: so seldom that all visitors together leave the processor free."""

import threading
import time

LIVE_EVERY = 0.25  # seconds between a page's looks at a run that trains; its worker writes every 0.2 s
# Of all pages together. A look costs about 20 ms of a processor, so these take a third of one.
LOOKS_A_SECOND = 16
GONE_AFTER = 10.0  # seconds after a look that did not come


class Watchers:
    """Who looks at runs that train."""

    def __init__(self):
        self._gone_at, self._lock = {}, threading.Lock()

    def looked(self, who, now=None):
        """Note that a page has looked.

        Args:
            who: str, of one page.
            now: seconds of `time.monotonic`; the present when None.

        Returns:
            float, seconds until it should look again.

        Example:
            >>> Watchers().looked("Ada")
            0.25
        """
        now = time.monotonic() if now is None else now
        with self._lock:  # every visitor has a thread
            here = {other: then for other, then in self._gone_at.items() if now <= then}
            interval = max(LIVE_EVERY, len(here.keys() | {who}) / LOOKS_A_SECOND)
            self._gone_at = here | {who: now + interval + GONE_AFTER}
        return interval


def differs(wanted, present):
    """Whether an interval has become so different that a page is to change it: it costs a rerun."""
    return not 1 / 1.5 <= wanted / present <= 1.5
