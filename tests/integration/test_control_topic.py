"""The control topic: three forms of a command, replies, the published log, and everything that is no command."""

import contextlib
import json
import sqlite3
import uuid
from typing import Any

import pytest
from tests.rig.workers import Rig

from slackwater.core.events import JobDeployed
from slackwater.core.spec_from_sql import spec_from_sql
from slackwater.streams.topics import partition_counts


def _ce(verb: str, job: str, id: str, **data: Any) -> dict[str, Any]:
    kind = f"io.slackwater.command.{verb}.v1"
    return {"specversion": "1.0", "id": id, "source": "/test", "type": kind, "subject": job, "actor": "kim", "data": data}


def _replies(rig: Rig, command_id: str) -> list[str]:
    return [b["data"]["outcome"] for b in rig.bodies(rig.topics.replies) if b.get("causationid") == command_id]


def test_every_form_of_a_command(rig: Rig) -> None:
    """Bare JSON, structured and binary CloudEvents do the same; replies say accepted, then applied with the cut."""
    rig.worker()
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    rig.send({"start": rig.job, "id": "one"})
    rig.wait_state("RUNNING")
    rig.send(_ce("pause", rig.job, "two", reason="from kcat"))
    rig.wait_state("PAUSED")
    assert rig.admin.get_job_status(rig.job).reason == "from kcat"
    headers = {
        "specversion": "1.0",
        "id": "three",
        "source": "/test",
        "type": "io.slackwater.command.resume.v1",
        "subject": rig.job,
    }
    rig.send("{}", headers=[(f"ce_{name}", value) for name, value in headers.items()])
    rig.wait_state("RUNNING")
    for command_id in ("one", "two", "three"):
        rig.wait_for(lambda id=command_id: len(_replies(rig, id)) >= 2, "both replies")  # type: ignore[misc]
        assert _replies(rig, command_id) == ["accepted", "applied"]
    applied = next(b["data"] for b in rig.bodies(rig.topics.replies) if b["id"] == "/test#two#applied")
    assert {partition: offset for _, partition, offset in applied["cut"]} == rig.committed()


def test_duplicates_and_reused_ids(rig: Rig) -> None:
    """The same command ten times has one effect; its id on another command is refused; what is already so is applied."""
    rig.worker()
    rig.deploy_and_start()
    for _ in range(10):
        rig.send(_ce("pause", rig.job, "dup", reason="once"))
    rig.wait_state("PAUSED")
    rig.send(_ce("resume", rig.job, "dup"))
    rig.send(_ce("pause", rig.job, "again"))
    rig.wait_for(lambda: _replies(rig, "again") == ["applied"], "the last reply")
    assert rig.admin.get_job_status(rig.job).state == "PAUSED"
    requested = [r for r in rig.admin.history(rig.job) if type(r.event).__name__ == "PauseRequested"]
    assert len(requested) == 1
    codes = {b["data"]["code"] for b in rig.bodies(rig.topics.replies) if b["type"].endswith("refused.v1")}
    assert codes == {"command_id_reused"}


GARBAGE: list[tuple[str, bytes, str]] = [
    ("empty", b" ", "bad_envelope"),
    ("not utf-8", b"\xff\xfe", "bad_envelope"),
    ("not an object", b"[1]", "bad_envelope"),
    ("deep", b"[" * 10_000 + b"]" * 10_000, "bad_envelope"),
    ("deep object", b'{"pause": "JOB", "x": ' + b"[" * 500 + b"]" * 500 + b"}", "bad_envelope"),
    ("1 MB", b'{"pause": "' + b"x" * 900_000 + b'"}', "too_large"),
    ("duplicate keys", b'{"pause": "JOB", "pause": "JOB"}', "bad_envelope"),
    ("NaN", b'{"pause": "JOB", "deadline_s": NaN}', "bad_envelope"),
    ("NUL", b'{"pause": "JOB", "reason": "a\\u0000b"}', "bad_envelope"),
    ("surrogate", b'{"pause": "JOB", "reason": "\\ud800"}', "bad_envelope"),
    ("unknown action", b'{"explode": "JOB"}', "unknown_action"),
    ("two actions", b'{"pause": "JOB", "resume": "JOB"}', "unknown_action"),
    ("unknown field", b'{"pause": "JOB", "raeson": "x"}', "bad_envelope"),
    ("version 2", b'{"specversion": "1.0", "id": "v2", "source": "/", "type": "io.slackwater.command.pause.v2", "subject": "JOB"}', "unsupported_version"),
    ("CloudEvents 0.3", b'{"specversion": "0.3", "id": "x", "source": "/", "type": "io.slackwater.command.pause.v1"}', "unsupported_version"),
    ("unknown job", b'{"pause": "nosuchjob"}', "no_such_job"),
    ("path", b'{"pause": "../x"}', "bad_job_id"),
    ("300 characters", b'{"pause": "' + b"a" * 300 + b'"}', "bad_job_id"),
    ("true version", b'{"pause": "JOB", "expected_version": true}', "bad_envelope"),
    ("negative version", b'{"pause": "JOB", "expected_version": -1}', "bad_envelope"),
    ("text version", b'{"pause": "JOB", "expected_version": "1"}', "bad_envelope"),
    ("wrong version", b'{"pause": "JOB", "expected_version": 999}', "version_conflict"),
    ("expired", b'{"pause": "JOB", "expires_at": "2020-01-01T00:00:00Z"}', "expired"),
    ("a day ahead", b'{"pause": "JOB", "issued_at": "2099-01-01T00:00:00Z"}', "clock_skew"),
    ("really empty", b"", "bad_envelope"),
    ("version of 64 bits", b'{"pause": "JOB", "expected_version": 9223372036854775808}', "bad_envelope"),
    ("version with a point", b'{"pause": "JOB", "expected_version": 1.0}', "bad_envelope"),
    ("version of 5000 digits", b'{"pause": "JOB", "expected_version": ' + b"9" * 5000 + b"}", "bad_envelope"),
    ("flag 1.0", b'{"resume": "JOB", "all_holds": 1.0}', "bad_envelope"),
    ("before the year 1", b'{"pause": "JOB", "issued_at": "0001-01-01T00:00:00+14:00"}', "bad_envelope"),
    ("after the year 9999", b'{"pause": "JOB", "until": "9999-12-31T23:59:59-14:00"}', "bad_until"),
    ("endless id", b'{"pause": "JOB", "id": "' + b"x" * 9000 + b'"}', "bad_command_id"),
    ("empty id", b'{"pause": "JOB", "id": ""}', "bad_command_id"),
    ("reply to no topic", b'{"pause": "JOB", "reply_to": "a b/.."}', "bad_reply_to"),
    ("no source", b'{"specversion": "1.0", "id": "x", "type": "io.slackwater.command.pause.v1", "subject": "JOB"}', "bad_envelope"),
    ("no id", b'{"specversion": "1.0", "source": "/", "type": "io.slackwater.command.pause.v1", "subject": "JOB"}', "bad_envelope"),
    ("right-to-left mark", '{"pause": "a\u200fb"}'.encode(), "bad_job_id"),
    ("output to no topic", b'{"deploy": "x", "sql": "SELECT * FROM a", "output_topic": "a b/.."}', "bad_topic"),
    ("two SQL statements", b'{"deploy": "x", "sql": "SELECT 1; DROP TABLE x"}', "unsupported_statement"),
    ("SQL that reads files", b'{"deploy": "x", "sql": "COPY a TO b"}', "unsupported_statement"),
]  # fmt: skip


BINARY: list[tuple[str, dict[str, bytes], str]] = [
    ("NUL in the id", {"id": b"a\0b"}, "bad_command_id"),
    ("NUL in the reply topic", {"replyto": b"a\0b"}, "bad_reply_to"),
    ("id longer than an index takes", {"id": bytes(range(33, 127)) * 100}, "bad_command_id"),
    ("id that is not UTF-8", {"id": b"\xff"}, "bad_envelope"),
    ("NUL in the job", {"subject": b"a\0b"}, "bad_job_id"),
    ("NUL in the actor", {"actor": b"a\0b"}, "bad_text"),
    ("version of 5000 digits", {"expectedversion": b"9" * 5000}, "bad_envelope"),
    ("before the year 1", {"time": b"0001-01-01T00:00:00+14:00"}, "bad_envelope"),
    ("no source", {"source": b""}, "bad_envelope"),
]


def test_garbage_is_refused_and_recorded(any_rig: Rig) -> None:
    """What is no command is answered with its code and stands in `refusals` with its place; the job does not move."""
    rig = any_rig
    rig.worker()
    rig.deploy_and_start()
    version = rig.admin.get_job_status(rig.job).version
    rig.send(None, key="tombstone")
    for _, value, _ in GARBAGE:
        rig.send(value.replace(b"JOB", rig.job.encode()))
    for name, attributes, _ in BINARY:
        good = {"specversion": b"1.0", "id": name.encode(), "source": b"/test", "type": b"io.slackwater.command.pause.v1"}
        said = {**good, "subject": rig.job.encode(), **attributes}
        rig.send("{}", headers=[(f"ce_{name}", raw) for name, raw in said.items()])
    expected = [(name, code) for name, _, code in (*GARBAGE, *BINARY)]
    rig.wait_for(lambda: len(rig.read(rig.topics.replies)) >= len(expected), "every reply")
    refused = rig.admin.audit("SELECT code, topic_offset FROM refusals ORDER BY topic_offset").rows
    assert [(name, code) for (name, _), (code, _) in zip(expected, refused, strict=True)] == expected
    assert [offset for _, offset in refused] == list(range(1, len(expected) + 1))
    replies = rig.bodies(rig.topics.replies)
    assert [body["data"]["code"] for body in replies] == [code for _, code in expected]
    assert rig.admin.get_job_status(rig.job).version == version
    rig.send({"pause": rig.job})
    rig.wait_state("PAUSED")
    assert '"ignored": 1' in rig.said(lines=200)


def test_two_senders_may_both_count_from_one(rig: Rig) -> None:
    """CloudEvents of two sources with one id are two commands; each sender finds its answers under its own id."""
    rig.worker()
    rig.deploy_and_start()
    for source, verb in (("/ops", "pause"), ("/night", "resume")):
        rig.send({**_ce(verb, rig.job, "1"), "source": source})
    rig.wait_for(lambda: len(_replies(rig, "1")) >= 4, "all replies")
    ids = {body["data"]["command_id"] for body in rig.bodies(rig.topics.replies)}
    assert ids == {"/ops#1", "/night#1"}
    rig.wait_state("RUNNING")


def test_many_jobs_by_their_labels(rig: Rig) -> None:
    """One message stops whom its selector chooses. A worker that dies half way leaves the rest to the next; each job is asked
    once, and answered with the batch that it belongs to."""
    names = [f"{rig.job}-{n}" for n in range(4)]
    for name, team in zip((*names, rig.job), "aaaba", strict=True):
        rig.admin.deploy_job(name, "1", f"-- @label: team={team}\n{rig.sql.replace(rig.job, name)}")
    chosen = sorted({rig.job, *names} - {names[3]})
    rig.send(_ce("stop", "team=a", "many", reason="by label"))
    assert rig.worker(SLACKWATER_DIE_AT="append_committed:2").wait(60) != 0
    done = [name for name in chosen if rig.admin.get_job_status(name).state == "STOPPED"]
    assert done == chosen[:2]
    rig.worker("w-2")
    rig.wait_for(lambda: {"accepted", "applied"} <= set(_said_of(rig, chosen[-1])), "the last answer")
    for name in chosen:
        assert [r.command_id for r in rig.admin.history(name) if r.channel == "topic"] == [f"/test#many/{name}"]
        assert set(_said_of(rig, name)) == {"accepted", "applied"}
    assert rig.admin.get_job_status(names[3]).state == "DEPLOYED"
    rig.send({"start": "team!=b", "id": "again"}, {"start": "team=nobody", "id": "none"})
    rig.wait_for(lambda: _replies(rig, "none") == ["refused"], "the refusal")
    rig.wait_for(lambda: _replies(rig, "again").count("applied") == len(chosen), "the proofs")
    told = [b["data"] for b in rig.bodies(rig.topics.replies) if b.get("causationid") == "again"]
    assert {(data["command_id"], data["batch_id"]) for data in told} == {(f"again/{name}", "again") for name in chosen}
    refused = rig.admin.audit("SELECT code, topic_offset FROM refusals").rows
    assert refused == (("no_such_job", 2),)


def _said_of(rig: Rig, job: str) -> list[str]:
    bodies = rig.bodies(rig.topics.replies)
    return [b["data"]["outcome"] for b in bodies if (b["causationid"], b["data"]["job"]) == ("many", job)]


def test_what_a_stop_of_the_worker_breaks_off_is_taken_again(rig: Rig) -> None:
    """A command that waits for the log when the worker is told to end is not done with: the next worker takes it."""
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    worker = rig.worker()
    rig.wait_ready(1)
    with contextlib.closing(sqlite3.connect(rig.directory / "log.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        rig.send({"stop": "@all", "id": "s"})
        rig.wait_for(lambda: rig.heard("w-1", "the command waits") > 0, "the command to wait")
        worker.terminate()
        worker.wait(60)
    assert rig.admin.get_job_status(rig.job).state == "DEPLOYED"
    rig.worker("w-2")
    rig.wait_state("STOPPED")


def test_what_may_be_asked_instead(rig: Rig) -> None:
    """start, pause and stop in one go are decided in order; a resume of a stopped job without holds is refused with what is legal."""
    rig.worker()
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    for verb in ("start", "pause", "stop"):
        rig.send({verb: rig.job, "id": verb}, key="another job")
    rig.wait_for(lambda: "applied" in _replies(rig, "stop"), "the stop")
    events = [type(r.event).__name__ for r in rig.admin.history(rig.job) if r.channel == "topic"]
    assert events == ["StartRequested", "PauseRequested", "StopRequested"]
    assert '"misplaced": 3' in rig.said()
    rig.send({"resume": rig.job, "id": "let go"})
    rig.send({"resume": rig.job, "id": "late"})
    rig.wait_for(lambda: _replies(rig, "late") == ["refused"], "the refusal")
    (data,) = (body["data"] for body in rig.bodies(rig.topics.replies) if body.get("causationid") == "late")
    assert (data["code"], data["state"], data["legal"]) == ("illegal_transition", "STOPPED", ["start", "deploy"])


def test_published_log_is_the_log(rig: Rig) -> None:
    """slackwater.events holds each event of the log once and in order, also after the publishing worker was killed."""
    worker = rig.worker()
    rig.deploy_and_start()
    rig.admin.pause_job(rig.job)
    rig.kill(worker)
    rig.worker("w-2")
    rig.admin.resume_job(rig.job, timeout=60)
    last = rig.admin.store.head().seq
    rig.wait_for(lambda: len(rig.read(rig.topics.events)) >= last, "the last event")
    published = rig.bodies(rig.topics.events)
    assert [body["data"]["seq"] for body in published] == list(range(1, last + 1))
    assert [body["data"]["hash"] for body in published] == [r.hash.hex() for r in rig.admin.store.read(0)]


def test_control_topics_that_are_gone(rig: Rig) -> None:
    """Whoever deleted them, a broker that came back empty for one: a worker makes them anew, obeys, and publishes all of the log."""
    rig.worker()
    rig.deploy_and_start()
    for future in rig.kafka_admin.delete_topics(list(rig.topics.all())).values():
        future.result()
    rig.wait_for(lambda: rig.topics.control not in partition_counts(rig.connection), "the topics to go")
    rig.wait_for(lambda: rig.topics.control in partition_counts(rig.connection), "the worker to make them")
    rig.send({"pause": rig.job, "id": "p"})
    rig.wait_state("PAUSED")
    rig.wait_for(lambda: _replies(rig, "p") == ["accepted", "applied"], "the replies")
    rig.wait_for(lambda: len(rig.read(rig.topics.events)) >= rig.admin.store.head().seq, "the log")
    published = [body["data"]["seq"] for body in rig.bodies(rig.topics.events)]
    assert published == list(range(1, rig.admin.store.head().seq + 1))


@pytest.mark.parametrize("door", ["api", "cli", "topic"])
def test_three_doors_one_desk(rig: Rig, door: str) -> None:
    """The same commands by each door give the same events, but for who and by which door; a bare SELECT has one output."""
    rig.worker()
    sql = f'SELECT * FROM "{rig.input}"'
    for verb, state in (
        ("deploy", "DEPLOYED"),
        ("start", "RUNNING"),
        ("pause", "PAUSED"),
        ("resume", "RUNNING"),
        ("stop", "STOPPED"),
    ):
        if door == "api":
            text = ("1", sql) if verb == "deploy" else ()
            getattr(rig.admin, f"{verb}_job")(rig.job, *text, reason="r")
        elif door == "cli":
            (rig.directory / "job.sql").write_text(sql)
            what = ("job.sql", "--name", rig.job) if verb == "deploy" else (rig.job,)
            done = rig.cli(verb, *what, "--reason", "r", "--output", "json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["state"] == state
        else:
            text = {"sql": sql} if verb == "deploy" else {}
            rig.send({verb: rig.job, "reason": "r", "id": uuid.uuid4().hex, **text})
            rig.wait_for(lambda: len(rig.admin.list_jobs()) == 1, "the job")
            rig.wait_state(state)
    history = rig.admin.history(rig.job)
    assert history[0].event == JobDeployed(spec_from_sql(sql, rig.job)[1], (), "r")
    assert history[0].event.spec.outputs == (f"{rig.job}.output",)
    assert [type(r.event).__name__ for r in history if r.channel != "worker"] == [
        "JobDeployed", "StartRequested", "PauseRequested", "ResumeRequested", "StopRequested",
    ]  # fmt: skip
    assert [type(r.event).__name__ for r in history if r.channel == "worker"] == [
        "WorkerAcked", "JobStarted", "WorkerAcked", "JobPaused", "WorkerAcked", "JobResumed", "WorkerAcked", "JobStopped",
    ]  # fmt: skip
    assert {r.channel for r in history} == {door, "worker"}
    assert all(getattr(r.event, "reason", "r") == "r" for r in history)
