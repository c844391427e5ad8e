"""What goes out: replies and the published log, as CloudEvents 1.0 in structured mode."""

from datetime import datetime
from typing import Any, Final

from cloudevents.core.bindings.kafka import KafkaMessage, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from slackwater.core.codec import event_data, time_text
from slackwater.core.events import EPOCH_RAISING, name_of
from slackwater.core.recorded import Recorded
from slackwater.core.result import Outcome, Result

SOURCE: Final = "/slackwater"
_ENDED_BY_THE_LOG: Final = EPOCH_RAISING | {"JobStopped"}
"""What a command must append for its last word to come with the log: a stop where nothing runs is its own proof."""


def reply_kinds(result: Result) -> tuple[str, ...]:
    """What is answered at once. What the workers have to carry out is `accepted`, and has its last word from the log."""
    if result.outcome is Outcome.REFUSED:
        return ("expired" if result.code == "expired" else "refused",)
    if result.outcome is Outcome.ALREADY:
        return ("applied",)
    return ("accepted", "applied") if _ENDED_BY_THE_LOG.isdisjoint(result.events) else ("accepted",)


def reply(kind: str, result: Result, at: datetime) -> KafkaMessage:
    """A reply to a command; `causationid` is the id its sender gave it, `correlationid` what he wants to know it by.

    The reply's own id follows from the log's.
    """
    data: dict[str, Any] = {
        "command_id": result.command_id,
        "batch_id": result.batch_id,
        "job": result.job_id,
        "verb": result.verb,
        "outcome": kind,
        "changed": result.changed,
        "state": result.state,
        "version": result.version,
        "epoch": result.epoch,
        "seq": result.seq,
        "code": result.code,
        "message": result.message,
        "hint": result.hint,
        "legal": list(result.legal),
        "since": time_text(result.since) if result.since else None,
        "by": result.by,
        "reason": result.reason,
    }
    return _answer(kind, result, at, data)


def last_word(kind: str, result: Result, end: Recorded) -> KafkaMessage:
    """The reply that ends an accepted command: `end` is the event that proved it (`applied`), or that took its place."""
    data = {
        "command_id": result.command_id,
        "batch_id": result.batch_id,
        "job": result.job_id,
        "verb": result.verb,
        "outcome": kind,
        "changed": True,
        "event": name_of(end.event),
        "version": end.version,
        "epoch": end.epoch,
        "seq": end.seq,
        **event_data(end.event),
    }
    return _answer(kind, result, end.at, data)


def _answer(kind: str, result: Result, at: datetime, data: dict[str, Any]) -> KafkaMessage:
    named = {"causationid": result.correlation or result.command_id}
    if result.correlation_id is not None:
        named["correlationid"] = result.correlation_id
    if result.traceparent is not None:
        named["traceparent"] = result.traceparent
    message = _message(f"reply.{kind}", f"{result.command_id}#{kind}", result.job_id, at, data, **named)
    if result.traceparent is not None:
        # Whoever traces Kafka looks for it beside the message.
        message.headers["traceparent"] = result.traceparent.encode()
    return message


def published(recorded: Recorded) -> KafkaMessage:
    """One event of the log. Its id is its place in the log, so a reader knows at once what it has seen."""
    data = {
        "seq": recorded.seq,
        "job": recorded.job_id,
        "version": recorded.version,
        "epoch": recorded.epoch,
        "event": name_of(recorded.event),
        "at": time_text(recorded.at),
        "actor": recorded.actor,
        "channel": recorded.channel,
        "command_id": recorded.command_id,
        "data": event_data(recorded.event),
        "hash": recorded.hash.hex(),
    }
    kind = f"event.{name_of(recorded.event)}"
    return _message(kind, str(recorded.seq), recorded.job_id, recorded.at, data, causationid=recorded.command_id)


def _message(kind: str, id: str, job_id: str, at: datetime, data: dict[str, Any], **extensions: str) -> KafkaMessage:
    attributes: dict[str, Any] = {
        "id": id,
        "source": SOURCE,
        "type": f"io.slackwater.{kind}.v1",
        "time": at,
        "datacontenttype": "application/json",
        "dataschema": f"urn:slackwater:{kind}.v1",
        **extensions,
    }
    if job_id:
        attributes |= {"subject": job_id, "partitionkey": job_id}
    return to_structured_event(CloudEvent(attributes, data))
