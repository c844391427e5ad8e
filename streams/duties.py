"""What one worker does for all: publish the log, and keep vigil and the rules. It is the one that owns the control topic."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import faust
import structlog
from confluent_kafka import KafkaException
from mode import Service

from slackwater.core.observation import CONTROL, VIGIL, Observation
from slackwater.core.states import LIVE
from slackwater.core.want import wanted
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore

from .control.publisher import Publisher
from .control.replies import Replies
from .logging_setup import about
from .rule_watch import RuleWatch
from .scheduler import SCHEDULER
from .supervisor import say
from .topics import ControlTopics, ensure_topics
from .vigil import Vigil
from .worker_settings import WorkerSettings

log = structlog.get_logger()
PUBLISH_INTERVAL_S: Final = 1.0


def owns_control_topic(app: faust.App, topics: ControlTopics) -> bool:
    """Exactly one worker does: what one is enough for, that one does."""
    assigned = app.consumer.assignment() if app.consumer else ()
    return any(tp.topic == topics.control and tp.partition == 0 for tp in assigned)


class VigilService(Service):
    """Keeps vigil over the jobs' inputs while this worker owns the control topic."""

    def __init__(self, app: faust.App, store: EventStore, settings: WorkerSettings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._app = app
        self._store = store
        self._settings = settings
        self._rules = RuleWatch(settings.vigil_interval_s)

    @Service.task
    async def _watch(self) -> None:
        connection, topics = self._settings.connection, self._settings.topics
        vigil, admin = Vigil(connection, self._settings.name), connection.admin()
        while not self.should_stop:
            try:
                if owns_control_topic(self._app, topics):
                    await asyncio.to_thread(self._look, vigil)
                # A broker that came back empty has none: nobody would own the control topic, and nobody keep vigil.
                await asyncio.to_thread(ensure_topics, connection, topics.all(), topics.settings(), admin)
            except (StoreError, KafkaException) as error:
                log.warning("the vigil could not look; again soon", cause=str(error))
            except Exception:
                log.exception("the vigil failed; again soon")
            await self.sleep(self._settings.vigil_interval_s)

    def _look(self, vigil: Vigil) -> None:
        # First, so that it needs no broker: no matter of the inputs, but one that one worker is enough for.
        self._store.remember()
        vigil.seen.clear()
        for job in self._store.jobs(checked=True):
            if job.state in LIVE:
                about(job.id, wanted(job))
                try:
                    for verb in vigil.look(job):
                        say(self._store, self._settings.name, job, verb)
                except KafkaException as error:
                    # Of this job's topics perhaps: the others are looked at all the same.
                    log.warning("the vigil could not look; again soon", cause=str(error))
        at, topics = datetime.now(UTC), self._settings.topics
        seen = [Observation(job_id, VIGIL, at, body) for job_id, body in vigil.seen.items()]
        control = vigil.look_at_control(topics.prefix, topics.control)
        self._store.observe([*seen, Observation(CONTROL, VIGIL, at, control)])

    @Service.task
    async def _watch_rules(self) -> None:
        # On their own: they need the log alone, and a vigil that waits for a broker would make them lose count of time.
        while not self.should_stop:
            try:
                if owns_control_topic(self._app, self._settings.topics):
                    await asyncio.to_thread(self._keep_rules)
            except StoreError as error:
                log.warning("the rules could not be looked after; again soon", cause=str(error))
            except Exception:
                log.exception("looking after the rules failed; again soon")
            await self.sleep(self._settings.vigil_interval_s)

    def _keep_rules(self) -> None:
        at, policy = datetime.now(UTC), self._store.policy()
        if policy.rules:
            jobs = self._store.jobs(checked=True)
            for job, verb in self._rules.look(policy, jobs, self._store.observations(), at):
                say(self._store, SCHEDULER, job, verb)


class PublisherService(Service):
    """Publishes the log while this worker owns the control topic; exactly one worker does."""

    def __init__(self, app: faust.App, store: EventStore, settings: WorkerSettings, replies: Replies, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._app = app
        self._replies = replies
        self._store = store
        self._settings = settings
        self._publisher: Publisher | None = None

    @Service.task
    async def _publish(self) -> None:
        while not self.should_stop:
            try:
                if owns_control_topic(self._app, self._settings.topics):
                    await asyncio.to_thread(self._publish_new)
                else:
                    await asyncio.to_thread(self._let_go)
            except (KafkaException, StoreError) as error:
                log.warning("publishing waits", cause=str(error))
                await asyncio.to_thread(self._let_go)
                await self.sleep(PUBLISH_INTERVAL_S)
            except Exception:
                # A log that cannot be read must not end the worker: jobs go on, and `verify` says what is wrong.
                log.exception("publishing failed; again soon")
                await asyncio.to_thread(self._let_go)
                await self.sleep(PUBLISH_INTERVAL_S)
            await self._wait()

    async def on_shutdown(self) -> None:
        """Publish nothing more."""
        await asyncio.to_thread(self._let_go)

    def _publish_new(self) -> None:
        if self._publisher is None:
            connection, topics = self._settings.connection, self._settings.topics
            self._publisher = Publisher(self._store, connection, topics, self._replies)
            self._publisher.open()
        while self._publisher.publish():
            pass

    def _let_go(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None

    async def _wait(self) -> None:
        try:
            head = await asyncio.to_thread(self._store.head)
            await asyncio.to_thread(self._store.wait, head.seq, PUBLISH_INTERVAL_S)
        except StoreError:
            await self.sleep(PUBLISH_INTERVAL_S)
