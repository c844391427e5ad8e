"""Running a worker from settings: what is not reachable yet is waited for, what is wrong is said at once."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Final, TypeVar

import structlog

from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.streams.control.anchor import LogBehindKafka
from slackwater.streams.faust_credentials import faust_credentials
from slackwater.streams.kafka_connection import BadKafkaSettings
from slackwater.streams.metrics_server import MetricsServer
from slackwater.streams.topics import ControlTopics
from slackwater.streams.worker import prepare, run_worker
from slackwater.streams.worker_settings import WorkerSettings, is_worker_name, worker_name

from .brokers import answering, reach
from .desk import translated
from .errors import InvalidCommand, Unavailable
from .settings import load_settings

FIRST_PAUSE_S: Final = 0.5
PAUSE_S_MAX: Final = 5.0
WAITED_FOR: Final = frozenset({"store_unreachable", "store_busy", "broker_unreachable"})
"""What may yet come up. All else is for somebody to mend."""

T = TypeVar("T")
log = structlog.get_logger()


def run(
    url: str | None, kafka: str | None, name: str | None, log_level: str, wait_s: float, metrics_port: int | None = None
) -> None:
    """Run until SIGINT or SIGTERM. `metrics_port` is stronger than the setting.

    Raises Unavailable if log or broker do not answer for `wait_s`, and for a port that is taken at once, as InvalidCommand
    and NotAllowed.
    """
    settings = load_settings(url, kafka)
    port = settings.metrics_port if metrics_port is None else metrics_port
    if name is not None and not is_worker_name(name):
        raise InvalidCommand("bad_worker_name", f"{name[:40]!r} cannot be a worker", hint="1-100 bytes of printable text")
    event_log, connection = settings.need_log(), settings.need_connection()

    def open_log() -> EventStore:
        with translated():
            return open_store(event_log)

    topics, interval_s = ControlTopics(settings.prefix), settings.vigil_interval_s
    worker = WorkerSettings(connection, name or worker_name(), topics, log_level, interval_s)
    # Before anything is waited for: probes are to see that it waits.
    with _metrics(settings.metrics_host, port) as metrics:
        store = _wait_for(open_log, wait_s)
        _wait_for(lambda: _prepare(store, worker), wait_s)
        run_worker(store, worker, metrics)


def _metrics(host: str, port: int) -> AbstractContextManager[MetricsServer | None]:
    if port == 0:
        return nullcontext()
    try:
        return closing(MetricsServer(host, port))
    except OSError as error:
        why = f"no metrics can be served at {host}:{port}: {error.strerror or error}"
        raise Unavailable("port_in_use", why, hint="--metrics-port takes another, 0 serves none") from error


def _prepare(store: EventStore, worker: WorkerSettings) -> None:
    try:
        # Needs no broker, so it is not kept waiting for one.
        faust_credentials(worker.connection.extra)
        reach(worker.connection)
        with answering(worker.connection):
            prepare(store, worker)
    except BadKafkaSettings as error:
        raise InvalidCommand(error.code, str(error), hint=error.hint) from error
    except LogBehindKafka as error:
        raise Unavailable("log_behind_kafka", str(error), hint=error.hint) from error


def _wait_for(action: Callable[[], T], wait_s: float) -> T:
    until, pause_s = time.monotonic() + wait_s, FIRST_PAUSE_S
    while True:
        try:
            return action()
        except Unavailable as error:
            if error.code not in WAITED_FOR or time.monotonic() + pause_s > until:
                raise
            log.warning(f"waiting: {error.message}", code=error.code, again_in_s=pause_s)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, PAUSE_S_MAX)
