"""verify says what was done to the log: once, and of everything that was done."""

from collections.abc import Sequence

import pytest

import slackwater.persistence.verify
from slackwater.core.control.pause import Pause
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import command, running
from .test_faults import opened, without_guards

EVENTS = 25
"""Four of each of three jobs, and thirteen more of `a`."""
JOBS = ("a", "b", "c")


def shifted(after: int, by: int) -> list[str]:
    """Events after one get other numbers, and the chain row with them."""
    return [
        f"UPDATE event SET seq = -(seq + {by}) WHERE seq > {after}",
        "UPDATE event SET seq = -seq WHERE seq < 0",
        f"UPDATE chain SET seq = seq + {by}",
    ]


def removed(seq: int, count: int = 1) -> str:
    return f"DELETE FROM event WHERE seq BETWEEN {seq} AND {seq + count - 1}"


def swapped(one: int, other: int) -> list[str]:
    return [
        f"UPDATE event SET seq = -{other} WHERE seq = {one}",
        f"UPDATE event SET seq = {one} WHERE seq = {other}",
        f"UPDATE event SET seq = {other} WHERE seq = -{other}",
    ]


def copied(seq: int, to: int, prev: str = "prev_hash", hash: str = "hash") -> str:
    columns = f"job_id, 9{to}, type, schema_version, at, 'eve', channel, command_id, epoch, data, {prev}, {hash}"
    return f"INSERT INTO event SELECT {to}, {columns} FROM event WHERE seq = {seq}"


def renumbered_versions(job: str, after: int) -> list[str]:
    return [f"UPDATE event SET version = version - 1 WHERE job_id = '{job}' AND seq = {seq}" for seq in range(after, EVENTS)]


EDITED = "event {} was edited: its hash does not fit"
edit = "UPDATE event SET actor = 'eve' WHERE seq = {}".format
TAMPERINGS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "an edit": ([edit(7)], [EDITED.format(7)]),
    "an edit of the first": ([edit(1)], [EDITED.format(1)]),
    "an edit of the last": ([edit(25)], [EDITED.format(25)]),
    "edits of neighbours": ([edit(7), edit(8)], [EDITED.format(7), EDITED.format(8)]),
    "a hash": (["UPDATE event SET hash = prev_hash WHERE seq = 7"], [EDITED.format(7)]),
    "a link": (["UPDATE event SET prev_hash = hash WHERE seq = 7"], [EDITED.format(7)]),
    "a link and more": ([edit(7), "UPDATE event SET prev_hash = hash WHERE seq = 7"], [EDITED.format(7)]),
    "a time": (["UPDATE event SET at = '2026-01-01T00:00:00.000000Z' WHERE seq = 7"], [EDITED.format(7)]),
    "a type": (["UPDATE event SET type = 'JobExploded' WHERE seq = 7"], [EDITED.format(7)]),
    "a schema version": (["UPDATE event SET schema_version = 9 WHERE seq = 7"], [EDITED.format(7)]),
    "data that is none": (["UPDATE event SET data = 'not json' WHERE seq = 7"], [EDITED.format(7)]),
    "the first removed": ([removed(1)], ["event 1 is missing"]),
    "one removed": ([removed(7)], ["event 7 is missing"]),
    "some removed": ([removed(7, 3)], ["events 7 to 9 are missing"]),
    "the last removed": ([removed(25)], ["event 25 is missing"]),
    "the tail removed": ([removed(20, 6)], ["events 20 to 25 are missing"]),
    "all removed": (["DELETE FROM event"], ["events 1 to 25 are missing"]),
    "the first removed and hidden": (
        [removed(1), *shifted(1, -1)],
        ["an event is missing before event 1: what follows was renumbered"],
    ),
    "one removed and hidden": (
        [removed(7), *shifted(7, -1)],
        ["an event is missing before event 7: what follows was renumbered"],
    ),
    "one removed and hidden in its job too": (
        [removed(7), *shifted(7, -1), *renumbered_versions("b", 7)],
        ["an event is missing before event 7: what follows was renumbered"],
    ),
    "some removed and hidden": (
        [removed(7, 3), *shifted(7, -3)],
        ["3 events are missing before event 7: what follows was renumbered"],
    ),
    "an edit after a removal": ([removed(7), edit(15)], ["event 7 is missing", EDITED.format(15)]),
    "an edit just after a removal": ([removed(7), edit(8)], ["event 7 is missing", EDITED.format(8)]),
    "an edit after a hidden removal": (
        [removed(7), *shifted(7, -1), edit(15)],
        ["an event is missing before event 7: what follows was renumbered", EDITED.format(15)],
    ),
    "an edit just after a hidden removal": (
        [removed(7), *shifted(7, -1), edit(7)],
        ["an event is missing before event 7: what follows was renumbered", EDITED.format(7)],
    ),
    "two hidden removals": (
        [removed(7), *shifted(7, -1), removed(15), *shifted(15, -1)],
        [
            "an event is missing before event 7: what follows was renumbered",
            "an event is missing before event 15: what follows was renumbered",
        ],
    ),
    "one inserted": ([*shifted(6, 1), copied(3, 7)], ["event 7 was inserted"]),
    "one inserted that names the one before": (
        [*shifted(6, 1), copied(6, 7, prev="hash", hash="prev_hash")],
        ["event 7 was inserted"],
    ),
    "one inserted as the first": ([*shifted(0, 1), copied(4, 1)], ["event 1 was inserted"]),
    "one appended": ([copied(3, 26)], ["event 26 was inserted"]),
    "two inserted": ([*shifted(6, 2), copied(3, 7), copied(4, 8)], ["events 7 to 8 were inserted"]),
    "an edit after an insertion": ([*shifted(6, 1), copied(3, 7), edit(15)], ["event 7 was inserted", EDITED.format(15)]),
    "neighbours swapped": (swapped(7, 8), ["events 7 and 8 changed places"]),
    "the first two swapped": (swapped(1, 2), ["events 1 and 2 changed places"]),
    "the last two swapped": (swapped(24, 25), ["events 24 and 25 changed places"]),
    "two far apart swapped": (swapped(7, 20), ["events 7 and 20 changed places"]),
    "the first and the last swapped": (swapped(1, 25), ["events 1 and 25 changed places"]),
    "a swap and an edit": ([*swapped(7, 20), edit(12)], ["events 7 and 20 changed places", EDITED.format(12)]),
    "one moved": ([*swapped(7, 8), *swapped(8, 9), *swapped(9, 10)], ["event 7 was moved: now at 10"]),
    "numbers left out": (shifted(6, 3), ["the events from 10 on were renumbered"]),
    "the chain row's number": (["UPDATE chain SET seq = 3"], ["the chain row says 3, the events end at 25"]),
    "the chain row's hash": (
        ["UPDATE chain SET hash = (SELECT hash FROM event WHERE seq = 3)"],
        ["event 25 or the chain row was edited: their hashes differ"],
    ),
}


def test_it_says_where_it_stopped(url: str, intruder: Intruder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found too much, it looks no further: that is said last, and the total is that of the log all the same."""
    monkeypatch.setattr(slackwater.persistence.verify, "CHUNK_EVENTS", 10)
    store = opened(url)
    for n in range(15):
        running(store, f"job-{n}")
    intruder(*without_guards(url), "UPDATE event SET actor = 'eve' WHERE seq > 3")
    verdict = verify(store)
    assert (verdict.events, verdict.proven) == (60, 3)
    assert verdict.problems[0] == EDITED.format(4)
    assert verdict.problems[-1] == "stopped after event 30 of 60: what follows was not looked at"
    store.close()


@pytest.mark.parametrize(("statements", "expected"), TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_what_was_done_is_said(url: str, intruder: Intruder, statements: Sequence[str], expected: Sequence[str]) -> None:
    """Whatever was done to events is named as that, once each, with the numbers that they have now. Beside it only a job may
    be named whose row tells another story than the events that are left."""
    store = opened(url)
    for job in JOBS:
        running(store, job)
    for n in range(EVENTS - 12):
        store.handle(command(f"p{n}", Pause("why", f"hold-{n}"), "a"))
    assert store.head().seq == EVENTS
    assert verify(store).ok
    intruder(*without_guards(url), *statements)
    verdict = verify(store)
    said = [problem for problem in verdict.problems if not problem.startswith("job ")]
    assert sorted(said) == sorted(expected)
    assert not any("cannot be read" in problem for problem in verdict.problems)
    assert (verdict.ok, verdict.code, verdict.events) == (False, "log_damaged", store.head().seq)
    store.close()
