"""What every store promises of observations, and of counting commands: memory, SQLite and PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from slackwater.core.control.pause import Pause
from slackwater.core.control.start import Start
from slackwater.core.cut import cut_of
from slackwater.core.observation import VIGIL, ControlSeen, Observation, PartitionLag, Seen, Worked
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.open import open_store
from slackwater.persistence.store import CommandCount, EventStore
from slackwater.persistence.verify import verify

from .event_store_suite import command, running

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
WORKED = Worked(AT, 7, 700, 3, 90, 1, 2, 4, 0.25, (1, 2, 1), 1.5, AT, 1024, cut_of({("orders", 0): 7}))
SEEN = Seen((PartitionLag("orders", 0, 7, 9), PartitionLag("orders", 1, None, 5)), 3600.5)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    return str(request.getfixturevalue(names[request.param])) if request.param in names else "memory://"


@pytest.fixture
def store(any_url: str) -> Iterator[EventStore]:
    found = open_store(any_url, create=True)
    yield found
    found.close()


def seen(job: str, worker: str, body: Worked | Seen | ControlSeen, s: float = 0.0) -> Observation:
    return Observation(job, worker, AT + timedelta(seconds=s), body)


def test_kept_as_they_were(store: EventStore) -> None:
    """Every kind comes back as it was given, by job and worker; of one job alone if one is named."""
    given = [
        seen("b", VIGIL, SEEN),
        seen("a", "w-2", WORKED),
        seen("a", "w-1", WORKED),
        seen("@control", VIGIL, ControlSeen(4, 9)),
    ]
    store.observe(given)
    assert list(store.observations()) == sorted(given, key=lambda one: (one.job_id, one.worker))
    assert [one.worker for one in store.observations("a")] == ["w-1", "w-2"]
    assert list(store.observations("ghost")) == []


def test_the_latest_replaces(store: EventStore) -> None:
    """There is one of each job and worker; another worker's stays."""
    store.observe([seen("a", "w-1", WORKED), seen("a", "w-2", WORKED)])
    store.observe([seen("a", "w-1", Worked(AT), 5)])
    assert [(one.worker, one.at) for one in store.observations()] == [("w-1", AT + timedelta(seconds=5)), ("w-2", AT)]


def test_a_day_later_it_is_forgotten(store: EventStore) -> None:
    """What is more than a day older than the newest is gone; nothing observed forgets nothing."""
    store.observe([seen("a", "w-1", WORKED), seen("a", "w-2", WORKED, 60)])
    store.observe([])
    store.observe([seen("a", VIGIL, SEEN, 86_430)])
    assert [one.worker for one in store.observations()] == [VIGIL, "w-2"]


def test_no_part_of_the_log(store: EventStore) -> None:
    """An observation is no event: the log is as long as before, verifies, and nobody who waits for it is woken."""
    running(store)
    before = store.head()
    store.observe([seen("orders_big", "w-1", WORKED)])
    assert store.head() == before
    assert store.wait(before.seq, 0.1) == before.seq
    assert verify(store).ok


def test_several_observe_at_once(store: EventStore) -> None:
    """Workers that observe the same jobs at once do not keep each other, and nothing is lost."""

    def work(n: int) -> None:
        for s in range(10):
            store.observe([seen(f"job-{job}", f"w-{n}", Worked(AT, s), s) for job in range(5)])
            store.observe([seen(f"job-{job}", VIGIL, SEEN, s) for job in (n % 5, (n + 1) % 5)])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bodies = [one.body for one in store.observations() if one.worker != VIGIL]
    assert [body.records for body in bodies if isinstance(body, Worked)] == [9] * 30


def test_commands_are_counted(store: EventStore) -> None:
    """By job, verb, door and end; the same command again counts once, and a job that is none is not named."""
    running(store)
    for id, verb in (("p", Pause()), ("p", Pause()), ("x", Start()), ("y", Start())):
        store.handle(command(id, verb))
    store.handle(command("g", Pause(), "ghost"))
    found = {kind[:-1]: kind.number for kind in store.command_counts() if kind.verb in {"pause", "start"}}
    assert found == {
        ("orders_big", "start", "api", "accepted", None): 1,
        ("orders_big", "start", "api", "refused", "illegal_transition"): 2,
        ("orders_big", "pause", "api", "accepted", None): 1,
        (None, "pause", "api", "refused", "no_such_job"): 1,
    }
    assert isinstance(store.command_counts()[0], CommandCount)


def test_what_another_version_wrote_is_left_out(url: str, intruder: Callable[..., Any]) -> None:
    """A body this code cannot read hides no other; a field it does not know is passed over."""
    store = open_store(url, create=True)
    store.observe([seen("a", "w-1", WORKED), seen("a", "w-2", WORKED)])
    intruder("""UPDATE observation SET body = '{"kind": "dreamt"}' WHERE worker = 'w-1'""")
    intruder("""UPDATE observation SET body = replace(body, '"records"', '"colour": 3, "records"') WHERE worker = 'w-2'""")
    assert [(one.worker, one.body) for one in store.observations()] == [("w-2", WORKED)]
    store.close()


def test_a_database_that_is_gone(url: str, intruder: Callable[..., Any]) -> None:
    """It is a StoreUnavailable like any other."""
    store = open_store(url, create=True)
    intruder("DROP TABLE observation")
    with pytest.raises(StoreUnavailable):
        store.observe([seen("a", "w-1", WORKED)])
    store.close()
