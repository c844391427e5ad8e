"""Supervisor: compares what the log wants with what runs in this worker, and acts on the difference.

Level-triggered: after a crash, a restart or a missed wake-up the same comparison does the right thing. Wake-ups make it
fast, the poll makes it certain.
"""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Any, Final

import faust
import structlog
from mode import Service

from slackwater.core.codec import payload_hash
from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.coverage import Stance
from slackwater.core.job import Job
from slackwater.core.sql.errors import SqlError
from slackwater.core.states import LIVE, TRANSITIONAL, JobState
from slackwater.core.want import wanted
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore

from .job_agent import JobAgent
from .kafka_connection import KafkaConnection
from .standing import Standing
from .steps import reached

log = structlog.get_logger()
POLL_INTERVAL_S: Final = 1.0
REJOIN_AFTER_S: Final = 5.0
"""A worker that has released a job joins again after this long if the stop is still not covered."""
LATE_AFTER_S: Final = 10.0
"""A deadline counts only if this worker itself has watched the transition for so long: it may have just come back."""


class Supervisor(Service):
    """One in every worker. `wake` may be called from any thread."""

    def __init__(self, app: faust.App, store: EventStore, connection: KafkaConnection, worker: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._app = app
        self._store = store
        self._connection = connection
        self._worker = worker
        self._agents: dict[str, JobAgent] = {}
        self._released: dict[str, tuple[int, float]] = {}
        self._watched: dict[str, tuple[int, float]] = {}
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look again now."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)

    async def on_start(self) -> None:
        """Remember the loop that `wake` speaks to."""
        self._loop = asyncio.get_running_loop()

    async def on_stop(self) -> None:
        """Drain every path: what was taken is committed, and the partitions are free for others at once."""
        await asyncio.gather(*(agent.stop() for agent in self._agents.values()))
        self._agents.clear()

    @Service.task
    async def _watch_log(self) -> None:
        seq = 0
        while not self.should_stop:
            try:
                seq = await asyncio.to_thread(self._store.wait, seq, POLL_INTERVAL_S)
            except StoreError:
                await self.sleep(POLL_INTERVAL_S)
            self._woken.set()

    @Service.task
    async def _supervise(self) -> None:
        while not self.should_stop:
            self._woken.clear()
            as_of = time.monotonic()
            try:
                jobs = await asyncio.to_thread(self._store.jobs)
                for job in jobs:
                    await self._look_after(job, as_of)
            except StoreError as error:
                log.warning("the log is not reachable; jobs go on as they are", cause=str(error))
                await self.sleep(POLL_INTERVAL_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_INTERVAL_S)

    async def _look_after(self, job: Job, as_of: float) -> None:
        agent = self._agents.get(job.id)
        if agent is not None and not agent.path.is_alive:
            await self._bury(job, agent)
            agent = None
        if agent is not None and (job.state not in LIVE or agent.spec_hash != job.spec.hash):
            await self._bury(job, agent)
            return
        if agent is None and self._is_needed(job, as_of):
            agent = await self._employ(job)
        if agent is not None:
            await agent.send(wanted(job), as_of)
            if agent.standing is not None:
                await self._vouch(job, agent.standing)
        await self._expire(job, as_of)

    def _is_needed(self, job: Job, now: float) -> bool:
        if job.state is JobState.STOPPING:
            epoch, since = self._released.get(job.id, (-1, 0.0))
            return epoch != job.epoch or now - since > REJOIN_AFTER_S
        return job.state in LIVE

    async def _employ(self, job: Job) -> JobAgent | None:
        try:
            agent = JobAgent(self._app, job, self._connection, self._worker, self.wake)
        except SqlError as error:
            await self._say(job, Fail(self._worker, job.epoch, "unreadable_job", str(error)))
            return None
        self._agents[job.id] = agent
        await agent.start()
        return agent

    async def _bury(self, job: Job, agent: JobAgent) -> None:
        """The path is over: report a failure, or the last word of one that released."""
        del self._agents[job.id]
        await agent.stop()
        if agent.failure is not None:
            await self._say(
                job, Fail(self._worker, job.epoch, agent.failure.code, agent.failure.message, agent.failure.offsets)
            )
        elif agent.standing is not None:
            await self._vouch(job, agent.standing)
        self._released[job.id] = (job.epoch, time.monotonic())

    async def _vouch(self, job: Job, standing: Standing) -> None:
        want = standing.want
        if job.state not in TRANSITIONAL or want != wanted(job):
            return
        if want.stance is Stance.RELEASED and job.id in self._agents:
            return  # only once the partitions are really given up
        if job.coverage == job.coverage.with_ack(self._worker, standing.offsets, standing.partitions):
            return
        await self._say(job, Ack(self._worker, want.epoch, want.stance, standing.offsets, standing.partitions))

    async def _expire(self, job: Job, now: float) -> None:
        epoch, since = self._watched.get(job.id, (-1, now))
        if epoch != job.epoch:
            self._watched[job.id] = (job.epoch, now)
            return
        late = job.deadline is not None and datetime.now(UTC) >= job.deadline
        if job.state in TRANSITIONAL and late and now - since > LATE_AFTER_S:
            await self._say(job, Expire(job.epoch))

    async def _say(self, job: Job, verb: Verb) -> None:
        """A worker's own command. Its id follows from its content and the version it answers: a repeat is a duplicate."""
        digest = payload_hash([self._worker, verb.name, job.version, repr(verb)]).hex()[:24]
        command = Command(f"{self._worker}/{digest}", job.id, verb, self._worker, "worker", datetime.now(UTC))
        result = await asyncio.to_thread(self._store.handle, command)
        reached("acked")
        if result.changed:
            log.info(f"{job.id} {verb.name}", job_name=job.id, state=result.state, events=list(result.events))
            self.wake()
