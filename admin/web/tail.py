"""The end of the log, as seen from an event loop: one thread waits for all readers."""

import asyncio
import contextlib
import logging
from typing import Final

from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore

log = logging.getLogger(__name__)

WAIT_S: Final = 1.0
"""How long the thread waits at once; so long may stopping take."""


class LogTail:
    """Wakes any number of readers when the log grows. A wake-up may be early; what was appended is read by whoever wakes."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._grew = asyncio.Condition()
        self._seq = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch. Starting twice is fine."""
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="log-tail")

    async def stop(self) -> None:
        """Watch no more. Stopping twice, or before a start, is fine."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def longer_than(self, seq: int, timeout_s: float) -> bool:
        """Wait until the log is longer than `seq` or time is up. Is it?"""
        async with self._grew:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._grew.wait_for(lambda: self._seq > seq)
            return self._seq > seq

    async def _watch(self) -> None:
        while True:
            try:
                seen = await asyncio.to_thread(self._store.wait, self._seq, WAIT_S)
            except StoreError as error:
                log.warning("the log cannot be watched: %s", error.message)
                await asyncio.sleep(WAIT_S)
                continue
            if seen > self._seq:
                async with self._grew:
                    self._seq = seen
                    self._grew.notify_all()
