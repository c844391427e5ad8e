"""Supervisor: carries out what Oversight decides, for every job in the log.

Wake-ups make it fast, the poll makes it certain. Jobs are looked after side by side: one that
drains does not hold up others.
"""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Final, assert_never
from weakref import WeakSet

import faust
import structlog
from confluent_kafka import KafkaException
from mode import Service

from slackwater.core.codec import payload_hash
from slackwater.core.commands import Command, Verb
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.fail import Fail
from slackwater.core.job import Job
from slackwater.core.policy.policy import NO_POLICY
from slackwater.core.sql.errors import SqlError
from slackwater.core.want import wanted
from slackwater.persistence.errors import StoreError
from slackwater.persistence.steps import reached
from slackwater.persistence.store import EventStore

from .counts import CountsOfJobs
from .empty_group import EmptyGroup
from .health import Health
from .job_agent import JobAgent
from .kafka_connection import KafkaConnection
from .logging_setup import about
from .oversight import Action, AskGroup, Bury, Employ, Oversight, Say, Tell
from .scheduler import SCHEDULER, OpenWindow, due, open_windows, windows_due
from .standing import Standing
from .tracing import carried_out

log = structlog.get_logger()
POLL_INTERVAL_S: Final = 1.0
BUSY_TIMEOUT_S: Final = 5.0


class Supervisor(Service):
    """One in every worker. `wake` may be called from any thread."""

    def __init__(
        self,
        app: faust.App,
        store: EventStore,
        connection: KafkaConnection,
        worker: str,
        counts: CountsOfJobs,
        health: Health,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._counts = counts
        self._health = health
        self._app = app
        self._store = store
        self._connection = connection
        self._empty_group = EmptyGroup(connection)
        self._worker = worker
        self._oversight = Oversight(worker)
        self._agents: dict[str, JobAgent] = {}
        self._given_up: WeakSet[JobAgent] = WeakSet()
        """Those whose job cannot be read any more, while they drain. They are waited for at the end too."""
        self._policy = NO_POLICY
        self._opened: tuple[OpenWindow, ...] = ()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._due_again: set[str] = set()
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Look again now."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)

    def standings(self) -> list[tuple[str, Standing | None]]:
        """Every job that has a record path here, and what that vouched for last."""
        return [(job_id, agent.running.standing) for job_id, agent in list(self._agents.items())]

    async def on_start(self) -> None:
        """Remember the loop that `wake` speaks to."""
        self._loop = asyncio.get_running_loop()

    async def on_stop(self) -> None:
        """Drain every path: what was taken is committed, and the partitions are free for others at once."""
        if self._busy:
            # A log that hangs must not keep the paths from draining.
            await asyncio.wait(self._busy.values(), timeout=BUSY_TIMEOUT_S)
        await asyncio.gather(*(agent.stop() for agent in {*self._agents.values(), *self._given_up}))
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
    async def _beat(self) -> None:
        # On its own: `_supervise` waits for the log, which may hang, or be long when it is read for the first time.
        while not self.should_stop:
            self._health.turned()
            await self.sleep(POLL_INTERVAL_S)

    @Service.task
    async def _supervise(self) -> None:
        while not self.should_stop:
            self._woken.clear()
            as_of = time.monotonic()
            try:
                found = await asyncio.to_thread(self._look)
                for job in found:
                    self._begin(job, as_of)
                for job_id in self._agents.keys() - {job.id for job in found} - self._busy.keys():
                    self._given_up.add(self._agents[job_id])
                    self._keep_busy(job_id, self._agents.pop(job_id).stop())
                self._health.read()
            except StoreError as error:
                log.warning("the log is not reachable; jobs go on as they are until the lease ends", cause=str(error))
                await self.sleep(POLL_INTERVAL_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_INTERVAL_S)

    def _look(self) -> tuple[Job, ...]:
        """The jobs; and what the policy says now, which is kept. Not for the loop: it asks the log.

        Left out is what cannot be read, events of a newer Slackwater for one: its partitions go to workers that can.
        """
        self._policy = self._store.policy()
        self._opened = open_windows(self._policy, datetime.now(UTC))
        return self._store.jobs(checked=True)

    def _begin(self, job: Job, as_of: float) -> None:
        """Look after the job; if that is still going on, again as soon as it is done."""
        if job.id in self._busy:
            self._due_again.add(job.id)
        elif not self.should_stop:
            self._keep_busy(job.id, self._look_after(job, as_of))

    def _keep_busy(self, job_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._busy[job_id] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._looked_after(job_id))

    def _looked_after(self, job_id: str) -> None:
        self._busy.pop(job_id, None)
        if job_id in self._due_again:
            self._due_again.discard(job_id)
            self._woken.set()

    async def _look_after(self, job: Job, as_of: float) -> None:
        agent = self._agents.get(job.id)
        about(job.id, wanted(job))
        try:
            for verb in due(job, datetime.now(UTC)):
                await self._say(job, verb, SCHEDULER)
            for id, pause in windows_due(self._policy, self._opened, job):
                if await asyncio.to_thread(self._store.result, id) is None:
                    await self._say(job, pause, SCHEDULER, id)
            for action in self._oversight.judge(job, agent.running if agent else None, as_of):
                await self._act(job, action, as_of)
        except (StoreError, KafkaException) as error:
            log.warning("looking after a job failed; again soon", cause=str(error))
        except Exception:
            log.exception("looking after a job failed")

    async def _act(self, job: Job, action: Action, as_of: float) -> None:
        match action:
            case Employ():
                await self._employ(job)
            case Bury():
                agent = self._agents.pop(job.id)
                await agent.stop()
                for last_word in self._oversight.epitaph(job, agent.running, time.monotonic()):
                    await self._act(job, last_word, as_of)
            case Tell(want):
                if job.id in self._agents:
                    await self._agents[job.id].send(want, as_of)
            case Say(verb):
                await self._say(job, verb)
            case AskGroup():
                offsets = await asyncio.to_thread(self._empty_group.offsets, job)
                if offsets is not None:
                    await self._say(job, Conclude(job.epoch, offsets))
            case _:
                assert_never(action)

    async def _employ(self, job: Job) -> None:
        try:
            agent = JobAgent(self._app, job, self._connection, self._worker, self._counts[job.id], self.wake)
        except SqlError as error:
            await self._say(job, Fail(self._worker, job.epoch, "unreadable_job", str(error)))
            return
        self._agents[job.id] = agent
        await agent.start()

    async def _say(self, job: Job, verb: Verb, actor: str | None = None, id: str | None = None) -> None:
        await asyncio.to_thread(say, self._store, actor or self._worker, job, verb, id)
        self.wake()


def say(store: EventStore, actor: str, job: Job, verb: Verb, id: str | None = None) -> None:
    """A worker's own command. Its id, unless given, follows from content and version answered: a repeat is a duplicate."""
    digest = payload_hash([actor, job.id, verb.name, job.version, repr(verb)]).hex()[:24]
    command = Command(id or f"{actor}/{digest}", job.id, verb, actor, "worker", datetime.now(UTC))
    result = carried_out(store, job, command)
    reached("acked")
    if result.changed:
        told = {"job_name": job.id, "epoch": result.epoch, "command_id": job.wish, "state": result.state}
        log.info(f"{job.id} {verb.name}", **told, events=list(result.events))
    elif result.code is not None:
        log.info(f"{job.id} {verb.name} refused", code=result.code, message=result.message)
