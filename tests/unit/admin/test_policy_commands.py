"""The feature flag and maintenance windows at the command line and in Python."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slackwater.admin.api import Admin
from slackwater.admin.async_api import AsyncAdmin
from slackwater.admin.errors import InvalidCommand
from slackwater.core.commands import Command
from slackwater.core.control.trip import Trip
from slackwater.core.observation import VIGIL, Observation, PartitionLag, Seen
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

from .conftest import Run


def test_flag(run: Run, store: EventStore) -> None:
    """Without a word it shows; with one it is set, once; the log has why."""
    assert run("flag").out == "pausing is on for all\n"
    done = run(
        "flag", "some", "-l", "team=payments", "--percent", "25", "--otherwise", "stop", "--reason", "a quarter first"
    )
    assert (done.code, done.out) == (0, "pausing is on for some\n")
    again = run("flag", "some", "-l", "team=payments", "--percent", "25", "--otherwise", "stop")
    assert again.out == "already so\n"
    shown = json.loads(run("flag", "-o", "json").out)
    assert {**shown, "since": None, "by": None} == {
        "name": "flag", "mode": "some", "selector": "team=payments", "percent": 25, "otherwise": "stop",
        "since": None, "by": None,
    }  # fmt: skip
    assert "labels team=payments, 25 % of all jobs; elsewhere a pause is a stop" in run("flag").out
    (recorded,) = json.loads(run("history", POLICY_ID, "-o", "json").out)
    assert (recorded["event"], recorded["data"]["reason"], recorded["channel"]) == ("FlagChanged", "a quarter first", "cli")


def test_off_is_seen_at_every_door(run: Run, store: EventStore) -> None:
    """Where pausing is off a pause is refused, also in what a dry run says would come of it."""
    run("start", "a", "--no-wait")
    assert run("flag", "none", "-o", "json").code == 0
    for words in (("pause", "a"), ("pause", "a", "--dry-run")):
        done = run(*words, "--no-wait", "-o", "json")
        assert (done.code, json.loads(done.err)["error"]["code"]) == (3, "pause_disabled")


@pytest.mark.parametrize(
    "words",
    [
        ("flag", "maybe"),
        ("flag", "--percent", "3"),
        ("flag", "some", "--percent", "300"),
        ("flag", "all", "--percent", "10"),
        ("flag", "none", "-l", "team=payments"),
        ("flag", "--dry-run"),
        ("window", "add", "n", "--cron", "* * * * *", "--for", "7d"),
        ("flag", "some", "-l", "team=="),
        ("window", "add", "n", "--cron", "61 * * * *", "--for", "30m"),
        ("window", "add", "n", "--cron", "0 2 * * *", "--for", "3"),
        ("window", "add", "n", "--cron", "0 2 * * *", "--for", "30m", "--zone", "Mars/Olympus"),
        ("window", "add", "N N", "--cron", "0 2 * * *", "--for", "30m"),
        ("window", "add", "n"),
        ("rule", "add", "n", "--metric", "mood", "--upper", "9", "--lower", "1"),
        ("rule", "add", "n", "--metric", "lag", "--upper", "9", "--lower", "9"),
        ("rule", "add", "n", "--metric", "lag", "--upper", "9", "--lower", "1", "--for", "9"),
        ("rule", "add", "n", "--metric", "lag", "--upper", "9", "--lower", "1", "-l", "team=="),
        ("rule", "add", "n", "--metric", "lag", "--upper", "9", "--lower", "1", "--release-after", "10m"),
        ("rule", "add", "n", "--metric", "lag", "--upper", "9", "--lower", "1", "--release-after", "10m", "--dry-run"),
        ("rule", "add", "n", "--metric", "lag", "--upper", "9", "--lower", "9", "--dry-run"),
        ("rule", "add", "n", "--metric", "mood", "--upper", "9", "--lower", "1", "--dry-run"),
        ("rule", "add", "n"),
    ],
)
def test_what_makes_no_sense(run: Run, store: EventStore, words: tuple[str, ...]) -> None:
    """Exit 2 with a code and what is wrong; nothing changed."""
    done = run(*words, "-o", "json")
    assert (done.code, done.out) == (2, "")
    assert json.loads(done.err)["error"]["code"] in {"usage", "bad_policy"}
    assert store.policy().version == 0


def test_windows(run: Run, store: EventStore) -> None:
    """Listed before they happen, with the jobs each would hold; changed by the same name; removed once."""
    added = run("window", "add", "nightly", "--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--for", "30m",
                "-l", "team=payments", "--reason", "backup")  # fmt: skip
    assert (added.code, added.err) == (0, "")
    assert "2 jobs" in added.out
    (window,) = json.loads(run("window", "list", "--next", "2", "-o", "json").out)
    assert (window["hold"], window["jobs"], window["lasts_s"]) == ("window:nightly", ["a", "b"], 1800)
    begins = [datetime.fromisoformat(one["begins"]) for one in window["occurrences"] if not one["is_open"]]
    assert len(begins) == 2
    assert all(one > datetime.now(UTC) - timedelta(minutes=1) for one in begins)
    assert "team=payments" in run("window", "list").out
    assert run("window", "list", "-o", "name").out == "nightly\n"
    assert run("window", "remove", "nightly", "--reason", "moved").out == "window nightly is gone\n"
    assert run("window", "remove", "nightly").out == "already so: there is no window nightly\n"
    assert run("rule", "remove", "nightly").out == "already so: there is no rule nightly\n"
    assert json.loads(run("window", "list", "-o", "json").out) == []


def test_rules(run: Run, store: EventStore) -> None:
    """A dry run says which jobs it would hold and changes nothing; the list says the same of what is there."""
    run("start", "a", "--no-wait")
    now = datetime.now(UTC)
    store.observe([Observation("a", VIGIL, now, Seen((PartitionLag("orders", 0, 0, 5000),)))])
    words = (
        "rule",
        "add",
        "far-behind",
        "--metric",
        "lag",
        "--upper",
        "1000",
        "--lower",
        "10",
        "--for",
        "2m",
        "-l",
        "team=payments",
    )
    (dry,) = json.loads(run(*words, "--dry-run", "-o", "json").out)
    assert [(job["job"], job["value"], job["would_hold"]) for job in dry["jobs"]] == [("a", 5000, True), ("b", None, False)]
    assert "would hold it" in run(*words, "--dry-run").out
    assert store.policy().version == 0
    assert run(*words).out == "rule far-behind: watches 2 jobs, 1 of them too high now\n"
    assert run(*words).out.startswith("already so")
    (listed,) = json.loads(run("rule", "list", "-o", "json").out)
    assert listed == dry
    assert (listed["hold"], listed["for_s"], listed["release_s"]) == ("rule:far-behind", 120, None)
    assert "lag 1000 or more for 2m" in run("rule", "list").out
    fuse = ("rule", "add", "fuse", "--metric", "errors_per_min", "--upper", "5", "--lower", "0", "--release-after", "10m")
    assert "0 or less for 10m" in run(*fuse, "--dry-run").out
    trip = Trip("rule:far-behind", "lag", 5000, "lag 5000")
    store.handle(Command("t", "a", trip, "scheduler", "worker", now))
    assert "holds it" in run("rule", "list").out
    assert "lag 5000" in run("history", "a").out
    run("resume", "a", "--hold", "rule:far-behind", "--no-wait")
    assert "released by a person" in run("rule", "list").out
    assert run("rule", "remove", "far-behind", "--reason", "moved").out == "rule far-behind is gone\n"
    assert json.loads(run("rule", "list", "-o", "json").out) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("flag", "none"), "it would be: pausing is on for none\n"),
        (("window", "add", "n", "--cron", "0 2 * * *", "--for", "30m"), "it would be: window n: opens "),
        (("window", "remove", "there"), "it would be: window there is gone\n"),
        (("rule", "remove", "there"), "it would be: rule there is gone\n"),
    ],
)
def test_said_but_not_done(run: Run, store: EventStore, words: tuple[str, ...], said: str) -> None:
    """A dry run changes nothing; with a version that is not the policy's nothing changes either."""
    run("window", "add", "there", "--cron", "0 2 * * *", "--for", "30m")
    run("rule", "add", "there", "--metric", "lag", "--upper", "9", "--lower", "1")
    head = store.head()
    assert run(*words, "--dry-run").out.startswith(said)
    done = run(*words, "--expected-version", "1", "-o", "json")
    assert (done.code, json.loads(done.err)["error"]["code"]) == (3, "version_conflict")
    assert store.head() == head
    assert run(*words, "--expected-version", "2").code == 0


def test_asked_again_by_id(run: Run, store: EventStore) -> None:
    """The same command id changes nothing twice."""
    words = ("window", "add", "n", "--cron", "0 2 * * *", "--for", "30m", "--command-id", "CHG-1", "-o", "json")
    first, again = json.loads(run(*words).out), json.loads(run(*words).out)
    assert (first["changed"], first["version"], again["duplicate"], again["seq"]) == (True, 1, True, first["seq"])
    assert store.policy().version == 1


def test_an_hour_that_does_not_exist(run: Run, store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """An end that the clocks here skip in spring is refused; with its zone named the same hour is one."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        run("start", "a", "--no-wait")
        done = run("pause", "a", "--until", "2027-03-28T02:30", "--no-wait", "-o", "json")
        assert (done.code, json.loads(done.err)["error"]["code"]) == (2, "bad_until")
        assert "does not exist" in done.err
        assert store.query("SELECT job_id, verb, code, channel FROM refusals").rows == (
            ("a", "unreadable", "bad_until", "cli"),
        )
        assert run("pause", "a", "--until", "2027-03-28T03:30", "--no-wait").code == 0
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_in_python(tmp_path: Path) -> None:
    """The same in both worlds: what is set is seen, an expected version is kept, and nonsense raises."""
    url = f"sqlite:///{tmp_path}/log.db"
    open_store(url, create=True).close()
    with Admin.connect(url, actor="ana") as admin:
        assert admin.set_flag("none", otherwise="stop", reason="not yet").changed
        admin.set_window("hourly", "0 * * * *", lasts_s=600, expected_version=1)
        assert admin.policy().flag == Flag("none", otherwise="stop")
        with pytest.raises(InvalidCommand, match="lasts a minute"):
            admin.set_window("hourly", "0 * * * *", lasts_s=1)
    async with await AsyncAdmin.connect(url, actor="ben") as later:
        day = datetime.now(UTC) + timedelta(days=1)
        coming = [one for one in await later.upcoming_windows(until=day) if not one.is_open]
        assert (len(coming), coming[0].jobs) == (24, ())
        assert (await later.remove_window("hourly")).version == 3
        assert (await later.set_rule("far", "lag", upper=9, lower=1)).version == 4
        assert await later.watched_jobs() == ()
        assert [recorded.version for recorded in await later.history(POLICY_ID)] == [1, 2, 3, 4]
