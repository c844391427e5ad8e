"""Time that queries may take: one thread interrupts those whose time is up, for every engine of the process.

Not a timer for each query: each begins a thread, and when there is no memory for one, whoever begins it waits for ever
(`Thread.start`; seen under RLIMIT_AS, the job's partitions then belonged to a worker that did nothing).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

AGAIN_S: Final = 0.1
"""A query that does not heed an interrupt gets another."""


class QueryTime:
    """Used from any thread. The watching thread begins with the first query and never ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[object, tuple[float, Callable[[], None]]] = {}
        self._is_watching = False

    @contextmanager
    def limited(self, seconds: float, interrupt: Callable[[], None]) -> Iterator[None]:
        """While inside for longer than that, `interrupt` is called, which must not block."""
        query = object()
        try:
            with self._changed:
                if not self._is_watching:
                    threading.Thread(target=self._watch, name="query-time", daemon=True).start()
                    self._is_watching = True
                self._ends[query] = (time.monotonic() + seconds, interrupt)
                self._changed.notify()
            yield
        finally:
            with self._changed:
                self._ends.pop(query, None)

    def _watch(self) -> None:
        with self._changed:
            while True:
                self._changed.wait(self._interrupt_late())

    def _interrupt_late(self) -> float | None:
        """Seconds until the next look. A method, so that the thread keeps hold of no engine while it waits."""
        now = time.monotonic()
        for end, interrupt in self._ends.values():
            if end <= now:
                with suppress(Exception):  # whatever is wrong with one connection, the others have their limit
                    interrupt()
        soonest = min((end - now for end, _ in self._ends.values()), default=None)
        return None if soonest is None else max(soonest, AGAIN_S)


QUERY_TIME: Final = QueryTime()
