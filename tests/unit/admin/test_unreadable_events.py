"""An event that this program cannot read stops nobody who looks: it stands in its place, and the next follow."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from slackwater import Admin
from slackwater.admin.errors import InvalidCommand, NotFound
from slackwater.persistence.open import open_store
from slackwater.persistence.store import Unreadable

SQL = "CREATE STREAM {0}_out WITH (topic='{0}') AS SELECT * FROM t"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def admin(path: Path) -> Iterator[Admin]:
    """Of jobs a and b, each deployed and started."""
    with Admin(open_store(f"sqlite:///{path}", create=True), actor="ana") as admin:
        for name in "ab":
            admin.deploy_job(name, "1", SQL.format(name))
            admin.start_job(name, wait=False)
        yield admin


def edit(path: Path, statement: str) -> None:
    """As nobody can who uses Slackwater."""
    with sqlite3.connect(path) as intruder:
        guards = intruder.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'").fetchall()
        for (guard,) in guards:
            intruder.execute(f'DROP TRIGGER "{guard}"')
        intruder.execute(statement)


def test_watching_goes_on(admin: Admin, path: Path) -> None:
    """In its place by `seq`, with why; it comes to whoever watches its job, and not to whoever watches another."""
    edit(path, "UPDATE event SET schema_version = 9 WHERE seq = 2")
    found = list(admin.events(0, follow=False))
    assert [one.seq for one in found] == [1, 2, 3, 4]
    assert [one.seq for one in found if isinstance(one, Unreadable)] == [2]
    assert [one.seq for one in admin.watch(["a"], since=0, follow=False)] == [1, 2]
    assert [one.seq for one in admin.watch(["b"], since=0, follow=False)] == [3, 4]


EDITS = ["schema_version = 9", "type = 'JobTeleported'", "data = 'not json'", "data = '{}'", "at = 'noon'"]


@pytest.mark.parametrize("what", EDITS)
def test_a_history_goes_on(admin: Admin, path: Path, what: str) -> None:
    """Whatever of it cannot be read; after a version and up to a limit as ever."""
    edit(path, f"UPDATE event SET {what} WHERE seq = 1")
    found = admin.history("a")
    assert [(one.version, isinstance(one, Unreadable)) for one in found] == [(1, True), (2, False)]
    assert [one.version for one in admin.history("a", 1)] == [2]
    assert [one.version for one in admin.history("a", 0, 1)] == [1]
    assert not any(isinstance(one, Unreadable) for one in admin.history("b"))


def test_the_history_of_a_row_that_cannot_be_read(admin: Admin, path: Path, tmp_path: Path) -> None:
    """It is the log that is asked: events and their export are there, and the refusal of all else says so."""
    edit(path, "UPDATE job SET state = 'DRAINING' WHERE id = 'a'")
    assert [one.version for one in admin.history("a")] == [1, 2]
    assert admin.export(tmp_path / "a.jsonl", job="a").events == 2
    with pytest.raises(InvalidCommand, match="row of job a") as refused:
        admin.get_job_details("a")
    assert (refused.value.code, "slackwater history a" in (refused.value.hint or "")) == ("job_row_differs", True)
    with pytest.raises(NotFound):
        admin.history("ghost")


@pytest.mark.parametrize("what", EDITS[:2])
def test_details_of_a_job_with_one(admin: Admin, path: Path, what: str) -> None:
    """What is known is given, with the event and why; another job knows nothing of it."""
    known = admin.get_job_details("a")
    edit(path, f"UPDATE event SET {what} WHERE seq = 2")
    details = admin.get_job_details("a")
    assert (details.status, details.metrics, details.unreadable) == (known.status, known.metrics, details.unreadable)
    assert (details.unreadable or "").startswith("event 2 (seq 2): cannot read event ")
    assert (known.unreadable, admin.get_job_details("b").unreadable) == (None, None)


def test_the_policy_too(admin: Admin, path: Path) -> None:
    """Who changed what is seen, though nothing can be changed."""
    admin.set_flag("none", reason="freeze")
    edit(path, "UPDATE event SET schema_version = 9 WHERE seq = 5")
    (event,) = admin.history("@policy")
    assert isinstance(event, Unreadable)
