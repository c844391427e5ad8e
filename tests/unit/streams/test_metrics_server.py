"""The port for Prometheus and for probes, and what a worker shows of a log that is long, edited or away."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from tests.conformance.test_newer_events import with_newer_event
from tests.metrics.prometheus import get

from slackwater.core.commands import Command
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.start import Start
from slackwater.core.observation import CONTROL, VIGIL, ControlSeen, Observation, PartitionLag, Seen
from slackwater.core.spec import JobSpec
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.memory import MemoryStore
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.streams import log_follower
from slackwater.streams.counts import CountsOfJobs
from slackwater.streams.log_follower import LogFollower
from slackwater.streams.metrics_server import MetricsServer, families
from slackwater.streams.worker_metrics import WorkerMetrics

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Control:
    ignored, misplaced = 2, 1


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    found = MetricsServer("127.0.0.1", 0)
    yield found
    found.close()


def _url(server: MetricsServer, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def _scrape(server: MetricsServer) -> dict[str, float]:
    """Name → sum over its samples."""
    status, body = get(_url(server, "/metrics"))
    assert status == 200
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(body):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def _metrics(store: EventStore) -> WorkerMetrics:
    return WorkerMetrics(store, "w-1", CountsOfJobs(), list, Control())  # type: ignore[arg-type]


def _started(store: EventStore, *names: str) -> None:
    for name in names:
        for n, verb in enumerate((Deploy(JobSpec("x", inputs=("t",))), Start())):
            assert store.handle(Command(f"{name}-{n}", name, verb, "ana", "api", AT)).changed


def _tamper(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for guard in ("event_no_update", "event_no_delete", "event_no_replace"):
            connection.execute(text(f"DROP TRIGGER {guard}"))
        connection.execute(text(statement))
    engine.dispose()


def test_probes(server: MetricsServer) -> None:
    """A worker that waits for log or broker is alive and not ready; both say how long ago what happened."""
    assert get(_url(server, "/healthz"))[0] == 200
    status, body = get(_url(server, "/readyz"))
    assert (status, json.loads(body)["ok"]) == (503, False)
    assert _scrape(server) == {}
    server.health.turned()
    server.health.read()
    status, body = get(_url(server, "/readyz"))
    assert (status, json.loads(body)["ok"]) == (200, True)
    assert get(_url(server, "/"))[0] == 404


def test_a_port_that_is_taken() -> None:
    """It is an error at once; two never share one."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            MetricsServer("127.0.0.1", other.getsockname()[1])


def test_closing_frees_the_port() -> None:
    """And can be done twice."""
    first = MetricsServer("127.0.0.1", 0)
    port = first.port
    first.close()
    second = MetricsServer("127.0.0.1", port)
    assert second.port == port
    second.close()
    second.close()


def test_only_what_is_declared() -> None:
    """A sample of another name is an error in our own code, not another metric."""
    with pytest.raises(KeyError):
        list(families([("slackwater_dreams_total", (), 1.0)]))


def test_what_is_seen(server: MetricsServer) -> None:
    """Lag of jobs that live, of the paused also by the request's name; what is seen of one that is gone is not told."""
    store = MemoryStore()
    _started(store, "a", "b")
    seen = Seen((PartitionLag("t", 0, 3, 10), PartitionLag("t", 1, None, 5)), 7200.0)
    store.observe([Observation(job, VIGIL, AT, seen) for job in ("a", "b", "gone")])
    store.observe([Observation(CONTROL, VIGIL, AT, ControlSeen(4, 9))])
    shown = _metrics(store)
    server.show(shown)
    while not shown._follower.is_complete:
        pass
    found = _scrape(server)
    assert found["slackwater_consumer_lag_records"] == 2 * (7 + 5)
    assert (found["slackwater_control_offset"], found["slackwater_control_lag_messages"]) == (4, 5)
    assert found["slackwater_vigil_timestamp_seconds"] == AT.timestamp()
    assert "job_kafka_lag_while_paused" not in found
    assert "slackwater_retention_loss_horizon_seconds" not in found
    assert (found["slackwater_control_tombstones_total"], found["slackwater_control_misplaced_total"]) == (2, 1)
    assert found["slackwater_log_position"] == 4
    assert found["slackwater_job_state"] == 2


class Away(MemoryStore):
    is_away = False

    def scan(self, after: int = 0, limit: int = 1000, job_id: str | None = None) -> Any:
        if self.is_away:
            raise StoreUnavailable("store_unreachable", "gone")
        return super().scan(after, limit, job_id)


def test_a_log_that_is_away(server: MetricsServer) -> None:
    """What follows from it is left out, the worker's own stays, and it says so; when it is back all is there again."""
    store = Away()
    _started(store, "a")
    shown = _metrics(store)
    server.show(shown)
    while not shown._follower.is_complete:
        pass
    assert _scrape(server)["slackwater_log_reachable"] == 1
    store.is_away = True
    shown._follower.follow()
    found = _scrape(server)
    assert found["slackwater_log_reachable"] == 0
    assert "slackwater_log_position" not in found
    assert found["slackwater_worker_memory_bytes"] > 0
    store.is_away = False
    shown._follower.follow()
    assert _scrape(server)["slackwater_log_position"] == 2


def test_nothing_is_shown_too_low(monkeypatch: pytest.MonkeyPatch, server: MetricsServer) -> None:
    """Before all of a long log was read once, what is counted from it is left out: it would seem to rise."""
    monkeypatch.setattr(log_follower, "EVENTS_MAX", 3)
    store = MemoryStore()
    _started(store, "a", "b")
    shown = _metrics(store)
    follower = shown._follower
    assert not follower.follow()
    assert "slackwater_log_position" not in {name for name, _, _ in shown.samples()}
    assert follower.follow()
    assert "slackwater_log_position" in {name for name, _, _ in shown.samples()}


@pytest.mark.parametrize(
    ("tampering", "problems"),
    [
        ("UPDATE job SET state = 'RUNNING', body = replace(body, 'STARTING', 'RUNNING') WHERE id = 'a'", 1),
        ("UPDATE job SET body = '{}' WHERE id = 'a'", 1),
        ("DELETE FROM job WHERE id = 'a'", 1),
        ("UPDATE event SET actor = 'eve' WHERE seq = 2", 2),  # the event, and the row that says otherwise
        ("DELETE FROM event WHERE seq = 2", 2),
        ("UPDATE event SET type = 'JobExploded' WHERE seq = 4", 2),
        ("SELECT 1", 0),
    ],
)
def test_an_edited_log_has_problems(tmp_path: Path, tampering: str, problems: int) -> None:
    """Who reads the log finds an event that does not fit, and a row that is not what its events say."""
    url = f"sqlite:///{tmp_path}/log.db"
    store = open_store(url, create=True)
    _started(store, "a", "b")
    _tamper(url, tampering)
    follower = LogFollower(store)
    follower.follow()
    for _ in range(2):  # what was found once is not counted again
        follower.compare()
        assert follower.problems == problems
    store.close()


def test_what_a_newer_slackwater_wrote_is_no_problem(tmp_path: Path) -> None:
    """Counted apart, with all that follows in its job's story: a half-done upgrade alarms nobody of damage; that shows."""
    url = f"sqlite:///{tmp_path}/log.db"
    store = open_store(url, create=True)
    _started(store, "a", "b")
    with_newer_event(url, "a", type="JobTeleported")
    with_newer_event(url, "a", type="StartRequested")  # known here, but nobody here knows what it follows
    shown = _metrics(store)
    shown._follower.follow()
    for _ in range(2):
        shown._follower.compare()
        found = {name: value for name, _, value in shown.samples()}
        assert (found["slackwater_log_newer_events"], found["slackwater_log_problems"]) == (1, 0)
    _tamper(url, "UPDATE event SET actor = 'eve' WHERE seq = 5")
    fresh = LogFollower(store)
    fresh.follow()
    assert (fresh.newer, fresh.problems) == (0, 2)  # edited, and what follows it has nothing to follow
    store.close()
