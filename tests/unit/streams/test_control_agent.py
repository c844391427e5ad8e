"""The control agent: each message is decided, recorded and answered, and none keeps the next one waiting for ever."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import structlog
from confluent_kafka import KafkaError, KafkaException
from structlog.testing import capture_logs
from tests.unit.control.given import SPEC

from slackwater.core.commands import Command, Position
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.result import Result
from slackwater.persistence.errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable
from slackwater.persistence.memory import MemoryStore
from slackwater.streams.control import agent as module
from slackwater.streams.control.agent import ControlAgent
from slackwater.streams.control.cloud_events import last_word
from slackwater.streams.control.flat_form import Arrival

SQL: Final = SPEC.sql
Fault = Callable[[Command], Exception | None]


class Log(MemoryStore):
    """Fails as it is told, and remembers what it was asked to decide."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__()
        self.asked: list[Command] = []
        self._faults = list(faults)

    def handle(self, command: Command) -> Result:
        self.asked.append(command)
        failure = self._faults.pop(0)(command) if self._faults else None
        if failure is not None:
            raise failure
        return super().handle(command)


class Said:
    """Keeps the answers instead of sending them."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.answers: list[tuple[str | None, dict[str, Any]]] = []
        self._failure = failure

    def send(self, reply_to: str | None, message: Any) -> None:
        self.answers.append((reply_to, json.loads(message.value)))
        if self._failure is not None:
            raise self._failure

    @property
    def words(self) -> list[tuple[str, str | None]]:
        return [(body["causationid"], body["data"]["code"] or body["data"]["outcome"]) for _, body in self.answers]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits are short; what is logged can be seen, also where the simulation has silenced it for the session."""
    monkeypatch.setattr(module, "STORE_RETRY_S", 0.001)
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


def take(log: MemoryStore, said: Said, *messages: Any, key: bytes | None = None) -> ControlAgent:
    """Have the agent take the messages, one after the other."""
    agent = ControlAgent(log, said, lambda: None)  # type: ignore[arg-type]

    async def run() -> None:
        for offset, message in enumerate(messages):
            value = json.dumps(message).encode() if isinstance(message, dict) else message
            await agent.take(Arrival(Position("control", 0, offset), {}, key, value))

    asyncio.run(run())
    return agent


def failing(*failures: Exception) -> list[Fault]:
    return [lambda _, failure=failure: failure for failure in failures]  # type: ignore[misc]


DEPLOY: Final = {"deploy": "orders", "sql": "SELECT * FROM x", "id": "d"}


def test_a_log_that_cannot_be_asked_is_waited_for() -> None:
    """Unreachable, busy, or with a password that was changed: the command waits, and is decided once it can be."""
    failures = failing(
        StoreUnavailable("store_unreachable", "gone"),
        StoreBusy("store_busy", "held"),
        StoreRefused("access_denied", "PostgreSQL refused the user or the password"),
    )
    log, said = Log(*failures), Said()
    take(log, said, DEPLOY)
    assert said.words == [("d", "accepted"), ("d", "applied")]
    assert [command.id for command in log.asked] == ["d"] * 4


@pytest.mark.parametrize("failure", [StoreError("bad_value", "no"), ValueError("a bug"), OverflowError()], ids=repr)
def test_a_command_that_cannot_be_decided_is_refused(failure: Exception) -> None:
    """It is recorded in its own place and answered, and the next one is taken."""
    log, said = Log(*failing(failure)), Said()
    take(log, said, {"pause": "orders", "id": "p", "reply_to": "mine"}, DEPLOY)
    assert said.words == [("p", "not_decided"), ("d", "accepted"), ("d", "applied")]
    assert said.answers[0][0] == "mine"
    kept = log.result("control/0/0")
    assert kept is not None
    assert (kept.code, kept.job_id, log.result("p")) == ("not_decided", "orders", None)


def test_a_refusal_that_cannot_even_be_recorded_is_answered() -> None:
    """Then it stands in no view; but it is answered, and the next one is taken."""
    log, said = Log(*failing(ValueError("a bug"), StoreUnavailable("x", "gone"), ValueError("a bug"))), Said()
    take(log, said, {"pause": "orders", "id": "p"}, DEPLOY)
    assert said.words == [("p", "not_decided"), ("d", "accepted"), ("d", "applied")]
    assert log.result("control/0/0") is None


def test_a_reused_id_is_recorded_in_its_own_place() -> None:
    """The id stays the first command's; the second one stands among the refusals all the same."""
    log, said = Log(), Said()
    take(log, said, DEPLOY, {"start": "orders", "id": "d"}, {"start": "orders", "id": "d"})
    assert said.words[2:] == [("d", "command_id_reused")] * 2
    for place in ("control/0/1", "control/0/2"):
        kept = log.result(place)
        assert kept is not None
        assert (kept.code, kept.state) == ("command_id_reused", "DEPLOYED")
    first = log.result("d")
    assert first is not None
    assert first.verb == "deploy"


def test_someone_took_the_place_as_an_id() -> None:
    """Whoever names a command after a place to come gets a refusal into the way of that message, and no more than that."""
    log, said = Log(), Said()
    take(log, said, {**DEPLOY, "id": "control/0/1"}, b"[]", {"start": "orders"})
    assert said.words[2:] == [("control/0/1", "command_id_reused"), ("control/0/2", "accepted")]


def test_an_answer_that_cannot_be_sent_is_given_up() -> None:
    """The result stands in the log; the next message is taken."""
    log, said = Log(), Said(KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT)))
    take(log, said, DEPLOY, {"start": "orders", "id": "s"})
    assert said.words == [("d", "accepted"), ("d", "applied"), ("s", "accepted")]
    assert [job.state for job in log.jobs()] == ["STARTING"]


def test_tombstones_are_counted() -> None:
    """A message without a value is no command: it is counted, logged, and neither recorded nor answered."""
    log, said = Log(), Said()
    with capture_logs() as lines:
        agent = take(log, said, None, DEPLOY, None)
    assert agent.ignored == 2
    assert [line["ignored"] for line in lines if "ignored" in line] == [1, 2]
    assert len(log.asked) == 1


@pytest.mark.parametrize(("key", "misplaced"), [(None, 0), (b"orders", 0), (b"other", 1), (b"", 1), (b"\xff", 1)])
def test_a_key_that_is_not_the_job(key: bytes | None, misplaced: int) -> None:
    """Accepted by what it says, counted and warned of; no key at all is what people type by hand."""
    said = Said()
    with capture_logs() as lines:
        agent = take(Log(), said, DEPLOY, key=key)
    assert said.words[0] == ("d", "accepted")
    assert agent.misplaced == misplaced
    assert [line["job_name"] for line in lines if line["log_level"] == "warning"] == ["orders"] * misplaced


def test_commands_are_decided_in_their_order() -> None:
    """start, pause and stop in one go: each is decided after the one before it, and the last word is the last one's."""
    log, said = Log(), Said()
    verbs = ("start", "pause", "stop")
    take(log, said, DEPLOY, *({verb: "orders", "id": verb} for verb in verbs))
    assert said.words[2:] == [(verb, "accepted") for verb in verbs]
    events = [type(recorded.event).__name__ for recorded in log.read()]
    assert events == ["JobDeployed", "StartRequested", "PauseRequested", "StopRequested"]


def test_what_no_worker_has_to_carry_out_is_applied_at_once() -> None:
    """A further hold is there as soon as it stands in the log, also while the job is still pausing: it has its last word."""
    said = Said()
    steps = ({"start": "orders", "id": "s"}, {"pause": "orders", "id": "p"}, {"pause": "orders", "id": "h", "hold": "audit"})
    take(Log(), said, DEPLOY, *steps, {"resume": "orders", "id": "r", "hold": "audit"})
    assert said.words[2:] == [
        ("s", "accepted"),
        ("p", "accepted"),
        ("h", "accepted"),
        ("h", "applied"),
        ("r", "accepted"),
        ("r", "applied"),
    ]


def test_what_may_be_asked_instead() -> None:
    """A resume of a job that is not paused is refused with what is legal."""
    said = Said()
    take(Log(), said, DEPLOY, {"resume": "orders", "id": "r"})
    data = said.answers[-1][1]["data"]
    assert (data["code"], data["state"], data["legal"]) == (
        "illegal_transition",
        "DEPLOYED",
        ["start", "stop", "drain", "kill", "deploy"],
    )


def test_an_unreadable_message_is_recorded() -> None:
    """Garbage is answered where its sender said, and stands under its place."""
    log, said = Log(), Said()
    take(log, said, {"pause": "orders", "id": "g", "reply_to": "mine", "raeson": "x"})
    assert (said.answers[0][0], said.words) == ("mine", [("g", "bad_envelope")])
    assert isinstance(log.asked[0].verb, Unreadable)
    assert log.result("control/0/0") is not None


def test_answers_repeat_what_they_are_known_by() -> None:
    """Each message's own, also where the command is known already; nothing where none was given."""
    log, said = Log(), Said()
    deploys = [{**DEPLOY, **known} for known in ({"correlation_id": "c-1"}, {"correlation_id": "c-2"}, {})]
    take(log, said, *deploys)
    assert [body.get("correlationid") for _, body in said.answers] == ["c-1", "c-1", "c-2", "c-2", None, None]
    result = log.result("d")
    assert result is not None
    assert json.loads(last_word("applied", result, log.read()[-1]).value or b"")["correlationid"] == "c-1"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"set_flag": "@policy", "mode": "none"}, ["accepted", "applied"]),
        ({"set_flag": "@policy", "mode": "all"}, ["applied"]),
        ({"set_window": "@policy", "name": "n", "cron": "0 2 * * *", "lasts_s": 600}, ["accepted", "applied"]),
        ({"set_window": "@policy", "name": "n", "cron": "61 * * * *", "lasts_s": 600}, ["bad_policy"]),
        ({"set_window": "@policy", "name": "n", "cron": "0 2 * * *", "lasts_s": 600, "zone": "Mars/X"}, ["bad_policy"]),
        ({"set_window": "@policy", "name": "n", "cron": "0 2 * * *"}, ["bad_envelope"]),
        ({"remove_window": "@policy", "name": "n"}, ["applied"]),
        ({"set_rule": "@policy", "name": "n", "metric": "lag", "upper": 2**53, "lower": 1}, ["accepted", "applied"]),
        ({"set_rule": "@policy", "name": "n", "metric": "lag", "upper": 2**53 + 1, "lower": 1}, ["bad_envelope"]),
        ({"set_rule": "@policy", "name": "n", "metric": "mood", "upper": 9, "lower": 1}, ["bad_policy"]),
        ({"set_rule": "@policy", "name": "n", "metric": "lag", "upper": 9, "lower": 1, "release_s": 0}, ["bad_policy"]),
        ({"set_rule": "@policy", "name": "n", "metric": "lag", "upper": 9, "lower": 1, "for_s": "1m"}, ["bad_envelope"]),
        ({"set_rule": "@policy", "name": "n", "metric": "lag", "upper": 9}, ["bad_envelope"]),
        ({"remove_rule": "@policy", "name": "n"}, ["applied"]),
        ({"set_flag": "orders", "mode": "none"}, ["bad_policy"]),
        ({"pause": "@policy"}, ["bad_job_id"]),
        ({"deploy": "@policy", "sql": SQL}, ["bad_job_id"]),
    ],
)
def test_the_policy_has_its_last_word_at_once(message: dict[str, Any], words: list[str]) -> None:
    """A change of the policy is done once it is in the log: one last word, said once; all of it is kept as it was asked."""
    log, said = Log(), Said()
    take(log, said, {**message, "id": "p"})
    assert said.words == [("p", word) for word in words]
    (asked,) = log.asked
    kept = log.result(asked.id)
    assert kept is not None
    assert (kept.job_id, len(log.read())) == (next(iter(message.values())), words.count("accepted"))
