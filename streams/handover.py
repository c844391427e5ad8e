"""The one place between the two threads of a record path: at most one batch waits here while one is worked on."""

import threading
import time
from typing import Final

from .taken import Taken

WAIT_S: Final = 0.5
WORK_S: Final = 120.0
"""Longer than any batch takes whose queries end in time. One that hangs must not keep its partitions from others."""


class Handover:
    """Batches from the owner's thread to the working one, and word back of what broke. Safe from both."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Taken | None = None
        self._working = False
        self._moved_at = time.monotonic()
        self._broken: Exception | None = None
        self._is_over = False

    @property
    def broken(self) -> Exception | None:
        """What made the result of a batch unknown; nothing moves until `mend`."""
        return self._broken

    @property
    def is_over(self) -> bool:
        """True once `end` was called: nothing more is put or taken."""
        return self._is_over

    def has_room(self, timeout_s: float) -> bool:
        """Wait for the place to be free; before that nothing is taken, so that a drain waits for two batches at most.

        A batch that is worked on, or waits, for longer than any takes breaks it.
        """
        with self._changed:
            if self._changed.wait_for(lambda: self._waiting is None or self._broken or self._is_over, timeout_s):
                return self._broken is None and not self._is_over
            if time.monotonic() - self._moved_at > WORK_S:
                self._broken = TimeoutError(f"a batch is worked on for more than {WORK_S:g} s")
            return False

    def put(self, taken: Taken) -> None:
        """Leave the batch in the place, which must be free. What is broken or over takes nothing: it is dropped."""
        with self._changed:
            if self._broken is None and not self._is_over:
                self._waiting, self._moved_at = taken, time.monotonic()
                self._changed.notify_all()

    def withdraw(self) -> Taken | None:
        """The batch that waits, if nobody has begun it: it is not to be worked on now."""
        with self._changed:
            taken, self._waiting = self._waiting, None
            return taken

    def take(self) -> Taken | None:
        """The next batch, or None once it is over. What was put before the end is still handed out."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or (self._waiting is not None and self._broken is None))
            if self._waiting is None or self._broken is not None:
                return None
            taken, self._waiting = self._waiting, None
            self._working, self._moved_at = True, time.monotonic()
            self._changed.notify_all()
            return taken

    def done(self, broken: Exception | None = None) -> None:
        """The batch taken last is committed, or its result is unknown because of `broken`."""
        with self._changed:
            self._working = False
            self._broken = self._broken or broken
            self._changed.notify_all()

    def drain(self, timeout_s: float, worker: threading.Thread) -> None:
        """Wait until everything put is done with or broken. Too late, or a dead worker, breaks it."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while (self._waiting is not None or self._working) and self._broken is None:
                if time.monotonic() >= deadline or not worker.is_alive():
                    self._broken = TimeoutError("the drain took too long")
                    return
                self._changed.wait(WAIT_S)

    def spoil(self, error: Exception) -> None:
        """Nothing put may be committed any more."""
        with self._changed:
            self._broken = self._broken or error
            self._changed.notify_all()

    def empty(self, timeout_s: float) -> bool:
        """Throw away what waits, and wait for what is worked on. False if that takes too long."""
        with self._changed:
            self._waiting = None
            return self._changed.wait_for(lambda: not self._working, timeout_s)

    def mend(self) -> None:
        """All is as committed again."""
        with self._changed:
            self._broken = None
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing more will be put."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def wait_for_end(self, timeout_s: float) -> None:
        """Sleep that ends early when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over, timeout_s)
