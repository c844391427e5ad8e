"""verify names what is wrong, whatever it is."""

from pathlib import Path

import pytest

from slackwater.core.control.pause import Pause
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import command, running
from .test_faults import opened, without_guards

TAMPERING = [
    ("UPDATE event SET actor = 'eve' WHERE seq = 2", ["event 2 was changed"]),
    ("UPDATE event SET data = replace(data, 'orders', 'others') WHERE seq = 1", ["event 1 was changed"]),
    ("UPDATE event SET hash = prev_hash WHERE seq = 3", ["event 3 was changed", "event 4 does not follow event 3"]),
    (
        "UPDATE event SET seq = 99 WHERE seq = 2; UPDATE event SET seq = 2 WHERE seq = 3; "
        "UPDATE event SET seq = 3 WHERE seq = 99",
        ["event 2 does not follow event 1", "event 2 was changed", "event 3 does not follow", "event 4 does not follow"],
    ),
    (
        "UPDATE event SET seq = -seq WHERE seq > 4; UPDATE event SET seq = 1 - seq WHERE seq < 0; "
        "INSERT INTO event SELECT 5, 'a', 99, type, schema_version, at, 'eve', channel, command_id, epoch, data, hash, hash "
        "FROM event WHERE seq = 4; UPDATE chain SET seq = 10",
        ["event 5 was changed", "event 6 was changed"],
    ),
    ("DELETE FROM event WHERE seq = 2", ["event 2 is missing: the next is 3"]),
    ("DELETE FROM event WHERE seq = 9", ["events 9 to 9 are missing"]),
    ("DELETE FROM event", ["events 1 to 9 are missing"]),
    (
        "UPDATE job SET state = 'RUNNING', body = replace(body, 'PAUSING', 'RUNNING') WHERE id = 'a'",
        ["job a: its row is not"],
    ),
    ("UPDATE job SET state = 'RUNNING' WHERE id = 'a'", ["job a: its row cannot be read"]),
    ("UPDATE job SET body = 'not json' WHERE id = 'a'", ["job a: its row cannot be read"]),
    ("DELETE FROM job WHERE id = 'a'", ["job a: its row is not"]),
    ("UPDATE chain SET seq = 3", ["the chain row says 3"]),
    ("DELETE FROM chain", ["the event log has lost its chain row"]),
    ("UPDATE event SET type = 'JobExploded' WHERE seq = 2", ["event 2 of a: cannot read event JobExploded v1"]),
    ("UPDATE event SET schema_version = 9 WHERE seq = 2", ["event 2 of a: cannot read event StartRequested v9"]),
    ("UPDATE event SET data = 'not json' WHERE seq = 2", ["event 2 of a: it cannot be read"]),
    ("UPDATE event SET data = '[]' WHERE seq = 2", ["event 2 of a: cannot read event StartRequested v1"]),
    (f"UPDATE event SET data = '{'[' * 100_000}' WHERE seq = 2", ["event 2 of a: it cannot be read"]),
    (
        "UPDATE event SET data = 'not json' WHERE seq IN (2, 4); UPDATE event SET actor = 'eve' WHERE seq IN (6, 9)",
        ["event 2 of a: it cannot", "event 4 of a: it cannot", "event 6 was changed", "event 9 was changed"],
    ),
    ("UPDATE event SET data = 'not json' WHERE seq = 9", ["event 9 of a: it cannot be read"]),
]
SQLITE_ONLY = [
    ("UPDATE event SET at = 'yesterday' WHERE seq = 2", ["event 2 of a: it cannot be read"]),
    ("UPDATE event SET at = '2026-01-01' WHERE seq = 2", ["event 2 was changed"]),
    ("UPDATE event SET data = CAST(x'ff' AS TEXT) WHERE seq = 2", ["event 2 of a: it cannot be read"]),
    ("UPDATE event SET job_id = CAST(x'ff' AS TEXT) WHERE seq = 2", ["after event 0: the event log cannot hold this value"]),
]
POSTGRES_ONLY = [("UPDATE event SET at = 'infinity' WHERE seq = 2", ["event 2 of a: it cannot be read"])]


def check(url: str, intruder: Intruder, tampering: str, expected: list[str]) -> None:
    store = opened(url)
    running(store, "a")
    running(store, "b")
    store.handle(command("p", Pause("why"), "a"))
    intruder(*without_guards(url), *tampering.split("; "))
    problems = verify(store).problems
    for part in expected:
        assert any(part in problem for problem in problems), problems
    store.close()


@pytest.mark.parametrize(("tampering", "expected"), TAMPERING, ids=[each[0][:60] for each in TAMPERING])
def test_tampering_is_found(url: str, intruder: Intruder, tampering: str, expected: list[str]) -> None:
    """Whoever gets past the guards is found by the chain, by replay or by the projection; the first and later faults are
    named by their seq, whether or not the event can still be read."""
    check(url, intruder, tampering, expected)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("tampering", "expected"), SQLITE_ONLY, ids=[each[0][:60] for each in SQLITE_ONLY])
def test_tampering_that_only_sqlite_takes(url: str, intruder: Intruder, tampering: str, expected: list[str]) -> None:
    """A time that is none, and bytes that are no text."""
    check(url, intruder, tampering, expected)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("tampering", "expected"), POSTGRES_ONLY, ids=[each[0][:60] for each in POSTGRES_ONLY])
def test_tampering_that_only_postgres_takes(url: str, intruder: Intruder, tampering: str, expected: list[str]) -> None:
    """A time that no datetime can be."""
    check(url, intruder, tampering, expected)


def test_one_fault_is_one_problem(url: str, intruder: Intruder) -> None:
    """What follows from an event that cannot be read says nothing new: neither its job's later events, nor any other job."""
    store = opened(url)
    running(store, "a")
    running(store, "b")
    intruder(*without_guards(url), "UPDATE event SET type = 'JobExploded' WHERE seq = 2")
    assert [problem.split(":")[0] for problem in verify(store).problems] == ["event 2 of a"]
    store.close()


def test_a_database_that_is_away_is_no_damage(sqlite_url: str, tmp_path: Path) -> None:
    """A log that cannot be reached is not called damaged."""
    store = opened(sqlite_url)
    running(store, "a")
    store._engine.dispose()
    for file in list(tmp_path.iterdir()):
        file.rename(f"{file}.away")
    with pytest.raises(StoreUnavailable):
        verify(store)
    store.close()


def test_how_far_the_chain_is_proven(url: str, intruder: Intruder) -> None:
    """Up to the last event before the first that is at fault."""
    store = opened(url)
    running(store, "a")
    assert verify(store).proven == 4
    intruder(*without_guards(url), "UPDATE event SET actor = 'eve' WHERE seq = 3")
    assert verify(store).proven == 2
    store.close()
