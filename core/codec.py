"""Events and jobs as JSON and back, and the canonical bytes that the hash chain is over.

Canonical form: UTF-8, sorted keys, no spaces, no floats, times as UTC ISO-8601 with microseconds and `Z`. Frozen by
golden rows in tests/histories: stored bytes never change, only readers do.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from .events import EVENTS, LATER_FIELDS, SCHEMA_VERSION, JobEvent, name_of
from .job import Job
from .policy.events import POLICY_EVENTS, PolicyEvent

DOMAIN: Final = b"slackwater.event.v1\0"


class UnknownEvent(Exception):
    """The log holds an event this version cannot read. The job is refused, never guessed at or skipped."""

    def __init__(self, name: str, schema_version: int, why: str) -> None:
        super().__init__(f"cannot read event {name} v{schema_version}: {why}")
        self.name = name
        self.schema_version = schema_version


LogEvent = JobEvent | PolicyEvent
"""What may stand in the log."""
_LOG_EVENTS: Final[Mapping[str, type]] = {**EVENTS, **POLICY_EVENTS}


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    """Made when first needed: a command line needs two of them, and all together cost a tenth of its time."""
    return TypeAdapter(kind)


def time_text(at: datetime) -> str:
    """UTC ISO-8601 with microseconds: `2026-11-24T08:00:00.000000Z`."""
    # Not strftime: its years before 1000 have fewer digits, and the text would not sort as time does.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value. Raises TypeError for anything but JSON without floats."""
    return _text(_plain(value))


def _text(value: Any) -> bytes:
    return _JSON.encode(value).encode("utf-8", "surrogatepass")


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return time_text(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical form")


_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def event_data(event: LogEvent) -> dict[str, Any]:
    """The event's own fields as plain JSON. Raises TypeError for a float."""
    data: dict[str, Any] = _plain(_fields(event))
    return data


def event_text(event: LogEvent) -> bytes:
    """`canonical(event_data(event))` of an event that was read, and so has no floats: a third of the time of a replay."""
    return _text(_fields(event))


def _fields(event: LogEvent) -> dict[str, Any]:
    data: dict[str, Any] = _adapter(_LOG_EVENTS[name_of(event)]).dump_python(event)
    for path in LATER_FIELDS.get(name_of(event), ()):
        _drop_default(event, data, path)
    return data


def _drop_default(event: Any, data: dict[str, Any], path: tuple[str, ...]) -> None:
    *outer, name = path
    for step in outer:
        event, data = getattr(event, step), data[step]
    kind: Any = type(event)
    if getattr(event, name) == _default_of(kind, name):
        del data[name]


@cache
def _default_of(kind: Any, name: str) -> Any:
    (found,) = (field for field in fields(kind) if field.name == name)
    return found.default if found.default_factory is MISSING else found.default_factory()


def event_from(name: str, schema_version: int, data: Mapping[str, Any]) -> LogEvent:
    """The event that `event_data` gave. Raises UnknownEvent for a name, version or shape this code does not know."""
    kind = _LOG_EVENTS.get(name)
    if kind is None or schema_version != SCHEMA_VERSION:
        raise UnknownEvent(name, schema_version, "written by a newer Slackwater, or not by Slackwater")
    try:
        event: LogEvent = _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise UnknownEvent(name, schema_version, f"{error.error_count()} fields do not fit") from error
    if event_text(event) != _text(data):
        # The hash is over what was read, so whatever reading would drop or mend (a field, 7.0 for 7) must not pass.
        raise UnknownEvent(name, schema_version, "it says more, or says it otherwise, than this code would write")
    return event


def readable_text(event: LogEvent) -> bytes | None:
    """The event's canonical form, if `event_from` will give the event again once that was written; None if it will not."""
    try:
        data = event_data(event)
        return _text(data) if event_from(name_of(event), SCHEMA_VERSION, data) == event else None
    except (UnknownEvent, TypeError, ValueError):
        return None


def job_data(job: Job) -> dict[str, Any]:
    """The folded job as plain JSON: what the store keeps as its projection."""
    data: dict[str, Any] = _plain(_adapter(Job).dump_python(job))
    return data


def job_text(job: Job) -> bytes:
    """`canonical(job_data(job))`, walked through once."""
    return _text(job_data(job))


def job_from(data: Mapping[str, Any]) -> Job:
    """The job that `job_data` gave."""
    job: Job = _adapter(Job).validate_python(data)
    return job


class RowHash:
    """The hash of one row of the log under whatever numbers: SHA-256 over domain, previous hash and the canonical form of
    every column. `data` is the event's own canonical form, which need not be known here."""

    def __init__(
        self,
        prev_hash: bytes,
        *,
        job_id: str,
        epoch: int,
        at: datetime,
        actor: str,
        channel: str,
        command_id: str,
        type: str,
        data: bytes,
        schema_version: int = SCHEMA_VERSION,
    ) -> None:
        before = {"actor": actor, "at": at, "channel": channel, "command_id": command_id}
        # The keys of the whole are in order: `data` comes between.
        self._begun = hashlib.sha256(DOMAIN + prev_hash + _text(before)[:-1] + b',"data":' + data + b",")
        self._after = {"epoch": epoch, "job_id": job_id, "schema_version": schema_version, "type": type}

    def at(self, seq: int, version: int) -> bytes:
        """The hash, if the row has these numbers."""
        whole = self._begun.copy()
        whole.update(_text({**self._after, "seq": seq, "version": version})[1:])
        return whole.digest()


def payload_hash(value: Any) -> bytes:
    """What a command asks for, without when and where it arrived: two commands of one id must agree in it."""
    return hashlib.sha256(canonical(value)).digest()
