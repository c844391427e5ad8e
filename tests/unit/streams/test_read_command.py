"""What a message on the control topic comes to: a command, or a refusal with a code of its page. Never an error."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slackwater.core.commands import Command, Position, is_job_id
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.spec_from_sql import spec_from_sql
from slackwater.persistence.memory import MemoryStore
from slackwater.streams.control.envelope import read_command
from slackwater.streams.control.flat_form import Arrival
from slackwater.streams.control.many import Many

PLACE: Final = Position("slackwater.control", 0, 42)
NOW: Final = datetime(2026, 11, 24, 8, tzinfo=UTC)
TYPE: Final = "io.slackwater.command.pause.v1"


def arrival(value: bytes | None, headers: dict[str, bytes] | None = None) -> Arrival:
    return Arrival(PLACE, headers or {}, None, value)


def bare(**fields: Any) -> Command:
    return of_one(read_command(arrival(json.dumps(fields).encode()), NOW))


def structured(data: dict[str, Any] | None = None, **attributes: Any) -> Command:
    event = {"specversion": "1.0", "id": "7", "source": "/ops", "type": TYPE, "subject": "orders", **attributes}
    said = {name: value for name, value in event.items() if value is not None}
    return of_one(read_command(arrival(json.dumps({**said, **({} if data is None else {"data": data})}).encode()), NOW))


def binary(value: bytes | None = None, **attributes: bytes) -> Command:
    event = {"specversion": b"1.0", "id": b"7", "source": b"/ops", "type": TYPE.encode(), "subject": b"orders", **attributes}
    return of_one(read_command(arrival(value, {f"ce_{name}": raw for name, raw in event.items()}), NOW))


def of_one(read: Command | Many) -> Command:
    assert isinstance(read, Command), read
    return read


def code(read: Command | Many) -> str:
    """What the desk says to it: the code of its refusal."""
    command = of_one(read)
    found = MemoryStore().handle(command).code
    assert found is not None, command
    return found


def test_three_forms_one_command() -> None:
    """What is asked is the same in each; what it is called follows from what the sender said."""
    forms = [
        bare(pause="orders", id="7", reason="r", hold="h", actor="ana", reply_to="answers", expected_version=3),
        structured({"reason": "r", "hold": "h"}, actor="ana", replyto="answers", expectedversion=3),
        structured({"reason": "r", "hold": "h"}, actor="ana", replyto="answers", expectedversion="3"),
        binary(b'{"reason": "r", "hold": "h"}', actor=b"ana", replyto=b"answers", expectedversion=b"3"),
    ]
    for command in forms:
        assert command.verb == Pause("r", "h")
        assert (command.job_id, command.actor, command.channel, command.at) == ("orders", "ana", "topic", NOW)
        assert (command.expected_version, command.reply_to, command.position) == (3, "answers", PLACE)
    assert [(command.id, command.correlation) for command in forms] == [("7", None), *[("/ops#7", "7")] * 3]


def test_what_answers_are_known_by() -> None:
    """An extension of a CloudEvent, a field or a header of bare JSON; what is said twice or cannot be kept is refused."""
    headers = {"reply_to": b"answers", "correlation_id": b"c-1"}
    forms = [
        structured(replyto="answers", correlationid="c-1"),
        binary(replyto=b"answers", correlationid=b"c-1"),
        bare(pause="orders", reply_to="answers", correlation_id="c-1"),
        read_command(arrival(b'{"pause": "orders"}', headers), NOW),
        read_command(arrival(b'{"puase": "orders"}', headers), NOW),
    ]
    assert {(command.reply_to, command.correlation_id) for command in forms} == {("answers", "c-1")}
    assert code(structured(correlationid="")) == "bad_envelope"
    for value, raw in (
        (b'{"pause": "orders", "correlation_id": "c-2"}', b"c-1"),
        (b'{"pause": "orders"}', b"\xff"),
        (b'{"pause": "orders"}', b"a\0b"),
    ):
        assert code(read_command(arrival(value, {"correlation_id": raw}), NOW)) == "bad_envelope"


def test_two_sources_may_both_count_from_one() -> None:
    """By the rule of CloudEvents source and id together say which event it is; answers name the sender's own id."""
    store = MemoryStore()
    for source in ("/ops", "/night", "/ops#a"):
        command = structured({}, type="io.slackwater.command.start.v1", source=source)
        result = store.handle(command)
        assert (result.code, result.duplicate, result.correlation) == ("no_such_job", False, "7"), source
        assert store.handle(command).duplicate
    assert structured(id="b#c", source="/a").id != structured(id="c", source="/a#b").id


@pytest.mark.parametrize("attribute", ["id", "source"])
@pytest.mark.parametrize("missing", [None, ""])
def test_a_cloud_event_has_id_and_source(attribute: str, missing: str | None) -> None:
    """Both are required attributes: one without is refused, and takes no other event's place."""
    command = structured(**{attribute: missing})
    assert (code(command), command.id) == ("bad_envelope", PLACE.name)


@pytest.mark.parametrize(
    ("subject", "is_many"),
    [("legacy", False), ("team.a_b-c", False), ("team=a", True), ("!legacy", True), ("team in (a,b)", True), ("@all", True)],
)
def test_a_name_is_never_a_selector(subject: str, is_many: bool) -> None:
    """What could be a job's name is one: nobody comes to many by calling a job by its name."""
    value = json.dumps({"pause": subject}).encode()
    assert isinstance(read_command(arrival(value), NOW), Many) is is_many
    assert is_job_id(subject) is not is_many


def test_without_an_id_the_place_is_the_id() -> None:
    """So a redelivery is a duplicate; an empty id is none and is refused."""
    assert bare(pause="orders").id == "slackwater.control/0/42"
    assert code(bare(pause="orders", id="")) == "bad_command_id"


@pytest.mark.parametrize(
    "id",
    ["a\0b", "", "a" * 201, "é" * 101, "a\nb", "\u200f", "\ufeff", "a" * 5000],
    ids=["NUL", "empty", "201 bytes", "202 bytes", "newline", "mark", "BOM", "long"],
)
def test_bad_command_ids(id: str) -> None:
    """No log could keep them, or nobody could read them: refused under the message's own place."""
    if "\0" not in id:
        assert code(bare(pause="orders", id=id)) == "bad_command_id"
    if id:
        command = binary(id=id.encode())
        result = MemoryStore().handle(command)
        assert (result.code, result.command_id, result.correlation) == ("bad_command_id", PLACE.name, None)


def test_the_longest_command_id() -> None:
    """200 bytes are taken."""
    assert code(bare(pause="orders", id="é" * 100)) == "no_such_job"


@pytest.mark.parametrize("topic", ["", "a b", "../x", "..", "a\nb", "é", "a" * 250, "a/b"])
def test_bad_reply_topics(topic: str) -> None:
    """What can be no topic is refused before anything is sent anywhere; the refusal can still be told from others."""
    result = MemoryStore().handle(structured(replyto=topic))
    assert (result.code, result.command_id, result.correlation) == ("bad_reply_to", PLACE.name, "7")


def test_a_reply_topic_with_nul() -> None:
    """A header may hold what JSON may not."""
    assert code(binary(replyto=b"a\0b")) == "bad_reply_to"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"issued_at": "0001-01-01T00:00:00+14:00"}, "bad_envelope"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "bad_until"),
        ({"expires_at": "9999-12-31T23:59:59-00:01"}, "bad_envelope"),
        ({"until": "9999-12-31T23:59:59"}, "no_such_job"),
        ({"until": "tomorrow"}, "bad_until"),
        ({"until": 7}, "bad_envelope"),
        ({"for": "soon"}, "bad_until"),
        ({"for": "0s"}, "bad_until"),
        ({"expected_version": -1}, "bad_envelope"),
        ({"expected_version": 2**63}, "bad_envelope"),
        ({"expected_version": "1"}, "bad_envelope"),
        ({"expected_version": 1.0}, "bad_envelope"),
        ({"expected_version": True}, "bad_envelope"),
        ({"deadline_s": 1.5}, "bad_envelope"),
        ({"reason": "x" * 1001}, "bad_text"),
        ({"hold": ""}, "bad_text"),
        ({"actor": ["ana"]}, "bad_envelope"),
        ({"id": 7}, "bad_envelope"),
        ({"reply_to": {}}, "bad_envelope"),
        ({"raeson": "x"}, "bad_envelope"),
        ({"verb": "pause"}, "bad_envelope"),
        ({"job": "orders"}, "bad_envelope"),
        ({"type": TYPE}, "bad_envelope"),
        ({"source": "/ops"}, "bad_envelope"),
        ({"resume": "orders"}, "unknown_action"),
    ],
    ids=str,
)
def test_bad_fields_of_a_pause(fields: dict[str, Any], refused: str) -> None:
    """Each has its code; nothing is guessed, ignored, or an error of the reader."""
    assert code(bare(pause="orders", **fields)) == refused


@pytest.mark.parametrize("said", [1, 0, 1.0, 0.0, "true", "", [], {}])
@pytest.mark.parametrize(("verb", "field"), [("resume", "all_holds"), ("resume", "accept_gap"), ("start", "accept_gap")])
def test_flags_are_true_or_false(verb: str, field: str, said: Any) -> None:
    """1 and 1.0 equal True in Python and are no flags."""
    assert code(bare(**{verb: "orders", field: said})) == "bad_envelope"


def test_flags() -> None:
    """Absent, null and false are the same."""
    assert bare(resume="orders", all_holds=True).verb == Resume(None, None)
    assert bare(resume="orders", all_holds=False, accept_gap=None).verb == Resume()
    assert bare(start="orders", accept_gap=True).verb == Start(None, 60, True)


@pytest.mark.parametrize(
    ("attributes", "refused"),
    [
        ({"specversion": "0.3"}, "unsupported_version"),
        ({"specversion": 1.0}, "bad_envelope"),
        ({"type": "io.slackwater.command.pause.v2"}, "unsupported_version"),
        ({"type": "io.slackwater.command.explode.v1"}, "unknown_action"),
        ({"type": "io.slackwater.command.ack.v1"}, "unknown_action"),
        ({"type": "io.slackwater.reply.refused.v1"}, "unknown_action"),
        ({"type": None}, "unknown_action"),
        ({"subject": None}, "bad_job_id"),
        ({"subject": "../x"}, "bad_job_id"),
        ({"subject": "a\u200fb"}, "bad_job_id"),
        ({"subject": "a" * 2000}, "bad_job_id"),
        ({"expectedversion": "-1"}, "bad_envelope"),
        ({"expectedversion": "٣"}, "bad_envelope"),
        ({"expectedversion": "9" * 5000}, "bad_envelope"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "bad_envelope"),
        ({"time": "2099-01-01T00:00:00Z"}, "clock_skew"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "expired"),
        ({"data_base64": "e30="}, "bad_envelope"),
        ({"data": "pause"}, "bad_envelope"),
    ],
    ids=str,
)
def test_bad_cloud_events(attributes: dict[str, Any], refused: str) -> None:
    """Each attribute that means something here is read strictly."""
    assert code(structured(**attributes)) == refused


@pytest.mark.parametrize("data", [{"id": "8"}, {"source": "/x"}, {"expected_version": 1}, {"verb": "stop"}, {"type": "x"}])
def test_data_does_not_overrule_attributes(data: dict[str, Any]) -> None:
    """A field that is said twice, or means nothing in the data, is refused."""
    assert code(structured(data, expectedversion=0)) == "bad_envelope"


def test_other_extensions_are_ignored() -> None:
    """By the rule of CloudEvents: tracing and partition keys are not ours to refuse."""
    command = structured({}, traceparent="00-x", partitionkey="orders", dataschema="/x", datacontenttype="application/json")
    assert command.verb == Pause()


@pytest.mark.parametrize("attribute", ["id", "source", "subject", "actor", "type", "replyto", "expectedversion", "time"])
@pytest.mark.parametrize("raw", [b"\xff\xfe", b"a\0b", b"", b"9" * 5000], ids=["not UTF-8", "NUL", "empty", "5000 digits"])
def test_bad_headers(attribute: str, raw: bytes) -> None:
    """Headers of a binary CloudEvent pass no JSON reader: each is checked all the same."""
    if attribute == "actor" and raw == b"":
        return
    if attribute == "id" and raw == b"a\0b":
        assert binary(id=raw).correlation == "7" or code(binary(id=raw)) == "bad_command_id"
    assert code(binary(**{attribute: raw})) in {
        "bad_envelope", "bad_command_id", "bad_job_id", "bad_reply_to", "bad_text", "unknown_action",
    }  # fmt: skip


def test_headers_are_bounded() -> None:
    """More than a hundred, or more than 64 KiB of them, are not read."""
    many = {f"h{n}": b"" for n in range(101)}
    assert code(read_command(arrival(b'{"pause": "orders"}', many), NOW)) == "too_large"
    assert code(read_command(arrival(b'{"pause": "orders"}', {"h": b"x" * 65_537}), NOW)) == "too_large"


@pytest.mark.parametrize("value", [b"", b" ", b"null", b"[]", b"7", b"\xff", b'{"a":1,"a":1}', b'{"a": {"b":1,"b":1}}'])
def test_values_that_are_no_object(value: bytes) -> None:
    """An empty value, other JSON, bytes, and keys said twice at any depth."""
    assert code(read_command(arrival(value), NOW)) == "bad_envelope"


def test_numbers_of_5000_digits() -> None:
    """Python refuses to read them; so do we, in our own words."""
    assert (
        code(read_command(arrival(b'{"pause": "orders", "expected_version": ' + b"9" * 5000 + b"}"), NOW)) == "bad_envelope"
    )


def test_tombstones() -> None:
    """No value is nothing; but a binary CloudEvent without data has none either, and is a command."""
    assert arrival(None).is_tombstone
    assert not arrival(b"").is_tombstone
    assert binary(None).verb == Pause()


def test_a_refusal_keeps_what_its_sender_needs() -> None:
    """Where the answer goes and what it is an answer to are kept, as far as they can be read; the id is not taken."""
    command = bare(pause="orders", id="mine", reply_to="answers", raeson="x")
    assert isinstance(command.verb, Unreadable)
    assert (command.id, command.job_id, command.reply_to, command.correlation) == (PLACE.name, "orders", "answers", "mine")
    command = structured(type="io.slackwater.command.pause.v2", id="mine", replyto="answers")
    assert (command.id, command.reply_to, command.correlation) == (PLACE.name, "answers", "mine")
    command = bare(puase="orders", id="a\nb", reply_to="a b")
    assert (command.reply_to, command.correlation) == (None, None)


def test_a_deploy_is_that_of_every_door() -> None:
    """The same text comes to the same spec as by the API, also where a bare SELECT leaves its output open."""
    sql = "SELECT * FROM orders"
    command = bare(deploy="big", sql=sql, holds=["night"], reason="new")
    assert command.verb == Deploy(spec_from_sql(sql, "big")[1], ("night",), "new")
    assert spec_from_sql(sql, "big")[1].outputs == ("big.output",)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, "bad_envelope"),
        ({"sql": ""}, "empty_statement"),
        ({"sql": "SELECT * FROM orders", "output_topic": "a b/.."}, "bad_topic"),
        ({"sql": "SELECT * FROM orders", "output_topic": ""}, "bad_topic"),
        ({"sql": "SELECT * FROM orders", "output_topic": "orders"}, "self_loop"),
        ({"sql": "SELECT * FROM orders", "version": "v" * 1001}, "bad_text"),
        ({"sql": "SELECT * FROM orders", "holds": [""]}, "bad_text"),
        ({"sql": "-- " + "x" * 300_000}, "too_large"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_bad_deploys(fields: dict[str, Any], refused: str) -> None:
    """What cannot be a job is refused where it is deployed."""
    assert code(bare(deploy="big", **fields)) == refused


NAMES = st.sampled_from(
    ["pause", "resume", "deploy", "start", "stop", "id", "actor", "reply_to", "until", "for", "all_holds", "holds", "sql",
     "specversion",
     "type", "source", "subject", "time", "data", "expectedversion", "expected_version", "deadline_s", "verb", "job"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["orders", "1.0", TYPE, "0001-01-01T00:00:00+14:00", "9" * 5000, "SELECT * FROM a", "a b", "\ud800", "team=a", "@all"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=4),
    max_leaves=8,
)
MESSAGES = st.dictionaries(NAMES | st.text(), VALUES, max_size=6).map(lambda body: json.dumps(body).encode()) | st.binary()
RAW = st.binary() | WORDS.map(lambda word: word.encode("utf-8", "surrogatepass"))
HEADERS = st.dictionaries(NAMES.map(lambda name: f"ce_{name}") | st.text(), RAW, max_size=6)


@settings(max_examples=400, deadline=None)
@given(value=st.none() | MESSAGES, headers=HEADERS)
def test_nothing_is_an_error(value: bytes | None, headers: dict[str, bytes]) -> None:
    """Whatever arrives, there is a command, the desk answers it, and the answer can be asked for again."""
    read, store = read_command(Arrival(PLACE, headers, None, value), NOW), MemoryStore()
    # There are no jobs, so many come to one refusal.
    (command,) = read.each((), lambda: NOW) if isinstance(read, Many) else (read,)
    result = store.handle(command)
    assert result.changed or result.code is not None
    assert store.handle(command).duplicate
    assert store.result(result.command_id) == result
