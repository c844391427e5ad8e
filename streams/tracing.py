"""One trace from a command to its proof. Off unless asked for: then nothing of OpenTelemetry is imported, and nothing done.

The context travels as `traceparent`: with the command, in its answers, and in the log with its first result, where whoever
carries the command out finds it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from slackwater.core.commands import Command
from slackwater.core.evolve import PROOFS
from slackwater.core.job import Job
from slackwater.core.result import Result
from slackwater.core.states import TRANSITIONAL
from slackwater.core.traceparent import is_traceparent
from slackwater.persistence.store import EventStore

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Either of these asks for traces, and says where they go."""
_TIMEOUTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT")
EXPORT_TIMEOUT_S: Final = 2.0
"""A command line must not wait longer for a collector that is not there, unless it is told to."""

incoming: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""What whoever asks here said of the trace it belongs to."""
_provider: Any = None


class Traced:
    """Something under way. What it causes goes by `traceparent`: that of its own cause where nothing is traced."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, traceparent: str | None, span: Any = None) -> None:
        self.traceparent = traceparent
        self._span = span

    def say(self, **attributes: Any) -> None:
        """Add what is known of it by now."""
        if self._span is not None:
            self._span.set_attributes(_named(attributes))


def use(provider: Any) -> None:
    """Trace with this provider of OpenTelemetry's SDK; None: no more. For programs that have one of their own."""
    global _provider
    _provider = provider


def begin(service: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Send traces where the environment says. In words, why that cannot be; None if it can, or if nothing is said.

    Also what is asked from now on belongs to the trace of `TRACEPARENT`, as a script that calls us may set it.
    """
    heard(environment.get("TRACEPARENT"))
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    if is_off or not any(environment.get(name) for name in ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        return f"nothing is traced: {error.name} is not installed, it comes with slackwater[otel]"
    own = {} if "OTEL_SERVICE_NAME" in environment else {"service.name": service}
    provider = TracerProvider(resource=Resource.create(own))
    timeout_s = None if any(name in environment for name in _TIMEOUTS) else EXPORT_TIMEOUT_S
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout_s)))
    use(provider)
    return None


def heard(traceparent: str | None) -> None:
    """What is asked from now on in this context belongs to that trace; what is no trace context is ignored."""
    incoming.set(traceparent if traceparent is not None and is_traceparent(traceparent) else None)


@contextmanager
def span(name: str, parent: str | None = None, kind: str = "internal", **attributes: Any) -> Iterator[Traced]:
    """Trace what happens within. Without `parent` it is caused by what is under way here, if anything is."""
    if _provider is None:
        yield Traced(parent)
        return
    from opentelemetry.trace import SpanKind

    told = {"context": _context(parent), "kind": SpanKind[kind.upper()], "attributes": _named(attributes)}
    with _provider.get_tracer("slackwater").start_as_current_span(f"slackwater {name}", **told) as current:
        yield Traced(_traceparent(), current)


def carried_out(store: EventStore, job: Job, command: Command) -> Result:
    """Have a command decided by which somebody carries out what is wished of the job: a part of that wish's trace.

    The one that proves the wish also ends a span that began with it.
    """
    if _provider is None:
        return store.handle(command)
    wish = store.result(job.wish) if job.state in TRANSITIONAL else None
    parent = (wish.traceparent or _made(wish.command_id)) if wish is not None else None
    with span(command.verb.name, parent, epoch=job.epoch, **about(command)) as traced:
        result = store.handle(replace(command, traceparent=traced.traceparent))
        traced.say(**outcome_of(result))
    proofs = PROOFS.intersection(result.events)
    if proofs and wish is not None and job.since is not None and not result.duplicate:
        _ended("applied", parent, job.since, job=job.id, verb=wish.verb, **outcome_of(result), event=min(proofs))
    return result


def about(command: Command) -> dict[str, Any]:
    """What a span says of a command. Never its reason: that is for people, and for the log."""
    return {"job": command.job_id, "command_id": command.id, "actor": command.actor, "channel": command.channel}


def outcome_of(result: Result) -> dict[str, Any]:
    """What a span says of what a command came to."""
    return {"outcome": str(result.outcome), "code": result.code, "seq": result.seq, "state": result.state}


def _made(command_id: str) -> str:
    """The trace of a command whose door traces nothing: the same in every worker, as if the command were its root."""
    digest = sha256(command_id.encode()).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


def _ended(name: str, parent: str | None, began: datetime, **attributes: Any) -> None:
    told = {"context": _context(parent), "attributes": _named(attributes), "start_time": int(began.timestamp() * 1e9)}
    _provider.get_tracer("slackwater").start_span(f"slackwater {name}", **told).end()


def _context(parent: str | None) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent is not None else None


def _traceparent() -> str | None:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _named(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {f"slackwater.{name}": value for name, value in attributes.items() if value is not None}
