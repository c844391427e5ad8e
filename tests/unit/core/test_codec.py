"""Events and jobs as JSON and back, and the canonical bytes that the hash chain is over."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.histories.examples import AT, CUT, EXAMPLES
from tests.histories.golden import event_hash
from tests.unit.control.given import PASTS, job_after

from slackwater.core.codec import (
    DOMAIN,
    UnknownEvent,
    canonical,
    event_data,
    event_from,
    job_data,
    job_from,
    payload_hash,
    time_text,
)
from slackwater.core.coverage import Stance
from slackwater.core.events import SCHEMA_VERSION, HoldAdded, JobDeployed, JobEvent, JobPaused, WorkerAcked, name_of
from slackwater.core.recorded import GENESIS
from slackwater.core.spec import JobSpec
from slackwater.core.states import JobState

GOLDEN_BYTES = {
    "sorted keys": ({"b": 1, "a": {"d": None, "c": True}}, b'{"a":{"c":true,"d":null},"b":1}'),
    "no spaces": ([1, [2, "x"]], b'[1,[2,"x"]]'),
    "UTF-8, not escapes": ("10€ größer", '"10€ größer"'.encode()),
    "control characters": ('a"\n\t\x01\\', b'"a\\"\\n\\t\\u0001\\\\"'),
    "big numbers": ([2**63, -1, 0], b"[9223372036854775808,-1,0]"),
    "time": (AT, b'"2026-11-24T08:00:00.250000Z"'),
    "tuple as list": ((1, ("a",)), b'[1,["a"]]'),
    "named tuple as list": (CUT[:1], b'[["orders",0,7]]'),
    "enum as its text": (JobState.PAUSED, b'"PAUSED"'),
    "empty": ({}, b"{}"),
    "true is not 1": ([True, 1], b"[true,1]"),
    "keys are text": ({1: 2}, b'{"1":2}'),
}


@pytest.mark.parametrize(("value", "stored"), GOLDEN_BYTES.values(), ids=GOLDEN_BYTES.keys())
def test_canonical_bytes(value: Any, stored: bytes) -> None:
    """Frozen: a hash once stored must be found again by every later version."""
    assert canonical(value) == stored


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), b"x", {1, 2}, object(), {"a": [0.5]}], ids=lambda value: type(value).__name__
)
def test_what_has_no_canonical_form(value: Any) -> None:
    """A float has many spellings and a set no order: refused, never rounded or sorted."""
    with pytest.raises(TypeError, match="no canonical form"):
        canonical(value)


def test_key_order_does_not_matter() -> None:
    """The same mapping built in another order gives the same bytes."""
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


def test_times_are_utc() -> None:
    """An instant has one text, whatever zone it was given in, always with microseconds."""
    east = datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=2)))
    assert time_text(east) == time_text(east.astimezone(UTC)) == "2026-11-24T08:00:00.000000Z"


@pytest.mark.parametrize("event", EXAMPLES, ids=name_of)
def test_round_trip(event: JobEvent) -> None:
    """Every event type comes back from its stored text as the same value, to the microsecond and with its own types."""
    stored = canonical(event_data(event))
    back = event_from(name_of(event), SCHEMA_VERSION, json.loads(stored))
    assert back == event
    assert type(back) is type(event)
    assert canonical(event_data(back)) == stored


def test_a_cut_comes_back_as_a_cut() -> None:
    """Offsets are named again, and not bare lists."""
    back = event_from("JobPaused", 1, event_data(JobPaused("c", CUT)))
    assert isinstance(back, JobPaused)
    assert back.cut[0].topic == "orders"


def test_an_ack_stores_its_stance_as_text() -> None:
    """The log must not depend on an enum's Python name."""
    data = event_data(WorkerAcked("w-1", Stance.STILL, (), {}))
    assert data == {"worker": "w-1", "stance": "still", "offsets": [], "partitions": {}}


@pytest.mark.parametrize(
    ("name", "version", "data"),
    [
        ("JobTeleported", 1, {}),
        ("HoldAdded", 2, {"hold": "a", "reason": None}),
        ("HoldAdded", 0, {"hold": "a", "reason": None}),
        ("HoldAdded", 1, {}),
        ("HoldAdded", 1, {"hold": 7, "reason": None}),
        ("HoldAdded", 1, {"hold": "a", "reason": None, "colour": "red"}),
        ("JobPaused", 1, {"completes": "c", "cut": [["orders", "0", 7]]}),
        ("JobPaused", 1, {"completes": "c", "cut": [["orders", 0, 7.0]]}),
        ("JobPaused", 1, {"completes": "c"}),
        ("StartRequested", 1, {"reason": None, "deadline": "2026-11-24T08:00:00Z"}),
        ("holdadded", 1, {"hold": "a", "reason": None}),
    ],
    ids=[
        "unknown type",
        "newer schema",
        "schema 0",
        "missing fields",
        "wrong type",
        "a field too many",
        "number as text",
        "number as float",
        "no cut",
        "time spelt otherwise",
        "name in lower case",
    ],
)
def test_what_cannot_be_read_is_refused(name: str, version: int, data: dict[str, Any]) -> None:
    """Never guessed at, mended or read in part: what reading would drop would also drop out of the hash."""
    with pytest.raises(UnknownEvent) as caught:
        event_from(name, version, data)
    assert (caught.value.name, caught.value.schema_version) == (name, version)
    assert name in str(caught.value)


@pytest.mark.parametrize("past", PASTS.values(), ids=map(str, PASTS))
def test_a_job_comes_back(past: tuple) -> None:
    """The projection is the fold, also after a way through text."""
    job = job_after(past)
    assert job is not None
    assert job_from(json.loads(canonical(job_data(job)))) == job


def row(**changed: Any) -> bytes:
    """The hash of one row, with some columns changed."""
    columns = {
        "seq": 1,
        "job_id": "orders_big",
        "version": 1,
        "epoch": 0,
        "at": AT,
        "actor": "ana",
        "channel": "api",
        "command_id": "c1",
        "event": HoldAdded("audit", None),
    }
    return event_hash(changed.pop("prev_hash", GENESIS), **{**columns, **changed})


def test_event_hash_is_what_the_docstring_says() -> None:
    """SHA-256 over domain, previous hash and canonical row, written out by hand here."""
    by_hand = (
        b'{"actor":"ana","at":"2026-11-24T08:00:00.250000Z","channel":"api","command_id":"c1",'
        b'"data":{"hold":"audit","reason":null},"epoch":0,"job_id":"orders_big","schema_version":1,"seq":1,'
        b'"type":"HoldAdded","version":1}'
    )
    assert DOMAIN == b"slackwater.event.v1\0"
    assert row() == hashlib.sha256(DOMAIN + bytes(32) + by_hand).digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"prev_hash": bytes([1] * 32)},
        {"seq": 2},
        {"job_id": "other"},
        {"version": 2},
        {"epoch": 1},
        {"at": AT + timedelta(microseconds=1)},
        {"actor": "ben"},
        {"channel": "cli"},
        {"command_id": "c2"},
        {"event": HoldAdded("audit", "")},
        {"schema_version": 2},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_column_is_in_the_hash(changed: dict[str, Any]) -> None:
    """No column can be edited unseen."""
    assert row(**changed) != row()


def test_payload_hash() -> None:
    """32 bytes, the same for the same content."""
    assert payload_hash({"a": 1}) == hashlib.sha256(b'{"a":1}').digest()
    assert payload_hash({"a": 1}) != payload_hash({"a": 2})


def test_a_later_field_is_left_out_while_it_says_nothing() -> None:
    """Rows of before keep their bytes; what says more comes back as it was."""
    plain, full = (WorkerAcked("w-1", "still", (), {}, *more) for more in ((), (7, {"orders": "t-1"})))
    assert {"lag", "topics"}.isdisjoint(event_data(plain))
    assert event_data(full)["lag"] == 7
    for event in (plain, full):
        assert event_from("WorkerAcked", 1, event_data(event)) == event
    spec = JobSpec("a", on_deadline="wait")
    assert event_data(JobDeployed(spec))["spec"]["on_deadline"] == "wait"
    assert "on_retention" not in event_data(JobDeployed(spec))["spec"]
