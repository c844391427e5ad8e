"""The command line over a log without workers: which jobs, what is said where, and what it ends with."""

import json
import os
import pty
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from tests.conformance.test_newer_events import with_newer_event

from slackwater.admin.cli.render import clock, plain
from slackwater.core.commands import Command
from slackwater.core.control.ack import Ack
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.persistence.store import EventStore

from .conftest import Run


def _states(run: Run) -> dict[str, str]:
    return {job["name"]: job["state"] for job in json.loads(run("jobs", "-o", "json").out)}


def _vouch(store: EventStore, name: str) -> None:
    verb = Ack("w-1", 1, Stance.RUNNING, cut_of({("t", 0): 7}), {"t": 1})
    store.handle(Command(f"w-1/{name}", name, verb, "w-1", "worker", datetime.now(UTC)))


def test_several_jobs_by_name(run: Run, store: EventStore) -> None:
    """One answer each, one batch id; the same batch again is answered the same and appends nothing."""
    words = ("start", "a", "b", "a", "--yes", "--no-wait", "--command-id", "CHG-4711", "-o", "json")
    first = json.loads(run(*words).out)
    assert [(one["job"], one["state"], one["command_id"]) for one in first] == [
        ("a", "STARTING", "CHG-4711/a"),
        ("b", "STARTING", "CHG-4711/b"),
    ]
    assert {one["batch_id"] for one in first} == {"CHG-4711"}
    head = store.head()
    again = json.loads(run(*words).out)
    assert [(one["seq"], one["duplicate"]) for one in again] == [(one["seq"], True) for one in first]
    assert store.head() == head


def test_nobody_to_ask(run: Run, store: EventStore) -> None:
    """Off a terminal several jobs are moved only with --yes: exit 2 naming it, and nothing moves, nothing is recorded."""
    before = store.head()
    for words in (("a", "b"), ("-l", "team=payments"), ("--all",)):
        done = run("start", *words, "--no-wait")
        assert (done.code, done.out) == (2, "")
        assert "--yes" in done.err
    assert store.head() == before
    assert store.query("SELECT count(*) FROM refusals").rows == ((0,),)


@pytest.mark.parametrize(
    ("answer", "code", "state"), [("y\n", 0, "STARTING"), ("n\n", 1, "DEPLOYED"), ("\x03", 130, "DEPLOYED")]
)
def test_asked_at_a_terminal(run: Run, answer: str, code: int, state: str) -> None:
    """At a terminal the plan is shown first, on stderr, and one is asked."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "slackwater", "start", "-l", "team=payments", "--no-wait", "-o", "name"]
    process = subprocess.Popen(words, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True, start_new_session=True)
    os.close(theirs)
    said = ""
    while "these?" not in said:
        said += os.read(ours, 1000).decode()
    if answer != "\x03":
        os.write(ours, answer.encode())
    if answer == "\x03":
        # One that comes between the question and the read that waits for its answer would interrupt nothing.
        time.sleep(1.0)
        process.send_signal(2)
    out, _ = process.communicate(timeout=30)
    os.close(ours)
    assert "BECOMES" in said
    assert "DEPLOYED" in said
    assert (process.returncode, out) == (code, "a\nb\n" if code == 0 else "")
    assert _states(run) == {"a": state, "b": state, "c": "DEPLOYED"}


def test_chosen_by_labels(run: Run) -> None:
    """`-l` lists and moves what it chooses, also where that is one job; nothing chosen is exit 4, nonsense exit 2."""
    assert run("jobs", "-l", "team=payments", "-o", "name").out == "a\nb\n"
    assert json.loads(run("jobs", "-l", "team in (orders)", "-o", "json").out)[0]["labels"] == {"team": "orders"}
    assert run("start", "-l", "team!=payments", "--no-wait", "--yes").code == 0
    assert _states(run) == {"a": "DEPLOYED", "b": "DEPLOYED", "c": "STARTING"}
    assert run("stop", "-l", "team=nobody", "--yes").code == 4
    nonsense = run("jobs", "-l", "team payments")
    assert nonsense.code == 2
    assert "character 6" in nonsense.err
    assert run("stop", "-l", "", "--yes").code == 2


@pytest.mark.parametrize("words", [(), ("a", "--all"), ("a", "-l", "team"), ("--all", "-l", "team")])
def test_which_jobs(run: Run, words: tuple[str, ...]) -> None:
    """Names, a selector and --all do not mix, and one of them is needed: never every job by accident."""
    assert run("resume", *words, "--yes").code == 2


def test_all_jobs_and_all_holds(run: Run) -> None:
    """--all is every job with every verb; every hold of a job is --all-holds."""
    assert run("start", "--all", "--yes", "--no-wait").code == 0
    assert run("pause", "a", "--hold", "night", "--no-wait").code == 0
    assert run("resume", "a", "--no-wait").code == 3
    assert run("resume", "a", "--all-holds", "--no-wait").code == 0
    assert run("stop", "--all", "--yes", "--no-wait").code == 0
    assert set(_states(run).values()) == {"STOPPING"}


@pytest.mark.parametrize("chosen", [("--all",), ("-l", "team=payments")])
def test_nothing_to_hold_is_no_failure(run: Run, chosen: tuple[str, ...]) -> None:
    """A job at rest that nobody named is left out, said, and not counted; one that was named, or that may run yet, is."""
    run("start", "a", "--no-wait")
    for verb in ("pause", "resume"):
        done = run(verb, *chosen, "--yes", "--no-wait")
        assert done.code == 0, done.err
        assert "b  DEPLOYED: left out, nothing runs there" in done.err
        rows = json.loads(run(verb, *chosen, "--yes", "--no-wait", "-o", "json").out)
        assert [row.get("error", {}).get("code") for row in rows[:2]] == [None, "illegal_transition"]
        assert run(verb, "a", "b", "--yes", "--no-wait").code == 3
    run("stop", "a", "--no-wait")
    assert run("pause", *chosen, "--yes", "--no-wait").code == 3


def test_dry_run(run: Run, store: EventStore) -> None:
    """What would come of it, for one and for many, with the exit code it would end with; nothing moves."""
    run("start", "a", "--no-wait")
    before = store.head()
    assert run("pause", "a", "--dry-run").out == "a  STARTING → PAUSING\n"
    assert run("start", "a", "--dry-run").out.startswith("a  already STARTING since")
    assert run("pause", "b", "--dry-run").code == 3
    assert run("pause", "a", "b", "--dry-run").code == 3
    many = run("pause", "--all", "--dry-run")
    assert many.code == 0
    lines = [line.split() for line in many.out.splitlines()]
    assert lines[1][:3] == ["a", "STARTING", "PAUSING"]
    assert lines[2][:3] == ["b", "DEPLOYED", "–"]
    assert store.head() == before
    assert store.query("SELECT count(*) FROM refusals").rows == ((0,),)


def test_the_worst_is_the_exit_code(run: Run) -> None:
    """One that is refused or missing does not keep the others; each is answered, and the code is the highest."""
    run("start", "a", "--no-wait")
    done = run("pause", "a", "b", "ghost", "--yes", "--no-wait", "-o", "jsonl")
    a, b, ghost = map(json.loads, done.out.splitlines())
    assert done.code == 4
    assert a["state"] == "PAUSING"
    assert b["error"]["code"] == "illegal_transition"
    assert (ghost["job"], ghost["error"]["code"]) == ("ghost", "no_such_job")
    spoken = run("pause", "b", "ghost", "--yes", "--no-wait")
    assert (spoken.code, spoken.out) == (4, "")
    assert "b  cannot pause b: it is DEPLOYED" in spoken.err


def test_jobs_move_side_by_side(run: Run, store: EventStore) -> None:
    """Every command is handed in before the first is waited for; of three that nobody carries out each is told so."""
    done = run("start", "--all", "--yes", "--deadline", "1", "-o", "json")
    assert done.code == 1
    assert [one["error"]["code"] for one in json.loads(done.out)] == ["job_failed"] * 3
    events = [
        event for (event,) in store.query("SELECT event FROM job_history WHERE event <> 'JobDeployed' ORDER BY seq").rows
    ]
    assert events == ["StartRequested"] * 3 + ["JobFailed"] * 3


def test_usage_errors_as_json(run: Run) -> None:
    """Under -o json every error is an object on stderr, wherever the option stands; the word json alone means nothing."""
    for words in (
        ("pause", "-o", "json"),
        ("pause", "a", "--bogus", "-o", "json"),
        ("pause", "--reason", "-o", "a", "-ojsonl", "--timeout", "x"),
        ("show", "--output=json"),
        ("explode", "a", "-o", "json"),
        ("db", "upgrade", "--bogus", "-o", "json"),
    ):
        done = run(*words)
        assert (done.code, done.out) == (2, "")
        assert json.loads(done.err)["error"]["code"] == "usage"
    for words in (("pause", "json"), ("show", "json"), ("pause", "a", "--reason", "json")):
        assert run(*words).err.startswith(("error: ", "refused: "))
    assert run("pause", "a", "-o", "xml").code == 2


def test_names_alone(run: Run) -> None:
    """-o name prints names and nothing else; of an audit, what was asked for first."""
    assert run("audit", "SELECT job_id, seq FROM events ORDER BY seq", "-o", "name").out == "a\nb\nc\n"
    assert run("verify", "-o", "name").out == "log\n"
    assert run("start", "a", "--no-wait", "-o", "name").out == "a\n"


@pytest.mark.parametrize("output", ["json", "jsonl", "yaml"])
def test_an_answer_for_programs_loses_no_column(run: Run, output: str) -> None:
    """Two columns of one name are no object: refused, with what to do; a table may have them."""
    done = run("audit", "SELECT 1 AS a, 2 AS a", "-o", output)
    assert (done.code, done.out) == (2, "")
    assert "same_names" in done.err
    assert " AS " in done.err
    assert run("audit", "SELECT 1 AS a, 2 AS a").out.split() == ["A", "A", "1", "2"]
    assert run("audit", "SELECT 1 AS a, 2 AS a", "-o", "name").out == "1\n"


def test_what_json_has_no_word_for(run: Run) -> None:
    """Infinity is null, bytes are hex, as on every other surface."""
    asked = "SELECT 9e999 AS a, -9e999 AS b, x'ff' AS c, 1.5 AS d"
    told = json.loads(run("audit", asked, "-o", "json").out, parse_constant=pytest.fail)
    assert told == [{"a": None, "b": None, "c": "ff", "d": 1.5}]
    odd = plain([Decimal("NaN"), Decimal("1E+400"), timedelta(1), date(2026, 1, 2), {"a": float("inf")}, "\ud800"])
    assert odd == [None, None, "1 day, 0:00:00", "2026-01-02", {"a": None}, "?"]


def test_parameters_of_an_audit(run: Run) -> None:
    """--param gives what `:name` stands for, as text that cannot become SQL; a word that is none is exit 2."""
    sql = "SELECT :x AS x, job_id FROM events WHERE job_id = :job AND seq < :seq"
    words = ("--param", "job=a", "--param", "seq=9", "--param", "x='; DROP=1", "-o", "json")
    assert json.loads(run("audit", sql, *words).out) == [{"x": "'; DROP=1", "job_id": "a"}]
    for wrong in ("job", "=a", "a b=1"):
        assert run("audit", sql, "--param", wrong).code == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT zeroblob(50000000) FROM events",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, hex(zeroblob(400000)) AS x FROM n",
    ],
)
def test_an_answer_that_is_too_large(run: Run, sql: str) -> None:
    """It is a clear error before it fills the memory."""
    done = run("audit", sql, "-o", "json")
    assert (done.code, done.out, json.loads(done.err)["error"]["code"]) == (2, "", "too_large")


@pytest.mark.parametrize(("output", "lines"), [("table", 1), ("json", 0), ("yaml", 0)])
def test_a_collector_that_does_not_answer(run: Run, output: str, lines: int) -> None:
    """What a command says is what it says without one, and one line of warning where people read."""
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    words = [sys.executable, "-m", "slackwater", "pause", "ghost", "-o", output]
    done = subprocess.run(words, capture_output=True, text=True, env=environment)
    without = subprocess.run(words, capture_output=True, text=True)
    assert without.stderr
    added = [line for line in done.stderr.splitlines() if line.startswith("warning: traces were not sent")]
    assert len(added) == lines
    assert len(done.stderr.splitlines()) == len(without.stderr.splitlines()) + lines


def test_a_log_of_a_newer_slackwater(run: Run, store: EventStore) -> None:
    """`jobs` lists what it can and says on stderr which job is left out and why; `verify` exits 1 with a code of its own."""
    with_newer_event(str(store._engine.url), "c", type="JobTeleported")  # type: ignore[attr-defined]
    words = (sys.executable, "-m", "slackwater", "jobs", "-o", "name")  # pytest takes what is logged in this process
    listed = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert listed.stdout == "a\nb\n"
    assert listed.stderr.startswith("job c is left out: ")
    assert "upgrade Slackwater here" in listed.stderr
    done = run("verify", "-o", "json")
    assert (done.code, json.loads(done.err)["error"]["code"]) == (1, "newer_event")
    assert json.loads(done.out)["proven"] == json.loads(done.out)["events"] == store.head().seq


def test_history_and_show_of_what_a_newer_one_wrote(run: Run, store: EventStore) -> None:
    """Its row in its place, in the fields of `watch`; `show` says all that is known and first why it takes no commands."""
    with_newer_event(str(store._engine.url), "c", type="JobTeleported")  # type: ignore[attr-defined]
    done = run("history", "c", "-o", "json")
    first, last = json.loads(done.out)
    assert (done.code, first["event"], last["event"], last["seq"]) == (0, "JobDeployed", None, store.head().seq)
    assert set(last) == {"job", "version", "seq", "event", "unreadable"}
    assert "unreadable" in run("history", "c").out
    shown = run("show", "c")
    assert (shown.code, shown.out.splitlines()[0].split()[:3]) == (0, ["trouble", "event", "2"])
    assert "slackwater history c" in shown.out
    assert json.loads(run("show", "c", "-o", "json").out)["unreadable"].startswith("event 2 (seq ")


def test_one_problem_is_one(run: Run, store: EventStore) -> None:
    """verify says how far the chain is proven and what was done, and counts in words that fit."""
    with store._engine.begin() as connection:  # type: ignore[attr-defined]
        guard = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'event_no_update'").scalar_one()
        connection.exec_driver_sql("DROP TRIGGER event_no_update")
        connection.exec_driver_sql("UPDATE event SET actor = 'eve' WHERE seq = 2")
        connection.exec_driver_sql(guard)
    done = run("verify")
    assert (done.code, "proven up to event 1 of 3" in done.out, "✘ event 2 was edited" in done.out) == (1, True, True)
    assert "1 problem found" in done.err


def test_no_wait(run: Run) -> None:
    """--no-wait is --wait no."""
    assert "STARTING" in run("start", "a", "--no-wait").out
    assert "PAUSING" in run("sql", "PAUSE JOB a", "--no-wait").out


def test_unfit_deadline(run: Run) -> None:
    """A deadline no clock can hold is refused by name, and so is one that is over before it begins."""
    for deadline in ("999999999999", "-5"):
        done = run("start", "a", "--deadline", deadline, "--no-wait")
        assert done.code == 2
        assert "86400" in done.err


def test_text_that_is_no_job(run: Run, store: EventStore) -> None:
    """SQL refused at deploy stands in the log under the name the text gives, or its file."""
    Path("x.sql").write_text("-- @name: orders\nSELECT FROM")
    Path("y.sql").write_text("-- @nome: orders\nSELECT * FROM t")
    for file, words in (("x.sql", "line 2"), ("y.sql", "did you mean @name?")):
        done = run("deploy", file)
        assert done.code == 2
        assert words in done.err
    found = store.query("SELECT job_id, code, channel FROM refusals ORDER BY job_id").rows
    assert list(found) == [("orders", "syntax_error", "cli"), ("y", "unknown_annotation", "cli")]


def test_catching_up_needs_a_broker(run: Run, store: EventStore) -> None:
    """Exit 7, saying so, where none is configured or none answers; a pause catches up with nothing."""
    run("start", "a", "--no-wait")
    _vouch(store, "a")
    none = run("start", "a", "--wait", "caught-up")
    assert none.code == 7
    assert "none is configured" in none.err
    dead = run("--kafka", "127.0.0.1:9", "start", "a", "--wait", "caught-up")
    assert dead.code == 7
    assert "127.0.0.1:9 does not answer" in dead.err
    assert run("pause", "a", "--wait", "caught-up").code == 2
    many = run("start", "a", "b", "--wait", "caught-up", "--yes", "--deadline", "1")
    assert (many.code, many.out.split()[:2]) == (7, ["a", "already"]), "the worst of one that failed and one unreachable"
    assert _states(run)["a"] == "RUNNING"


def test_deploy_and_start_without_waiting(run: Run, store: EventStore) -> None:
    """Neither waits, and the same line again is answered the same and appends nothing."""
    Path("d.sql").write_text("SELECT * FROM t")
    words = ("deploy", "d.sql", "--start", "--command-id", "CHG-1", "-o", "json")
    first = json.loads(run(*words, "--wait", "no").out)
    assert (first["state"], first["command_id"], first["duplicate"]) == ("STARTING", "CHG-1.start", False)
    head = store.head()
    again = json.loads(run(*words, "--no-wait").out)
    assert (again["seq"], again["duplicate"]) == (first["seq"], True)
    assert store.head() == head


def test_deploy_said_but_not_done(run: Run, store: EventStore) -> None:
    """A dry run appends nothing; what a start would come to, or a wait for what never starts, is no question."""
    Path("d.sql").write_text("SELECT * FROM t")
    head = store.head()
    assert run("deploy", "d.sql", "--dry-run").out.endswith("→ DEPLOYED  to version 1\n")
    assert run("deploy", "d.sql", "--dry-run", "--start").code == 2
    assert run("deploy", "d.sql", "--wait", "caught-up").code == 2
    assert store.head() == head


def test_the_way_back_is_shown(run: Run, store: EventStore) -> None:
    """What a rollback may go back to stands in `show`, its version in the history, and a dry run says where it would go."""
    for version in ("7", "8"):
        Path("d.sql").write_text(f"-- @version: {version}\nSELECT CAST(a{version} AS DOUBLE) AS a FROM t")
        assert run("deploy", "d.sql").code == 0
    (old,) = json.loads(run("show", "d", "-o", "json").out)["earlier"]
    assert old["version"] == "7"
    assert f"earlier  7 ({old['hash'][:12]})" in run("show", "d").out
    assert [line.split()[-1] for line in run("history", "d").out.splitlines()[1:]] == ["7", "8"]
    for way in ((), ("--version", "7"), ("--version", old["hash"][:12])):
        assert run("rollback", "d", *way, "--dry-run").out == "d  DEPLOYED → DEPLOYED  to version 7\n"
    assert run("rollback", "d", "--version", "8").out.startswith("d  already DEPLOYED since ")
    Path("d.sql").write_text("-- @version: 7\nSELECT CAST(b AS DOUBLE) AS a FROM t")
    refused = run("deploy", "d.sql", "-o", "json")
    assert (refused.code, json.loads(refused.err)["error"]["code"]) == (3, "version_reused")


def test_a_text_is_shown_as_it_is(run: Run) -> None:
    """No line of a job's text is broken where a terminal of eighty columns would end: it is copied from here."""
    text = f"SELECT CAST(a AS DOUBLE) AS b FROM t -- {'so on ' * 20}end"
    Path("d.sql").write_text(text)
    assert run("deploy", "d.sql").code == 0
    assert text in run("show", "d").out.splitlines()


def test_holds_are_told(run: Run, store: EventStore) -> None:
    """Each with its name, reason and end, on the clock of whoever reads; only who is held lets itself go."""
    assert "lets itself go at 2" in run("pause", *_running(run, store), "--hold", "x", "--for", "48h", "--no-wait").out
    run("pause", "a", "--reason", "second", "--no-wait")
    shown = run("show", "a").out
    assert "hold  x by " in shown
    assert ", until 2" in shown
    assert "hold  operator by " in shown
    assert ': "second"' in shown
    (added,) = [line for line in run("history", "a").out.splitlines() if "HoldAdded" in line]
    assert added.rstrip().endswith('"second", hold operator')
    assert "lets itself go" not in run("stop", "a", "--no-wait").out


def _running(run: Run, store: EventStore) -> tuple[str]:
    run("start", "a", "--no-wait")
    _vouch(store, "a")
    return ("a",)


def test_only_as_it_was_seen(run: Run, store: EventStore) -> None:
    """A job that has moved on is not moved; of several each has a version of its own."""
    assert run("start", "a", "--no-wait", "--expected-version", "9").code == 3
    assert run("start", "a", "b", "--yes", "--no-wait", "--expected-version", "1").code == 2
    assert _states(run)["a"] == "DEPLOYED"
    assert run("start", "a", "--no-wait", "--expected-version", "1").code == 0


def test_a_clock_of_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time says its date unless that is today's, in the zone of whoever reads."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        now = datetime.now().astimezone()
        assert clock(now) == f"{now:%H:%M:%S}"
        assert clock(datetime(2026, 1, 1, 20, 30, tzinfo=UTC), "milliseconds") == "2026-01-02 05:30:00.000"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_protected_job(run: Run, store: EventStore) -> None:
    """Its name is said once more, also among many; without it that one is refused, and the others move."""
    Path("ledger.sql").write_text("-- @label: protected=true\nCREATE STREAM led WITH (topic='led') AS SELECT * FROM t")
    assert run("deploy", "ledger.sql").code == 0
    refused = run("start", "ledger", "--no-wait", "-o", "json")
    assert (refused.code, json.loads(refused.err)["error"]["code"]) == (3, "protected")
    assert run("start", "ledger", "--yes-protected", "a", "--no-wait").code == 3
    assert run("start", "ledger", "--yes-protected", "ledger", "--no-wait").code == 0
    assert run("sql", "PAUSE JOB ledger", "--no-wait").code == 3
    assert run("start", "a", "--no-wait").code == 0
    assert run("stop", "a", "ledger", "--yes", "--no-wait").code == 3
    assert {**_states(run), "b": "", "c": ""} == {"a": "STOPPING", "b": "", "c": "", "ledger": "STARTING"}
    assert run("stop", "a", "ledger", "--yes", "--no-wait", "--yes-protected", "ledger").code == 0
    assert _states(run)["ledger"] == "STOPPING"


def test_what_is_no_time_is_recorded(run: Run, store: EventStore) -> None:
    """It was meant for jobs, and the log remembers that it was tried, once for each; a dry run leaves no trace."""
    for words in (("--for", "soon"), ("--until", "tomorrow"), ("--until", "0001-01-01T00:00:00+14:00")):
        done = run("pause", "a", "b", *words, "--yes", "-o", "json")
        error = json.loads(done.err)["error"]
        assert (done.code, error["code"], error["job"], bool(error["hint"])) == (2, "bad_until", "a", True)
    assert run("pause", "a", "--for", "soon", "--dry-run").code == 2
    assert run("sql", "PAUSE JOB c FOR 'soon'").code == 2
    rows = store.query("SELECT job_id, count(*) FROM refusals WHERE code = 'bad_until' GROUP BY job_id ORDER BY job_id").rows
    assert rows == (("a", 3), ("b", 3), ("c", 1))


def test_yaml_says_what_json_says(run: Run) -> None:
    """Of many, of one and of an error; times are texts in both."""
    for words in (("jobs",), ("history", "a"), ("verify",), ("window", "list"), ("audit", "SELECT * FROM events")):
        assert yaml.safe_load(run(*words, "-o", "yaml").out) == json.loads(run(*words, "-o", "json").out)
    known = run("pause", "ghost", "-o", "json"), run("pause", "ghost", "-o", "yaml")
    said = [json.loads(known[0].err)["error"], yaml.safe_load(known[1].err)["error"]]
    assert {**said[0], "command_id": ""} == {**said[1], "command_id": ""}
    assert yaml.safe_load(run("jobs", "-o", "yaml", "--nonsense").err)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("pause", "a", "--until", "yesterday"), "'yesterday' is no time", "2026-11-24T14:30"),
        (("deploy", "nowhere.sql"), "nowhere.sql: No such file or directory\n", "the job's SQL"),
        (("pause", "a", "--timeout", "-1"), "greater than or equal to 0", "--help"),
    ],
    ids=["until", "file", "timeout"],
)
def test_what_is_wrong_is_said_in_plain_words(run: Run, words: tuple[str, ...], message: str, hint: str) -> None:
    """Exit 2, what cannot be, and how it would be right."""
    done = run(*words)
    assert (done.code, message in done.err, hint in done.err.split("hint: ")[-1]) == (2, True, True), done.err
