"""One trace from a command to its proof, by whatever door it came; and nothing at all where nobody asked for it."""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.unit.control.given import SPEC, orders
from tests.unit.streams.test_control_agent import Said, take

from slackwater.admin.api import Admin
from slackwater.core.commands import Position
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.job import Job
from slackwater.core.want import wanted
from slackwater.persistence.memory import MemoryStore
from slackwater.streams import tracing
from slackwater.streams.control.agent import ControlAgent
from slackwater.streams.control.cloud_events import last_word
from slackwater.streams.control.flat_form import Arrival
from slackwater.streams.supervisor import say

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENDER = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{SENDER}-01"
BAD = [b"00-x", f"00-{'0' * 32}-{SENDER}-01".encode(), b"\xff", f"ff-{TRACE}-{SENDER}-01".encode(), b""]


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What was traced in this test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(None)
    tracing.heard(None)


@pytest.fixture
def store() -> MemoryStore:
    """A log with one job, at rest."""
    found = MemoryStore()
    Admin(found, actor="ana").ask("a", Deploy(SPEC))
    return found


def job(store: MemoryStore) -> Job:
    found = store.job("a")
    assert found is not None
    return found


def vouch(store: MemoryStore) -> None:
    """Two workers carry out what is wished."""
    for worker, offsets in (("w-1", orders(7)), ("w-2", orders(7, 9)[1:])):
        want = wanted(job(store))
        say(store, worker, job(store), Ack(worker, want.epoch, want.stance, offsets, {"orders": 2}))


def told(spans: InMemorySpanExporter) -> list[tuple[str, str | None]]:
    """Name of each span and of its cause, as they ended; all in the sender's trace."""
    found = spans.get_finished_spans()
    names = {one.context.span_id: one.name for one in found if one.context}
    assert {f"{one.context.trace_id:032x}" for one in found if one.context} == {TRACE}

    def cause(one: ReadableSpan) -> str | None:
        return names.get(one.parent.span_id, f"{one.parent.span_id:016x}") if one.parent else None

    return [(one.name.removeprefix("slackwater "), (cause(one) or "").removeprefix("slackwater ")) for one in found]


def carried(verb: str) -> list[tuple[str, str]]:
    """What there is of a verb that two workers carry out."""
    receive = f"receive {verb}"
    return [("decide", receive), (receive, SENDER), ("ack", receive), ("ack", receive), ("applied", receive)]


def test_by_topic(spans: InMemorySpanExporter, store: MemoryStore) -> None:
    """The message's header is the cause; the answers, the first and the last, carry on the trace in header and attribute."""
    said = Said()
    agent = ControlAgent(store, said, lambda: None)  # type: ignore[arg-type]
    headers = {"traceparent": TRACEPARENT.encode(), "other": b"x"}
    spans.clear()
    asyncio.run(agent.take(Arrival(Position("control", 0, 1), headers, None, b'{"start": "a", "id": "go"}')))
    vouch(store)
    assert told(spans) == carried("start")
    (applied,) = (one for one in spans.get_finished_spans() if one.name == "slackwater applied")
    assert applied.attributes is not None
    assert (applied.attributes["slackwater.event"], applied.attributes["slackwater.verb"]) == ("JobStarted", "start")
    (receive,) = (one for one in spans.get_finished_spans() if one.name == "slackwater receive start")
    assert receive.context is not None
    mine = f"00-{TRACE}-{receive.context.span_id:016x}-01"
    assert [answer["traceparent"] for _, answer in said.answers] == [mine]
    result = store.result("go")
    assert result is not None
    last = last_word("applied", result, store.history("a")[-1])
    assert (last.headers["traceparent"], json.loads(last.value)["traceparent"]) == (mine.encode(), mine)


def test_by_api(spans: InMemorySpanExporter, store: MemoryStore) -> None:
    """What was heard of a trace, by HTTP header or environment, is the cause; else what is under way in the program."""
    admin = Admin(store, actor="ana")
    spans.clear()
    tracing.heard(TRACEPARENT)
    admin.start_job("a", wait=False)
    vouch(store)
    assert told(spans) == carried("start")
    spans.clear()
    tracing.heard(None)
    with tracing.span("of the program", TRACEPARENT):
        admin.pause_job("a", wait=False)
    vouch(store)
    assert ("receive pause", "of the program") in told(spans)


def test_by_a_door_that_traces_nothing(spans: InMemorySpanExporter, store: MemoryStore) -> None:
    """What workers do about one command is one trace all the same."""
    tracing.use(None)
    Admin(store, actor="ana").start_job("a", wait=False)
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracing.use(provider)
    spans.clear()
    vouch(store)
    found = spans.get_finished_spans()
    assert [one.name for one in found] == ["slackwater ack", "slackwater ack", "slackwater applied"]
    assert len({(one.context.trace_id, one.parent.span_id) for one in found if one.context and one.parent}) == 1


def test_what_is_refused(spans: InMemorySpanExporter, store: MemoryStore) -> None:
    """Is in the trace, with its code; never with a reason in words."""
    spans.clear()
    take(store, Said(), {"pause": "a", "reason": "secret"})
    decide, receive = spans.get_finished_spans()
    assert decide.attributes is not None
    assert receive.attributes is not None
    assert decide.attributes["slackwater.code"] == "illegal_transition"
    assert receive.attributes["slackwater.channel"] == "topic"
    assert "secret" not in str((decide.attributes, receive.attributes))


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_trace_context(bad: bytes, store: MemoryStore) -> None:
    """Is ignored: it must not keep a command from being decided."""
    arrival = Arrival(Position("control", 0, 1), {"traceparent": bad}, None, b'{"start": "a", "id": "go"}')
    assert arrival.traceparent is None
    asyncio.run(ControlAgent(store, Said(), lambda: None).take(arrival))  # type: ignore[arg-type]
    result = store.result("go")
    assert result is not None
    assert result.changed


def test_handed_on_where_nothing_is_traced(store: MemoryStore) -> None:
    """A worker without the extra keeps the context for those who trace."""
    said: Any = Said()
    arrival = Arrival(
        Position("control", 0, 1), {"ce_traceparent": TRACEPARENT.encode()}, None, b'{"start": "a", "id": "go"}'
    )
    asyncio.run(ControlAgent(store, said, lambda: None).take(arrival))
    assert [answer["traceparent"] for _, answer in said.answers] == [TRACEPARENT]


@pytest.mark.parametrize(
    ("environment", "is_on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_what_turns_it_on(environment: dict[str, str], is_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint in the environment, and nothing else."""
    found: list[Any] = []
    monkeypatch.setattr(tracing, "use", found.append)
    assert tracing.begin("test", environment) is None
    assert bool(found) is is_on
    for provider in found:
        provider.shutdown()


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for and not installed: said in words, and nobody is kept from anything."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    missing = tracing.begin("test", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    assert missing is not None
    assert "slackwater[otel]" in missing
    with tracing.span("x", TRACEPARENT) as traced:
        assert traced.traceparent == TRACEPARENT
