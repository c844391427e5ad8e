"""The control topic: three forms of a command, replies, the published log, and everything that is no command."""

import json
import uuid
from typing import Any

import pytest
from tests.rig.workers import Rig


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
    applied = next(b["data"] for b in rig.bodies(rig.topics.replies) if b["id"] == "two#applied")
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
    ("NaN", b'{"pause": "JOB", "timeout_s": NaN}', "bad_envelope"),
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
    ("two SQL statements", b'{"deploy": "x", "sql": "SELECT 1; DROP TABLE x"}', "unsupported_statement"),
    ("SQL that reads files", b'{"deploy": "x", "sql": "COPY a TO b"}', "unsupported_statement"),
]  # fmt: skip


def test_garbage_is_refused_and_recorded(rig: Rig) -> None:
    """What is no command is answered with its code and stands in `refusals` with its place; the job does not move."""
    rig.worker()
    rig.deploy_and_start()
    version = rig.admin.get_job_status(rig.job).version
    rig.send(None, key="tombstone")
    for _, value, _ in GARBAGE:
        rig.send(value.replace(b"JOB", rig.job.encode()))
    rig.wait_for(lambda: len(rig.read(rig.topics.replies)) >= len(GARBAGE), "every reply")
    refused = rig.admin.audit("SELECT code, topic_offset FROM refusals ORDER BY topic_offset").rows
    assert [(name, code) for (name, _, _), (code, _) in zip(GARBAGE, refused, strict=True)] == [
        (n, c) for n, _, c in GARBAGE
    ]
    assert [offset for _, offset in refused] == list(range(1, len(GARBAGE) + 1))
    assert rig.admin.get_job_status(rig.job).version == version
    rig.send({"pause": rig.job})
    rig.wait_state("PAUSED")


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


@pytest.mark.parametrize("door", ["api", "cli", "topic"])
def test_three_doors_one_desk(rig: Rig, door: str) -> None:
    """The same commands by each door give the same events, but for who and by which door."""
    rig.worker()
    rig.admin.deploy_job(rig.job, "1", rig.sql)
    for verb, state in (("start", "RUNNING"), ("pause", "PAUSED"), ("resume", "RUNNING"), ("stop", "STOPPED")):
        if door == "api":
            getattr(rig.admin, f"{verb}_job")(rig.job, reason="r")
        elif door == "cli":
            done = rig.cli(verb, rig.job, "--reason", "r", "--output", "json")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["state"] == state
        else:
            rig.send({verb: rig.job, "reason": "r", "id": uuid.uuid4().hex})
            rig.wait_state(state)
    history = rig.admin.history(rig.job)
    assert [type(r.event).__name__ for r in history if r.channel != "worker"] == [
        "JobDeployed", "StartRequested", "PauseRequested", "ResumeRequested", "StopRequested",
    ]  # fmt: skip
    assert [type(r.event).__name__ for r in history if r.channel == "worker"] == [
        "WorkerAcked", "JobStarted", "WorkerAcked", "JobPaused", "WorkerAcked", "JobResumed", "WorkerAcked", "JobStopped",
    ]  # fmt: skip
    assert {r.channel for r in history[1:]} == {door, "worker"}
    assert all(getattr(r.event, "reason", "r") == "r" for r in history[1:])
