"""Running a worker from settings: what is not reachable yet is waited for, what is wrong is said at once."""

import sys
import time
from collections.abc import Callable
from typing import Final, TypeVar

from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.streams.control.anchor import LogBehindKafka
from slackwater.streams.faust_credentials import faust_credentials
from slackwater.streams.kafka_connection import BadKafkaSettings
from slackwater.streams.topics import ControlTopics
from slackwater.streams.worker import WorkerSettings, prepare, run_worker, worker_name

from .brokers import answering, reach
from .desk import translated
from .errors import InvalidCommand, Unavailable
from .settings import load_settings

FIRST_PAUSE_S: Final = 0.5
PAUSE_S_MAX: Final = 5.0
WAITED_FOR: Final = frozenset({"store_unreachable", "store_busy", "broker_unreachable"})
"""What may yet come up. All else is for somebody to mend."""

T = TypeVar("T")


def run(log: str | None, kafka: str | None, name: str | None, log_level: str, wait_s: float) -> None:
    """Run until SIGINT or SIGTERM.

    Raises Unavailable if log or broker do not answer for `wait_s`; InvalidCommand and NotAllowed at once.
    """
    settings = load_settings(log, kafka)
    url, connection = settings.need_log(), settings.need_connection()

    def open_log() -> EventStore:
        with translated():
            return open_store(url)

    topics, interval_s = ControlTopics(settings.prefix), settings.vigil_interval_s
    worker = WorkerSettings(connection, name or worker_name(), topics, log_level, interval_s)
    store = _wait_for(open_log, wait_s)
    _wait_for(lambda: _prepare(store, worker), wait_s)
    run_worker(store, worker)


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
            print(f"waiting: {error.message}; again in {pause_s:g} s", file=sys.stderr, flush=True)
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, PAUSE_S_MAX)
