"""Follows the log: its tally, and whether it still is what it was."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.tally import Tally
from slackwater.persistence.errors import StoreError
from slackwater.persistence.rows import hash_again
from slackwater.persistence.store import EventStore, Unreadable

EVENTS_MAX: Final = 500
COMPARE_INTERVAL_S: Final = 30.0
POLL_INTERVAL_S: Final = 1.0
BREATHS: Final = 3
"""Rests after each chunk of a log that is read for the first time, as long as that took: records flow meanwhile."""


class LogFollower:
    """Any thread may call `follow`. Nothing is read with the lock held: a log that hangs keeps no reader of the counts."""

    def __init__(self, store: EventStore) -> None:
        self.seq = 0
        self.is_complete = False
        """The end of the log was reached once: from then on counts only grow with the log."""
        self.is_reachable = True
        self._store = store
        self._tally = Tally()
        self._lock = threading.Lock()
        self._hash = GENESIS
        self._misfits = 0
        self._newer: Counter[str] = Counter()
        """By job, events that are intact, but of a newer Slackwater. What follows in that story cannot be judged here."""
        self._differing = 0
        self._compared_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-follower", daemon=True)

    @property
    def problems(self) -> int:
        """Events that do not fit, and jobs whose row is not what their events say."""
        return self._misfits + self._differing

    @property
    def newer(self) -> int:
        """Events that fit, and that only a newer Slackwater can read: no damage."""
        return self._newer.total()

    def start(self) -> None:
        """Read what there is, then what comes."""
        self._thread.start()

    def close(self) -> None:
        """Read no more. Closing twice, or before a start, is fine."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(2 * POLL_INTERVAL_S)

    @contextmanager
    def tally(self) -> Iterator[Tally]:
        """What was counted so far; it does not grow meanwhile."""
        with self._lock:
            yield self._tally

    def follow(self) -> bool:
        """Take one chunk of what is new; True at the end of the log, or if it cannot be read now. Raises no StoreError."""
        try:
            chunk = self._store.scan(self.seq, EVENTS_MAX)
        except StoreError:
            self.is_reachable = False
            return True
        with self._lock:
            for found in chunk:
                if found.seq > self.seq:  # else another thread has taken it meanwhile
                    self._take(found)
        is_end = len(chunk) < EVENTS_MAX
        self.is_complete = self.is_complete or is_end
        self.is_reachable = True
        return is_end

    def _take(self, found: Recorded | Unreadable) -> None:
        """What does not fit is counted, and what can be counted of the log all the same is."""
        fits = found.seq == self.seq + 1 and found.prev_hash == self._hash and hash_again(found) == found.hash
        if isinstance(found, Unreadable):
            if fits:
                self._newer[found.job_id] += 1
        elif found.job_id not in self._newer:
            try:
                self._tally.take(found)
            except IllegalTransition:
                fits = False
        self.seq, self._hash = found.seq, found.hash
        self._misfits += not fits

    def compare(self) -> None:
        """Rows first, then the events up to now: no row may be ahead of its events, or say otherwise than they do."""
        with self._lock:
            known = set(self._tally.jobs)
        shown, left_out = self._store.listing()
        rows, unreadable = {job.id: job for job in shown}, set(left_out)
        while not self.follow():
            pass
        with self._lock:
            folded, newer = dict(self._tally.jobs), self._newer.keys()
            differing = {job.id for job in rows.values() if job.id not in folded or _differs(job, folded[job.id])}
            self._differing = len(((known - rows.keys()) | unreadable | differing) - newer)

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            is_end = self.follow()
            took_s = time.monotonic() - began
            if is_end and self.is_reachable and time.monotonic() - self._compared_at > COMPARE_INTERVAL_S:
                self._compared_at = time.monotonic()
                with suppress(StoreError):
                    self.compare()
            self._stop.wait(POLL_INTERVAL_S if is_end else BREATHS * took_s)


def _differs(row: Job, folded: Job) -> bool:
    """A row that was read before later events says what was then, and is not judged."""
    return row.version > folded.version or (row.version == folded.version and row != folded)
