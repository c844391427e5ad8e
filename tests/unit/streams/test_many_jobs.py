"""A message that names many jobs: each that is chosen is asked once, however often the message is read."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.control.given import SPEC

from slackwater.core.commands import Command, Position
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.start import Start
from slackwater.core.job import Job
from slackwater.core.result import Result
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.memory import MemoryStore
from slackwater.streams.control import agent as module
from slackwater.streams.control.agent import ControlAgent
from slackwater.streams.control.flat_form import Arrival
from slackwater.streams.control.many import VERBS_OF_MANY

PAUSE: Final = {"pause": "team=a", "id": "b"}


class Crash(BaseException):
    """The process dies."""


class Log(MemoryStore):
    """Jobs with labels. May die right before or after it has kept a command from the control topic."""

    def __init__(self, teams: Mapping[str, str] | None = None, **labels: str) -> None:
        super().__init__()
        self.until_crash: float = float("inf")
        self.dies_after = False
        for name, team in (teams or {}).items():
            self.label(name, team=team, **labels)
            self.handle(Command(f"start {name}", name, Start(), "ana", "cli", datetime.now(UTC), yes_protected=name))

    def label(self, name: str, **labels: str) -> None:
        spec = replace(SPEC, labels=labels)
        self.handle(Command(f"deploy {name}", name, Deploy(spec), "ana", "cli", datetime.now(UTC)))

    def handle(self, command: Command) -> Result:
        if command.channel != "topic":
            return super().handle(command)
        self.until_crash -= 1
        if self.until_crash < 0 and not self.dies_after:
            raise Crash
        result = super().handle(command)
        if self.until_crash < 0:
            raise Crash
        return result

    def jobs(self, *, checked: bool = False) -> tuple[Job, ...]:
        """In an order of its own, as a database's may be."""
        return super().jobs(checked=checked)[::-1]

    def asked(self) -> Counter[str]:
        """How many events each job has from the control topic."""
        return Counter(recorded.job_id for recorded in self.read(0, 10_000) if recorded.channel == "topic")


class Said:
    """Keeps the answers instead of sending them."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.failures = 0

    def send(self, reply_to: str | None, message: Any) -> None:
        self.bodies.append(json.loads(message.value))
        if self.failures:
            self.failures -= 1
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(body["data"]["job"], body["data"]["code"] or body["data"]["outcome"]) for body in self.bodies]


def take(log: MemoryStore, message: Mapping[str, Any], offset: int = 0, key: bytes | None = None) -> Said:
    """Have a new worker's agent take the message, which stood at this offset."""
    said = Said()
    agent_takes(log, said, message, offset, key)
    return said


def agent_takes(log: MemoryStore, said: Said, message: Mapping[str, Any], offset: int = 0, key: bytes | None = None) -> None:
    agent = ControlAgent(log, said, lambda: None)  # type: ignore[arg-type]
    asyncio.run(agent.take(Arrival(Position("control", 0, offset), {}, key, json.dumps(message).encode())))
    assert agent.misplaced == 0


def test_each_job_that_is_chosen_is_asked() -> None:
    """In name order, under ids that follow from the message's; answers name message, batch, command and job."""
    log = Log({"z": "a", "m": "b", "a": "a"})
    bodies = take(log, {**PAUSE, "reason": "r", "correlation_id": "c"}, key=b"any").bodies
    assert [(body["subject"], body["causationid"], body["correlationid"]) for body in bodies] == [
        ("a", "b", "c"),
        ("z", "b", "c"),
    ]
    assert [(b["data"]["command_id"], b["data"]["batch_id"], b["data"]["outcome"]) for b in bodies] == [
        ("b/a", "b", "accepted"),
        ("b/z", "b", "accepted"),
    ]
    assert [(job.id, job.reason) for job in log.jobs() if job.holds] == [("z", "r"), ("a", "r")]
    kept = log.result("b/z")
    assert kept is not None
    assert kept.batch_id == "b"


def test_ids_of_a_cloud_event_and_of_none() -> None:
    """The batch is what the log would call the command of one job: by source and id, or by the message's place."""
    log = Log({"x": "a"})
    event = {
        "specversion": "1.0",
        "id": "7",
        "source": "/ops",
        "type": "io.slackwater.command.pause.v1",
        "subject": "team=a",
    }
    (body,) = take(log, event).bodies
    assert (body["causationid"], body["data"]["command_id"], body["data"]["batch_id"]) == ("7", "/ops#7/x", "/ops#7")
    (body,) = take(log, {"pause": "@all"}, 3).bodies
    assert (body["causationid"], body["data"]["command_id"]) == ("control/0/3", "control/0/3/x")


def test_it_is_the_batch_of_every_door() -> None:
    """What the command line asked of one job under this batch id is known here, and the sender learns what became of it."""
    log = Log({"x": "a", "y": "a"})
    log.handle(Command("b/x", "x", Pause(), "ana", "cli", datetime.now(UTC)))
    bodies = take(log, PAUSE).bodies
    assert [(body["causationid"], body["data"]["batch_id"]) for body in bodies] == [("b", "b")] * 2
    assert log.asked() == {"y": 1}


def test_every_job() -> None:
    """`@all` is no name, so nobody comes to it by accident; a job that cannot do it is refused, and the others go on."""
    log = Log({"x": "a", "y": "b"})
    log.label("new")
    assert take(log, {"pause": "@all", "id": "b"}).words == [
        ("new", "illegal_transition"),
        ("x", "accepted"),
        ("y", "accepted"),
    ]


@pytest.mark.parametrize(
    ("message", "code", "place"),
    [
        ({"pause": "team=nobody"}, "no_such_job", True),
        ({"pause": "team="}, "bad_selector", False),
        ({"pause": "team=a,"}, "bad_selector", False),
        ({"pause": "="}, "bad_selector", False),
        ({"pause": "team=" + "a" * 1000}, "bad_selector", False),
        ({"pause": "team=a", "expected_version": 1}, "bad_envelope", False),
        ({"pause": "team=a", "yes_protected": "x"}, "bad_envelope", False),
        ({"pause": "team=a", "raeson": "x"}, "bad_envelope", False),
        ({"pause": "x", "yes_protected": ["x"]}, "bad_envelope", False),
        ({"pause": "team=a", "reply_to": "a b"}, "bad_reply_to", True),
        ({"deploy": "team=a", "sql": SPEC.sql}, "bad_job_id", False),
        ({"set_flag": "team=a", "mode": "none"}, "bad_job_id", False),
        ({"set_flag": "@all", "mode": "none"}, "bad_job_id", False),
        ({"pause": "@every"}, "bad_job_id", False),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_asks_nobody_is_refused_once(message: dict[str, Any], code: str, place: bool) -> None:
    """One answer with a code, recorded in the message's place; it takes no id away, and no job is asked."""
    log = Log({"x": "a"})
    (body,) = take(log, {**message, "id": "b"}).bodies
    assert (body["data"]["code"], body["data"]["command_id"], body["causationid"]) == (code, "control/0/0", "b")
    assert body["data"]["batch_id"] == ("b" if place else None)
    kept = log.result("control/0/0")
    assert kept is not None
    assert (kept.code, log.result("b"), log.asked()) == (code, None, {})
    assert take(log, PAUSE, 1).words == [("x", "accepted")]


@pytest.mark.parametrize("id", ["", "a\nb", "é" * 101], ids=["empty", "newline", "202 bytes"])
def test_a_batch_has_an_id_that_can_be_kept(id: str) -> None:
    """Also one that would be fit with a name behind it."""
    log = Log({"x": "a"})
    assert take(log, {**PAUSE, "id": id}).words == [("", "bad_command_id")]
    assert not log.asked()


def test_no_jobs_at_all() -> None:
    """Every message has an answer."""
    assert take(Log(), {"pause": "@all"}).words == [("", "no_such_job")]


def test_protected_jobs_take_their_names() -> None:
    """Each its own, in a list, as at the other doors; a name that is not chosen does nothing."""
    log = Log({"x": "a", "y": "a"}, protected="true")
    said = take(log, {"kill": "team=a", "yes_protected": ["y", "z"]})
    assert said.words == [("x", "protected"), ("y", "accepted")]


def test_an_id_that_is_taken() -> None:
    """Each job's refusal is recorded in a place of its own, and the first command's results stand."""
    log = Log({"x": "a", "y": "a"})
    take(log, PAUSE)
    bodies = take(log, {"resume": "team=a", "id": "b"}, 1).bodies
    assert [(body["data"]["code"], body["data"]["command_id"], body["causationid"]) for body in bodies] == [
        ("command_id_reused", "control/0/1/x", "b"),
        ("command_id_reused", "control/0/1/y", "b"),
    ]
    for name in ("x", "y"):
        kept, first = log.result(f"control/0/1/{name}"), log.result(f"b/{name}")
        assert kept is not None
        assert first is not None
        assert (kept.code, kept.job_id, first.verb) == ("command_id_reused", name, "pause")


def test_a_name_that_makes_the_id_too_long() -> None:
    """That job alone is refused, in its own place."""
    log = Log({"x": "a", "long": "a"})
    assert take(log, {**PAUSE, "id": "i" * 197}).words == [("long", "bad_command_id"), ("x", "accepted")]
    assert log.result("control/0/0/long") is not None


def test_time_is_given_to_each_from_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of thousands must not be late before it is asked; and what has expired meanwhile is not done."""
    log = Log(dict.fromkeys("vwxyz", "a"))
    clock = [datetime(2026, 11, 24, 8, minute, tzinfo=UTC) for minute in range(20)]
    monkeypatch.setattr(module, "_now", lambda: clock.pop(0))
    words = take(log, {**PAUSE, "expires_at": "2026-11-24T08:06:00Z"}).words
    # Read at 8:00; each asked, and then answered.
    assert [word for _, word in words] == ["accepted"] * 3 + ["expired"] * 2
    assert [job.since.minute for job in log.jobs() if job.holds and job.since] == [5, 3, 1]


def test_answers_are_given_up_once_kafka_takes_none() -> None:
    """Every job is asked all the same; asked again the message is answered for each."""
    log, said = Log(dict.fromkeys("xyz", "a")), Said()
    said.failures = 1
    agent_takes(log, said, PAUSE)
    assert said.words == [("x", "accepted")]
    assert log.asked() == {"x": 1, "y": 1, "z": 1}
    assert take(log, PAUSE, 1).words == [(name, "accepted") for name in "xyz"]


def test_a_log_that_cannot_be_asked_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while jobs are chosen; what cannot be chosen for another reason is refused in the message's place."""
    monkeypatch.setattr(module, "STORE_RETRY_S", 0.001)
    log = Log({"x": "a"})
    answers: list[Exception] = [StoreUnavailable("store_unreachable", "gone"), ValueError("a bug")]
    jobs = log.jobs

    def failing(**how: bool) -> Any:
        if answers:
            raise answers.pop(0)
        return jobs(**how)

    monkeypatch.setattr(log, "jobs", failing)
    assert take(log, PAUSE).words == [("", "not_decided")]
    answers.append(StoreUnavailable("store_unreachable", "gone"))
    assert take(log, PAUSE, 1).words == [("x", "accepted")]


TEAMS: Final = st.dictionaries(st.sampled_from("pqrst"), st.sampled_from("ab"), max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    before=TEAMS,
    after=TEAMS,
    crashes=st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=3),
    reads=st.integers(1, 2),
    verb=st.sampled_from(sorted(VERBS_OF_MANY - {"resume", "rollback", "start"})),
)
def test_read_again_each_is_asked_once(
    before: dict[str, str], after: dict[str, str], crashes: list[tuple[int, bool]], reads: int, verb: str
) -> None:
    """The worker may die before or after any append, and labels may change meanwhile: nobody is asked twice, whoever was
    asked stays asked, and who is chosen when it is read to the end is asked and answered."""
    log, message = Log(before), {verb: "team=a", "id": "b"}
    for until, dies_after in crashes:
        log.until_crash, log.dies_after = until, dies_after
        with contextlib.suppress(Crash):
            take(log, message)
    log.until_crash = float("inf")
    for name, team in after.items():
        relabel(log, name, team)
    done = log.asked()
    for _ in range(reads):
        said = take(log, message)
    chosen = sorted(job.id for job in log.jobs() if job.spec.labels["team"] == "a")
    assert sorted({body["data"]["job"] for body in said.bodies}) == (chosen or [""])
    assert set(log.asked()) <= {*done, *chosen}
    kept = [name for name in {*before, *after} if log.result(f"b/{name}") is not None]
    assert {*done, *chosen} == set(kept)
    assert all(count == 1 for count in log.asked().values())


def relabel(log: Log, name: str, team: str) -> None:
    """As a deploy of another text does, where no rollout is under way."""
    job = log.job(name)
    if job is None:
        log.label(name, team=team)
    else:
        log._jobs[name] = replace(job, spec=replace(job.spec, labels={"team": team}))
