"""Observer: writes beside the log, every five seconds, what this worker's record paths counted.

On a thread of its own and never waited for: a database that cannot be reached keeps no record.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from mode import Service

from slackwater.core.cut import Cut
from slackwater.core.observation import Observation
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore

from .counts import CountsOfJobs, LastMinute, Rates, rss_bytes
from .standing import Standing

log = structlog.get_logger()
OBSERVE_INTERVAL_S: Final = 5.0


class Observer:
    """What is to be written now. `clock` is monotonic seconds."""

    def __init__(self, worker: str, counts: CountsOfJobs, clock: Callable[[], float] = time.monotonic) -> None:
        self._worker = worker
        self._counts = counts
        self._rates = Rates(clock)
        self._last_minute = LastMinute(clock)
        self._last_words: set[str] = set()

    def observe(self, running: Iterable[tuple[str, Standing | None]], at: datetime) -> list[Observation]:
        """One observation of each job that runs here; of one that no longer does, a last one.

        `running` says what each record path vouched for last.
        """
        owned: dict[str, Cut] = {job_id: standing.offsets if standing else () for job_id, standing in running}
        self._last_words -= owned.keys()
        found, memory = [], rss_bytes()
        for job_id, counts in list(self._counts.items()):
            if job_id not in self._last_words:
                worked = counts.worked(owned.get(job_id, ()), self._rates.of(job_id, counts.records), memory)
                errors, dead_letters = self._last_minute.of(job_id, counts)
                told = replace(worked, errors_per_min=errors, dead_letters_per_min=dead_letters)
                found.append(Observation(job_id, self._worker, at, told))
        self._last_words |= self._counts.keys() - owned.keys()
        return found


class ObserverService(Service):
    """Writes until the worker ends, and once more then."""

    def __init__(
        self, observer: Observer, store: EventStore, running: Callable[[], list[tuple[str, Standing | None]]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._observer = observer
        self._store = store
        self._running = running
        self._failed = False

    @Service.task
    async def _observe(self) -> None:
        while not self.should_stop:
            await self._write()
            await self.sleep(OBSERVE_INTERVAL_S)

    async def on_shutdown(self) -> None:
        """The last word: what was counted until now, and that nothing is owned any more."""
        await self._write()

    async def _write(self) -> None:
        try:
            await asyncio.to_thread(self._store.observe, self._observer.observe(self._running(), datetime.now(UTC)))
            self._failed = False
        except StoreError as error:
            if not self._failed:  # said once, not every five seconds
                log.warning("observations cannot be written", cause=str(error))
            self._failed = True
