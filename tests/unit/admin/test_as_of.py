"""The jobs as they were, asked by Python and the command line, over a log with three labelled jobs."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.web.story import Story

from slackwater import Admin
from slackwater.admin import errors
from slackwater.core.control.pause import Pause
from slackwater.persistence.store import EventStore

from .conftest import Run


@pytest.fixture
def admin(store: EventStore) -> Admin:
    """Job a was paused two hours ago and b an hour ago; c is running since three."""
    story = Story(store)
    for job, team in (("a", "payments"), ("b", "payments"), ("c", "orders")):
        story.run(job, 180, {"team": team})
    story.pause("a", 120, Pause("CHG-4711", "night"), "ben")
    story.pause("b", 60)
    return Admin(store)


def test_who_held_it(admin: Admin) -> None:
    """State, reason, owner, hold and cut are those of then, with the event and the time they were folded up to."""
    found = admin.state_as_of(datetime.now(UTC) - timedelta(minutes=90))
    paused, b, c = found.jobs
    assert (paused.name, paused.state, paused.by, paused.reason) == ("a", "PAUSED", "ben", "CHG-4711")
    assert [(hold.name, hold.by) for hold in paused.holds] == [("night", "ben")]
    assert sum(place.offset for place in paused.cut) > 0
    assert (b.state, c.state) == ("RUNNING", "RUNNING")
    last = next(one for one in admin.events(0, follow=False) if one.seq == found.seq)
    assert (found.at, last.job_id) == (last.at, "a")
    assert admin.state_as_of(found.seq) == found


@pytest.mark.parametrize("year", [1, 999])
def test_before_everything(admin: Admin, year: int) -> None:
    """A time long before the log, up to the first there is, has no event before it."""
    found = admin.state_as_of(datetime(year, 1, 1, tzinfo=UTC))
    assert (found.seq, found.at, found.jobs) == (0, None, ())


def test_which_jobs(admin: Admin) -> None:
    """Those named, those with these labels, both, or all."""
    head = admin.store.head().seq
    names = {
        "all": admin.state_as_of(head),
        "named": admin.state_as_of(head, ["b", "b"]),
        "labelled": admin.state_as_of(head, selector="team=payments"),
        "both": admin.state_as_of(head, ["a", "c"], "team=orders"),
    }
    assert {how: [job.name for job in found.jobs] for how, found in names.items()} == {
        "all": ["a", "b", "c"],
        "named": ["b"],
        "labelled": ["a", "b"],
        "both": ["c"],
    }


def test_what_it_refuses(admin: Admin) -> None:
    """A moment that is none, an event the log has not, a job that was not there yet: each says which."""
    now = datetime.now(UTC)
    for moment, code in (
        (now + timedelta(hours=1), "bad_time"),
        (now.replace(tzinfo=None), "bad_time"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=2))), "bad_time"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-2))), "bad_time"),
        (999, "bad_position"),
    ):
        with pytest.raises(errors.InvalidCommand) as refused:
            admin.state_as_of(moment)
        assert refused.value.code == code
    for name, hint in (("c", "it was deployed later"), ("ghost", "see `slackwater jobs`")):
        with pytest.raises(errors.NotFound) as absent:
            admin.state_as_of(1, [name])
        assert absent.value.hint == hint
    assert admin.state_as_of(now - timedelta(days=1)).jobs == ()


def test_on_the_command_line(run: Run, store: EventStore) -> None:
    """One object for programs, a table for people, names; a time without a zone is on the clock here."""
    assert run("start", "a", "--no-wait", "--reason", "go").code == 0
    head = store.head().seq
    told = json.loads(run("state-as-of", "--seq", str(head), "a", "-o", "json").out)
    assert (told["seq"], told["jobs"][0]["state"], told["jobs"][0]["reason"]) == (head, "STARTING", "go")
    assert json.loads(run("state-as-of", "--seq", "3", "-o", "json").out)["jobs"][0]["state"] == "DEPLOYED"
    assert run("state-as-of", "--seq", "2", "-o", "name").out == "a\nb\n"
    now = datetime.now().isoformat()
    assert run("state-as-of", "--time", now, "-l", "team=payments", "-o", "name").out == "a\nb\n"
    table = run("state-as-of", "--seq", str(head)).out
    assert table.startswith(f"as of event {head}, recorded ")
    assert "STARTING" in table


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "usage"),
        (("--seq", "1", "--time", "2026-01-01"), 2, "usage"),
        (("--time", "3 o'clock"), 2, "bad_time"),
        (("--time", "20260101"), 0, ""),
        (("--time", "9999-01-01"), 2, "bad_time"),
        (("--time", "0001-01-01T00:00+05:00"), 2, "bad_time"),
        (("--seq", "99"), 2, "bad_position"),
        (("--seq", "1", "ghost"), 4, "no_such_job"),
        (("--seq", "1", "-l", ","), 2, "bad_selector"),
    ],
)
def test_the_command_line_refuses(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    """With the exit code and the error object of every verb."""
    done = run("state-as-of", *words, "-o", "json")
    assert done.code == code
    assert not said or json.loads(done.err)["error"]["code"] == said


def test_a_job_that_cannot_be_folded(admin: Admin, tmp_path: Path) -> None:
    """It is named, and does not hide the others; asked for by name it is an error."""
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("DROP TRIGGER event_no_update")
        connection.execute("UPDATE event SET actor = 'eve' WHERE job_id = 'b'")
    head = admin.store.head().seq
    found = admin.state_as_of(head)
    assert [job.name for job in found.jobs] == ["a", "c"]
    assert "was edited" in found.unreadable["b"]
    assert admin.state_as_of(head, ["c"]).unreadable == {}
    with pytest.raises(errors.SlackwaterError, match="was edited") as broken:
        admin.state_as_of(head, ["b", "c"])
    assert (broken.value.code, broken.value.job) == ("broken_history", "b")
