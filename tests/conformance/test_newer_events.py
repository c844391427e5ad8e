"""A log that a newer Slackwater went on with: nothing is damaged, and only its jobs are left alone."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select, update

from slackwater.core.control.pause import Pause
from slackwater.core.coverage import Stance
from slackwater.persistence import tables as t
from slackwater.persistence.errors import StoreError
from slackwater.persistence.rows import hash_again
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.store import Unreadable
from slackwater.persistence.verify import verify

from .conftest import Intruder, driver_url
from .event_store_suite import ack, command, running
from .test_faults import opened, without_guards

NEWER = [{"type": "JobTeleported"}, {"schema_version": 2}, {"data": '{"more":1}'}]


def with_newer_event(url: str, job: str, **newer: Any) -> None:
    """One more event of the job, whole as its writer would have made it, but not known here."""
    engine = create_engine(driver_url(url))
    with engine.begin() as connection:
        of_job = select(t.event).where(t.event.c.job_id == job).order_by(t.event.c.seq.desc()).limit(1)
        row = dict(connection.execute(of_job).mappings().one())
        head = connection.execute(select(t.chain)).one()
        row |= {"seq": head.seq + 1, "version": row["version"] + 1, "prev_hash": bytes(head.hash), **newer}
        digest = hash_again(Unreadable(row["seq"], job, row["version"], row["prev_hash"], b"", "", row))
        connection.execute(insert(t.event), {**row, "hash": digest})
        connection.execute(update(t.chain).values(seq=row["seq"], hash=digest))
    engine.dispose()


def log_of_two(url: str) -> SqlStore:
    store = opened(url)
    running(store, "a")
    running(store, "b")
    return store


@pytest.mark.parametrize("newer", NEWER, ids=str)
def test_it_is_no_damage(url: str, newer: dict[str, Any]) -> None:
    """verify proves the whole chain, says to upgrade under a code of its own, and finds no fault with the job's row."""
    store = log_of_two(url)
    with_newer_event(url, "a", **newer)
    running(store, "c")
    verdict = verify(store)
    assert verdict.problems == ("event 9 of a is intact, but of a newer version: upgrade Slackwater here",)
    assert (verdict.ok, verdict.code, verdict.proven, verdict.events) == (False, "newer_event", 13, 13)
    store.close()


def test_damage_beside_it_is_damage(url: str, intruder: Intruder) -> None:
    """Also of the newer event itself."""
    store = log_of_two(url)
    with_newer_event(url, "a", **NEWER[0])
    intruder(*without_guards(url), "UPDATE event SET actor = 'eve' WHERE seq = 7")
    verdict = verify(store)
    assert (verdict.code, len(verdict.problems), verdict.proven) == ("log_damaged", 2, 6)
    intruder("UPDATE event SET actor = 'eve' WHERE seq = 9")
    assert "event 9 was edited: its hash does not fit" in verify(store).problems
    store.close()


@pytest.mark.parametrize("newer", NEWER, ids=str)
def test_it_stops_its_job_only(url: str, newer: dict[str, Any]) -> None:
    """Commands are refused with the hint to upgrade, not to restore; others go on."""
    store = log_of_two(url)
    with_newer_event(url, "a", **newer)
    refused = store.handle(command("p", Pause("why"), "a"))
    assert (refused.code, refused.hint) == ("unknown_event", "upgrade Slackwater here: it was written by a newer one")
    assert store.handle(command("q", Pause("why"), "b")).changed
    store.close()


@pytest.mark.parametrize("newer", NEWER[:2], ids=str)
def test_its_job_is_not_shown_as_if_it_were_known(url: str, newer: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """What the row says may be no more so: the job is left out and named, with what to do, as workers here do."""
    store = log_of_two(url)
    with_newer_event(url, "a", **newer)
    with caplog.at_level(logging.WARNING, "slackwater.persistence"):
        assert [job.id for job in store.jobs()] == [job.id for job in store.jobs(checked=True)] == ["b"]
    assert store.listing().unreadable == ("a",)
    (record,) = caplog.records
    assert "written by a newer" in record.getMessage()
    assert "upgrade Slackwater here" in record.getMessage()
    assert "restore" not in record.getMessage()
    assert vars(record)["job_name"] == "a"
    store.close()


@pytest.mark.parametrize("newer", NEWER[:2], ids=str)
def test_what_is_known_of_its_life_is_told(url: str, newer: dict[str, Any]) -> None:
    """Its pauses are counted as ever, and which event cannot be read is said; of another job nothing is."""
    store = log_of_two(url)
    for verb in (Pause("why"), ack(2, Stance.STILL)):
        assert store.handle(command(f"{verb.name}-a", verb, "a")).changed
    version = store.history("a")[-1].version
    known = store.life("a", version)
    with_newer_event(url, "a", **newer)
    assert store.life("a", version) == replace(known, unreadable=version + 1)
    assert (known.paused, known.unreadable, store.life("b", 4).unreadable) == (1, None, None)
    store.close()


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ("data = 'not json' WHERE seq = 5", (5, "", None, 7)),
        ("schema_version = 9 WHERE seq = 5", (5, "", None, 7)),
        ("data = '{}' WHERE seq = 7", (7, "ana", "why", None)),
    ],
)
def test_a_pause_that_cannot_be_read(url: str, intruder: Intruder, edit: str, expected: tuple[Any, ...]) -> None:
    """It is counted, and told as far as it is known; the event is named."""
    store = opened(url)
    running(store)
    for n, verb in enumerate((Pause("why"), ack(2, Stance.STILL, 7))):
        store.handle(command(f"c{n}", verb))
    intruder(*without_guards(url), f"UPDATE event SET {edit}")
    life = store.life("orders_big", 7)
    (pause,) = life.pauses
    offset = pause.cut[0].offset if pause.cut else None
    assert (life.unreadable, pause.by, pause.reason, offset) == expected
    assert (life.paused, life.starts, pause.resumed_at) == (1, 1, None)
    store.close()


def test_a_pause_at_no_time(url: str, intruder: Intruder) -> None:
    """A time that is none can be neither told nor added up: a typed error says where to look."""
    store = opened(url)
    running(store)
    for n, verb in enumerate((Pause("why"), ack(2, Stance.STILL, 7))):
        store.handle(command(f"c{n}", verb))
    intruder(*without_guards(url), f"UPDATE event SET at = {'infinity' if 'postgres' in url else 'noon'!r} WHERE seq = 7")
    with pytest.raises(StoreError, match="an event of orders_big cannot be read") as refused:
        store.life("orders_big", 7)
    assert (refused.value.code, "slackwater history orders_big" in (refused.value.hint or "")) == ("unknown_event", True)
    found = store.scan(0, None, "orders_big")
    assert [one.version for one in found if isinstance(one, Unreadable)] == [7]
    assert len(found) == 7
    store.close()
