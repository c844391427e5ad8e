"""The worker process: one Faust app with the control agent, the supervisor and the publisher."""

import asyncio
import os
import secrets
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import faust
import structlog
from confluent_kafka import KafkaException
from mode import Service

from slackwater.core.commands import is_command_id
from slackwater.core.observation import CONTROL, VIGIL, Observation
from slackwater.core.states import LIVE
from slackwater.core.want import wanted
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import EventStore

from .broker_limits import check_broker_limits
from .control import agent as control_agent
from .control.anchor import check_anchor
from .control.publisher import Publisher
from .control.replies import Replies
from .counts import CountsOfJobs
from .faust_credentials import faust_credentials
from .health import Health
from .kafka_connection import KafkaConnection
from .logging_setup import about, set_up_logging
from .metrics_server import MetricsServer
from .observer import Observer, ObserverService
from .supervisor import Supervisor, say
from .topics import ControlTopics, ensure_topics
from .vigil import Vigil
from .worker_metrics import WorkerMetrics

log = structlog.get_logger()
PUBLISH_INTERVAL_S: Final = 1.0
THREADS: Final = 64
NAME_BYTES_MAX: Final = 100


def worker_name() -> str:
    """A name no other worker has: two workers of one name would fence each other's producers."""
    return f"{socket.gethostname().lower()}-{os.getpid()}-{secrets.token_hex(2)}"


def is_worker_name(text: str) -> bool:
    """Printable text of 1–100 bytes: the ids of a worker's own commands begin with it."""
    return is_command_id(text) and len(text.encode()) <= NAME_BYTES_MAX


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker needs to know."""

    connection: KafkaConnection
    name: str = field(default_factory=worker_name)
    topics: ControlTopics = field(default_factory=ControlTopics)
    log_level: str = "WARNING"
    vigil_interval_s: float = 10.0


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

    @Service.task
    async def _watch(self) -> None:
        vigil = Vigil(self._settings.connection, self._settings.name)
        while not self.should_stop:
            if owns_control_topic(self._app, self._settings.topics):
                try:
                    await asyncio.to_thread(self._look, vigil)
                except StoreError as error:
                    log.warning("the vigil could not look; again soon", cause=str(error))
                except Exception:
                    log.exception("the vigil failed; again soon")
            await self.sleep(self._settings.vigil_interval_s)

    def _look(self, vigil: Vigil) -> None:
        # No matter of the inputs, but one that one worker is enough for.
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


def build_app(store: EventStore, settings: WorkerSettings, directory: str, metrics: MetricsServer | None) -> faust.App:
    """The Faust app of one worker. Control topics must exist before it starts; `directory` is Faust's, and stays empty."""
    app = faust.App(
        settings.topics.prefix,
        broker_credentials=faust_credentials(settings.connection.extra),
        broker=f"kafka://{settings.connection.bootstrap.replace(',', ';')}",
        store="memory://",
        web_enabled=False,
        autodiscover=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.connection.session_timeout_s,
        broker_heartbeat_interval=max(settings.connection.session_timeout_s / 10, 0.3),
        broker_commit_interval=1.0,
        stream_wait_empty=False,
        datadir=directory,
    )
    counts, health = CountsOfJobs(), metrics.health if metrics else Health()
    supervisor = Supervisor(app, store, settings.connection, settings.name, counts, health)
    observer = ObserverService(Observer(settings.name, counts), store, supervisor.standings)
    replies = Replies(settings.connection, settings.topics)
    publisher = PublisherService(app, store, settings, replies)
    vigil = VigilService(app, store, settings)
    control = control_agent.install(app, store, settings.topics, replies, supervisor.wake)
    if metrics is not None:
        metrics.show(WorkerMetrics(store, settings.name, counts, supervisor.standings, control))

    @app.task  # type: ignore[untyped-decorator]
    async def employ() -> None:
        # asyncio's own has six threads on two processors: a few slow drains would hold up every command.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "slackwater"))
        await app.add_runtime_dependency(observer)  # what was first ends last: its last word comes after the drain
        await app.add_runtime_dependency(supervisor)
        await app.add_runtime_dependency(publisher)
        await app.add_runtime_dependency(vigil)
        log.warning("worker ready", worker=settings.name)

    return app


def prepare(store: EventStore, settings: WorkerSettings) -> None:
    """Everything that must be so before a worker joins anything; safe to repeat.

    Raises KafkaException if no broker answers, BadKafkaSettings, LogBehindKafka.
    """
    faust_credentials(settings.connection.extra)
    check_broker_limits(settings.connection)
    ensure_topics(settings.connection, settings.topics.all(), settings.topics.settings())
    check_anchor(store, settings.connection, settings.topics)


def run_worker(store: EventStore, settings: WorkerSettings, metrics: MetricsServer | None = None) -> None:
    """Run until SIGINT or SIGTERM, after `prepare`; drains every job before it returns."""
    set_up_logging(settings.log_level)
    with tempfile.TemporaryDirectory(prefix="slackwater-faust-") as directory:
        app = build_app(store, settings, directory, metrics)
        worker = faust.Worker(app, loglevel=settings.log_level, redirect_stdouts=False, override_logging=False, quiet=True)
        worker.spinner = None  # would write a cursor's escape codes between our lines
        worker.execute_from_commandline()
