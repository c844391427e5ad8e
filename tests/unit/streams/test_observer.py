"""What a worker counts and writes beside the log, and how healthy it says it is."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.observation import Worked
from slackwater.core.want import Want
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.memory import MemoryStore
from slackwater.streams.counts import Counts, CountsOfJobs, rss_bytes
from slackwater.streams.health import LOG_OLD_S, LOOP_STUCK_S, Health
from slackwater.streams.observer import Observer, ObserverService
from slackwater.streams.standing import Standing

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _standing(*offsets: int) -> Standing:
    return Standing(Want(Stance.RUNNING, 1), cut_of({("t", n): offset for n, offset in enumerate(offsets)}), {"t": 2})


def test_what_is_written() -> None:
    """Every job that runs, each time, with its rate since the time before; where it stands is what moved last."""
    clock, counts = Clock(), CountsOfJobs()
    observer = Observer("w-1", counts, clock)
    counts["a"].records = 100
    counts["a"].committed = cut_of({("t", 0): 60, ("t", 9): 5})
    (first,) = observer.observe([("a", _standing(50, 40))], AT)
    assert (first.job_id, first.worker, first.at) == ("a", "w-1", AT)
    assert isinstance(first.body, Worked)
    assert (first.body.records, first.body.records_per_s) == (100, 0.0)
    assert first.body.offsets == cut_of({("t", 0): 60, ("t", 1): 40})
    counts["a"].records, clock.now = 150, 105.0
    (second,) = observer.observe([("a", None)], AT)
    assert isinstance(second.body, Worked)
    assert (second.body.records, second.body.records_per_s, second.body.offsets) == (150, 10.0, ())


def test_a_last_word() -> None:
    """A job that runs here no more is written once more, owning nothing; when it comes back it goes on counting."""
    clock, counts = Clock(), CountsOfJobs()
    observer = Observer("w-1", counts, clock)
    counts["a"].records = 7
    assert len(observer.observe([("a", _standing(1))], AT)) == 1
    (last,) = observer.observe([], AT)
    assert isinstance(last.body, Worked)
    assert (last.body.records, last.body.offsets) == (7, ())
    assert observer.observe([], AT) == []
    assert [one.body.records for one in observer.observe([("a", None)], AT) if isinstance(one.body, Worked)] == [7]


def test_a_batch_is_counted_once() -> None:
    """By what it took, wrote, set aside, and how long it took."""
    counts = Counts()
    counts.batch_s.add(0.03)
    counts.batch_s.add(20.0)
    worked = counts.worked((), 0.0, 0)
    assert (worked.batches, worked.batch_s) == (2, 20.03)
    assert worked.batch_classes[3] == worked.batch_classes[-1] == 1


def test_memory_is_known() -> None:
    """At least as much as Python itself needs."""
    assert rss_bytes() > 5_000_000


class Unreachable(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.is_there = False
        self.tries = 0

    def observe(self, observations: Any) -> None:
        self.tries += 1
        if not self.is_there:
            raise StoreUnavailable("store_unreachable", "gone")
        super().observe(observations)


async def test_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said once and tried again and again; when it is back everything that was counted is written."""
    monkeypatch.setattr("slackwater.streams.observer.OBSERVE_INTERVAL_S", 0.01)
    store, counts = Unreachable(), CountsOfJobs()
    counts["a"].records = 3
    service = ObserverService(Observer("w-1", counts), store, lambda: [("a", None)])
    with capture_logs() as lines:
        await service.start()
        while store.tries < 4:
            await asyncio.sleep(0.01)
        assert [line["log_level"] for line in lines] == ["warning"]
        store.is_there = True
        while not store.observations():
            await asyncio.sleep(0.01)
        await service.stop()
    (kept,) = store.observations("a")
    assert isinstance(kept.body, Worked)
    assert kept.body.records == 3


def test_health() -> None:
    """Alive while its loop turns, also before it began; ready while it has read the log within the lease."""
    clock = Clock()
    health = Health(clock)
    assert (health.is_alive, health.is_ready) == (True, False)
    assert health.told() == {"loop_turned_s_ago": None, "log_read_s_ago": None}
    health.turned()
    health.read()
    clock.now += LOG_OLD_S
    assert health.is_ready
    clock.now += 1
    assert (health.is_alive, health.is_ready) == (True, False)
    clock.now += LOOP_STUCK_S
    assert not health.is_alive
    health.read()
    assert not health.is_ready, "a loop that does not turn obeys no log"
