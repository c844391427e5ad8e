"""Snapshots make the past quick to ask for, and can neither change what it says nor hide what was done to the log."""

from collections.abc import Iterator, Sequence

import pytest

from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.coverage import Stance
from slackwater.core.recorded import Recorded
from slackwater.persistence import as_of, snapshots
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.verify import verify

from .conftest import Intruder
from .event_store_suite import ack, command, folded, running
from .test_faults import opened, without_guards

SNAPSHOTS = "SELECT seq FROM snapshot ORDER BY seq"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for every four events, folded two at a time."""
    monkeypatch.setattr(as_of, "SNAPSHOT_EVENTS", 4)
    monkeypatch.setattr(as_of, "_CHUNK_EVENTS", 2)


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A log of thirteen events, of which job a has nine and b four."""
    found = opened(url)
    running(found, "a")
    running(found, "b")
    for id, verb in (("p", Pause("why")), ("k", ack(2, Stance.STILL, 7)), ("r", Resume()), ("h", Pause("more", "budget"))):
        found.handle(command(id, verb, "a"))
    yield found
    found.close()


def check_every_moment(store: SqlStore, events: Sequence[Recorded]) -> None:
    for last in events:
        until = [r for r in events if r.seq <= last.seq]
        assert store.as_of(last.seq).jobs == folded(until, "a", "b")
        assert store.as_of(last.seq, ["a"]).jobs == folded(until, "a")


def test_a_snapshot_changes_nothing(store: SqlStore) -> None:
    """Who asks for the whole past leaves them; from then on every moment is what it was, folded from the last before it."""
    events = store.read()
    assert len(events) == 13
    check_every_moment(store, events)
    assert store.query(SNAPSHOTS).rows == ((4,), (8,), (12,))
    check_every_moment(store, events)
    assert verify(store).ok


def test_one_at_a_time(store: SqlStore) -> None:
    """A worker makes one in each look, and none before enough was appended since the last."""
    made = []
    for _ in range(5):
        store.remember()
        made.append(len(store.query(SNAPSHOTS).rows))
    assert made == [1, 2, 3, 3, 3]
    assert verify(store).ok


def test_an_edited_event_is_not_hidden(store: SqlStore, url: str, intruder: Intruder) -> None:
    """A snapshot made before says what was; one moment before it, and `verify`, say that an event was edited."""
    events = store.read()
    store.as_of(13)
    intruder(*without_guards(url), "UPDATE event SET actor = 'eve' WHERE seq = 3")
    assert store.as_of(5).jobs == folded(events[:5], "a", "b")
    assert "event 3 was edited" in store.as_of(3).unreadable["a"]
    assert verify(store).problems == ("event 3 was edited: its hash does not fit",)


def test_a_job_that_could_not_be_folded_is_tried_again(store: SqlStore, url: str, intruder: Intruder) -> None:
    """It is missing from snapshots, and named; once its event can be read it is there again, in every moment."""
    events = store.read()
    intruder(*without_guards(url), "UPDATE event SET actor = 'eve' WHERE seq = 3")
    told = store.as_of(13)
    assert told.jobs == folded(events, "b")
    assert told.unreadable.keys() == {"a"}
    assert store.as_of(10) == store.as_of(10)
    assert store.as_of(13, ["b"]).unreadable == {}
    intruder("UPDATE event SET actor = 'ana' WHERE seq = 3")
    check_every_moment(store, events)
    assert verify(store).ok


EDITS = {
    "UPDATE snapshot SET body = (SELECT body FROM snapshot WHERE seq = 4) WHERE seq = 8": 8,
    "UPDATE snapshot SET body = hash WHERE seq = 8": 8,
    "UPDATE snapshot SET hash = (SELECT hash FROM event WHERE seq = 7) WHERE seq = 8": 8,
    "UPDATE snapshot SET seq = 99 WHERE seq = 12": 99,
}
UNFIT = list(EDITS)[1:3]


def test_an_edited_snapshot_is_found(store: SqlStore, intruder: Intruder) -> None:
    """`verify` compares each with its fold. Without it the log is what it was."""
    for edit, seq in EDITS.items():
        store.as_of(13)
        intruder(edit)
        assert verify(store).problems == (f"the snapshot at event {seq} is not what the events say: remove it",)
        intruder(f"DELETE FROM snapshot WHERE seq = {seq}")
        assert verify(store).ok
        check_every_moment(store, store.read())


def test_a_snapshot_that_does_not_fit_is_passed_over(store: SqlStore, intruder: Intruder) -> None:
    """The one before it serves as well, and whoever asks for all puts it right."""
    for edit in UNFIT:
        store.as_of(13)
        intruder(edit)
        assert store.as_of(9).jobs == folded(store.read()[:9], "a", "b")
        assert verify(store).ok


def test_a_snapshot_of_another_shape_is_none(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another Slackwater folded, in another way, is neither used nor found fault with, and made anew."""
    with monkeypatch.context() as older:
        older.setattr(snapshots, "FOLD_VERSION", 0)
        older.setattr(snapshots, "_shape", snapshots._shape.__wrapped__)
        store.as_of(13)
        assert store.snapshot(0) is not None
    assert store.snapshot(0) is None
    assert verify(store).ok


NO_RIGHT = {
    "sqlite": "CREATE TRIGGER no_right BEFORE INSERT ON snapshot BEGIN SELECT RAISE(ABORT, 'no right'); END",
    "postgresql": "CREATE TRIGGER no_right BEFORE INSERT ON snapshot EXECUTE FUNCTION slackwater_append_only()",
}


def test_who_may_not_write_asks_all_the_same(store: SqlStore, intruder: Intruder) -> None:
    """The past needs no right but to read."""
    intruder(NO_RIGHT[store._engine.dialect.name])
    assert store.as_of(13).jobs == store.jobs()
    assert store.snapshot(0) is None
