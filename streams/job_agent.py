"""The actor of one job in one worker: a Faust agent whose mailbox carries wants, and the record path it owns.

The mailbox is a Faust channel, which a rebalance of the app's own group may empty; so no record ever passes through it, and
the supervisor repeats every want until it holds.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import faust

from slackwater.core.job import Job
from slackwater.core.spec_from_sql import plan_of
from slackwater.core.want import Want

from .counts import Counts
from .kafka_connection import KafkaConnection
from .oversight import Running
from .record_path import RecordPath

MAILBOX_TIMEOUT_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Letter:
    """A want, and when (monotonic) the log was read that says so."""

    want: Want
    as_of: float


class JobAgent:
    """Starts, steers and ends one record path."""

    def __init__(
        self,
        app: faust.App,
        job: Job,
        connection: KafkaConnection,
        worker: str,
        counts: Counts,
        on_change: Callable[[], None],
    ) -> None:
        self.job_id = job.id
        self._spec_hash = job.spec.hash
        self._renewed = job.renewed
        self._mailbox = app.channel(maxsize=16)
        plan = plan_of(job.spec)
        counts.committed = ()  # of the record path before, perhaps of another topic
        self.path = RecordPath(job.id, plan, connection, worker, topics=job.topics, counts=counts, on_change=on_change)
        self._app = app
        self._name = f"job.{job.id}.{time.monotonic_ns()}"
        self._agent = app.agent(self._mailbox, name=self._name)(self._read_mail)

    async def start(self) -> None:
        """Open the mailbox and join the job's group."""
        await self._agent.maybe_start()
        self.path.start()

    async def send(self, want: Want, as_of: float) -> None:
        """Post a want. Where Faust has suspended the mailbox it is handed over at the door: no pause waits for that."""
        try:
            await asyncio.wait_for(self._mailbox.send(value=Letter(want, as_of)), MAILBOX_TIMEOUT_S)
        except TimeoutError:
            self.path.want(want, as_of)

    async def stop(self) -> None:
        """Finish and commit what was taken, leave the group, close the mailbox. Stopping twice is fine."""
        await asyncio.to_thread(self.path.close)
        await self._agent.stop()
        self._app.agents.pop(self._name, None)  # Faust keeps what was ever added, and with it all that it holds

    @property
    def running(self) -> Running:
        """What runs here, for whoever judges it."""
        path = self.path
        return Running(self._spec_hash, self._renewed, path.is_alive, path.standing, path.failure)

    async def _read_mail(self, letters: Any) -> None:
        async for letter in letters:
            self.path.want(letter.want, letter.as_of)
