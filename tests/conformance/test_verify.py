"""verify names what is wrong, whatever it is."""

from pathlib import Path

import pytest

from slackwater.core.control.pause import Pause
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import command, running
from .test_faults import opened, without_guards

EDITED = "event 2 was edited: its hash does not fit"
TAMPERING = [
    (
        "UPDATE event SET data = replace(data, 'orders', 'others') WHERE seq = 1",
        ["event 1 was edited: its hash does not fit"],
    ),
    (
        "UPDATE job SET state = 'RUNNING', body = replace(body, 'PAUSING', 'RUNNING') WHERE id = 'a'",
        ["job a: its row is not what its events say"],
    ),
    ("UPDATE job SET state = 'RUNNING' WHERE id = 'a'", ["job a: its row cannot be read"]),
    ("UPDATE job SET body = 'not json' WHERE id = 'a'", ["job a: its row cannot be read"]),
    ("DELETE FROM job WHERE id = 'a'", ["job a: its row is not what its events say"]),
    ("DELETE FROM chain", ["after event 9: the event log has lost its chain row"]),
    ("UPDATE event SET data = '[]' WHERE seq = 2", [EDITED]),
    (f"UPDATE event SET data = '{'[' * 100_000}' WHERE seq = 2", [EDITED]),
    (
        "UPDATE event SET data = 'not json' WHERE seq IN (2, 4); UPDATE event SET actor = 'eve' WHERE seq IN (6, 9)",
        [f"event {seq} was edited: its hash does not fit" for seq in (2, 4, 6, 9)],
    ),
]
SQLITE_ONLY = [
    ("UPDATE event SET at = 'yesterday' WHERE seq = 2", [EDITED]),
    ("UPDATE event SET at = '2026-01-01' WHERE seq = 2", [EDITED]),
    ("UPDATE event SET data = CAST(x'ff' AS TEXT) WHERE seq = 2", [EDITED]),
    ("UPDATE event SET job_id = CAST(x'ff' AS TEXT) WHERE seq = 2", ["after event 0: the event log cannot hold"]),
]
POSTGRES_ONLY = [("UPDATE event SET at = 'infinity' WHERE seq = 2", [EDITED])]


def check(url: str, intruder: Intruder, tampering: str, expected: list[str]) -> None:
    store = opened(url)
    running(store, "a")
    running(store, "b")
    store.handle(command("p", Pause("why"), "a"))
    intruder(*without_guards(url), *tampering.split("; "))
    problems = verify(store).problems
    assert len(problems) == len(expected)
    assert all(map(str.startswith, problems, expected)), problems
    store.close()


@pytest.mark.parametrize(("tampering", "expected"), TAMPERING, ids=[each[0][:60] for each in TAMPERING])
def test_tampering_is_found(url: str, intruder: Intruder, tampering: str, expected: list[str]) -> None:
    """Whoever gets past the guards is found by the chain or by the projection, whether or not the event can still be read;
    what was done to events is in test_tampering."""
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
    assert verify(store).problems == (EDITED,)
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
