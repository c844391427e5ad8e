"""The worker process: one Faust app with the control agent, the supervisor and the publisher."""

import asyncio
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import faust
import structlog

from slackwater.persistence.store import EventStore

from .broker_limits import check_broker_limits
from .control import agent as control_agent
from .control.anchor import check_anchor
from .control.replies import Replies
from .counts import CountsOfJobs
from .duties import PublisherService, VigilService
from .faust_credentials import faust_credentials
from .health import Health
from .metrics_server import MetricsServer
from .observer import Observer, ObserverService
from .supervisor import Supervisor
from .time_left import END_S, LEAVE_S, TimeLeft
from .topics import ensure_topics
from .watchdog import keep_watch
from .worker_metrics import WorkerMetrics
from .worker_settings import WorkerSettings

log = structlog.get_logger()
THREADS: Final = 64
"""asyncio's own pool has six on two processors: a few slow drains would hold up every command."""
START_S: Final = 10.0
"""Time for all of them to begin. Where one is refused, the others do not wait for it for ever."""


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
        consumer_metadata_max_age_ms=int(settings.vigil_interval_s * 1000),  # when a control topic made anew is found
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
        keep_watch(health)
        asyncio.get_running_loop().set_default_executor(_executor())
        await app.add_runtime_dependency(observer)  # what was first ends last: its last word comes after the drain
        await app.add_runtime_dependency(TimeLeft(LEAVE_S, code=0))
        await app.add_runtime_dependency(supervisor)
        await app.add_runtime_dependency(publisher)
        await app.add_runtime_dependency(vigil)
        await app.add_runtime_dependency(TimeLeft(END_S, code=1))
        log.info("worker ready", worker=settings.name)

    return app


def _executor() -> ThreadPoolExecutor:
    """With all its threads: later there may be no memory for one, and the loop that begins it would wait for ever."""
    executor, all_are_here = ThreadPoolExecutor(THREADS, "slackwater"), threading.Barrier(THREADS)
    for _ in range(THREADS):
        executor.submit(all_are_here.wait, START_S)
    return executor


def prepare(store: EventStore, settings: WorkerSettings) -> None:
    """Everything that must be so before a worker joins anything; safe to repeat.

    Raises KafkaException if no broker answers, BadKafkaSettings, LogBehindKafka.
    """
    faust_credentials(settings.connection.extra)
    check_broker_limits(settings.connection)
    ensure_topics(settings.connection, settings.topics.all(), settings.topics.settings())
    check_anchor(store, settings.connection, settings.topics)


def run_worker(store: EventStore, settings: WorkerSettings, metrics: MetricsServer | None = None) -> None:
    """Run until SIGINT or SIGTERM, after `prepare`; drains every job before it returns. The log is set up already."""
    with tempfile.TemporaryDirectory(prefix="slackwater-faust-") as directory:
        app = build_app(store, settings, directory, metrics)
        worker = faust.Worker(app, loglevel=settings.log_level, redirect_stdouts=False, override_logging=False, quiet=True)
        worker.spinner = None  # would write a cursor's escape codes between our lines
        worker.execute_from_commandline()
