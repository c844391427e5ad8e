"""From a message on the control topic to a command: CloudEvents structured and binary, and bare JSON typed by hand.

All three are first brought to one flat form, then read by one table; what cannot be read becomes an `Unreadable` command,
which is refused and recorded like any other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from slackwater.core.commands import TEXT_CHARS_MAX, Command, Position, Verb, is_job_id
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import OPERATOR, Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.duration import HINT, duration_s
from slackwater.core.spec_from_sql import spec_from_sql
from slackwater.core.sql.errors import SqlError

from .strict_json import BadMessage, parse_object

COMMAND_TYPE: Final = re.compile(r"io\.slackwater\.command\.([a-z]+)\.v(\d+)")
TIMEOUT_S_MAX: Final = 86_400
HEADERS_MAX: Final = 100
HEADER_BYTES_MAX: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came: where it stood, its headers, key and value."""

    position: Position
    headers: Mapping[str, bytes]
    key: bytes | None
    value: bytes


def read_command(arrival: Arrival, now: datetime) -> Command:
    """The command in the message. Never raises for what a sender wrote.

    Without an id of its own a command gets the message's position for one, so that a redelivery is recognised.
    """
    topic, partition, offset = arrival.position
    fallback_id = f"{topic}/{partition}/{offset}"
    flat: dict[str, Any] = {}
    try:
        flat = _flatten(arrival)
        fields = _Fields(flat)
        name = fields.text("verb") or ""
        if name not in _VERBS:
            raise BadMessage("unknown_action", f"no such command: {name[:40]!r}", f"one of {', '.join(_VERBS)}")
        job_id = fields.text("job") or ""
        if not is_job_id(job_id):
            raise BadMessage("bad_job_id", "a job id is 1-63 of a-z 0-9 . _ - and begins with a letter or digit")
        command = Command(
            fields.text("id") or fallback_id,
            job_id,
            _VERBS[name](fields),
            fields.text("actor") or "unknown",
            "topic",
            now,
            fields.number("expected_version"),
            fields.time("issued_at"),
            fields.time("expires_at"),
            arrival.position,
            fields.text("reply_to"),
        )
        fields.nothing_left()
    except BadMessage as bad:
        return _unreadable(bad, fallback_id, flat, arrival, now)
    except SqlError as error:
        return _unreadable(BadMessage(error.code, str(error)), fallback_id, flat, arrival, now)
    return command


def _unreadable(bad: BadMessage, id: str, flat: Mapping[str, Any], arrival: Arrival, now: datetime) -> Command:
    """Its id is its position: a garbled message must not take the id of a good one."""
    named = flat.get("job")
    job_id = named if isinstance(named, str) and is_job_id(named) else ""
    verb = Unreadable(bad.code, bad.message, bad.hint)
    return Command(id, job_id, verb, "unknown", "topic", now, position=arrival.position)


def _flatten(arrival: Arrival) -> dict[str, Any]:
    size = sum(len(name) + len(value) for name, value in arrival.headers.items())
    if len(arrival.headers) > HEADERS_MAX or size > HEADER_BYTES_MAX:
        raise BadMessage("too_large", f"more than {HEADERS_MAX} headers or {HEADER_BYTES_MAX // 1024} KiB of them")
    if "ce_specversion" in arrival.headers:
        return _from_cloud_event(_binary_attributes(arrival), parse_object(arrival.value or b"{}"))
    body = parse_object(arrival.value)
    if "specversion" in body:
        data = body.pop("data", {})
        if not isinstance(data, dict):
            raise BadMessage("bad_envelope", "the data of a command is a JSON object")
        return _from_cloud_event(body, data)
    return _from_bare(body)


def _binary_attributes(arrival: Arrival) -> dict[str, Any]:
    """The Kafka protocol binding: `ce_` headers are attributes, the value is the data."""
    try:
        return {name[3:]: raw.decode("utf-8") for name, raw in arrival.headers.items() if name.startswith("ce_")}
    except UnicodeError:
        raise BadMessage("bad_envelope", "a ce_ header is not UTF-8") from None


_ATTRIBUTES: Final = MappingProxyType(
    {
        "id": "id",
        "subject": "job",
        "time": "issued_at",
        "actor": "actor",
        "replyto": "reply_to",
        "deadline": "expires_at",
    }
)


def _from_cloud_event(attributes: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    if attributes.get("specversion") != "1.0":
        raise BadMessage("unsupported_version", f"CloudEvents {attributes.get('specversion')!r}; 1.0 is spoken here")
    kind = str(attributes.get("type", ""))
    match = COMMAND_TYPE.fullmatch(kind)
    if match is None:
        raise BadMessage("unknown_action", f"not a command: {kind[:80]!r}", "io.slackwater.command.pause.v1")
    if match[2] != "1":
        raise BadMessage("unsupported_version", f"{match[1]} v{match[2]}; v1 is spoken here")
    flat = {**data, "verb": match[1]}
    for attribute, name in _ATTRIBUTES.items():
        if attribute in attributes:
            flat[name] = attributes[attribute]
    if "expectedversion" in attributes:
        raw = attributes["expectedversion"]
        flat["expected_version"] = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else raw
    return flat


def _from_bare(body: dict[str, Any]) -> dict[str, Any]:
    verbs = [name for name in body if name in _VERBS]
    if len(verbs) != 1:
        hint = '{"pause": "JOB", "reason": "…"}'
        named = next((name for name in body if name not in _COMMON), "")
        raise BadMessage("unknown_action", f"expected one of {', '.join(_VERBS)}; got {named[:40]!r}", hint)
    job = body[verbs[0]]
    return {**{k: v for k, v in body.items() if k != verbs[0]}, "verb": verbs[0], "job": job}


_COMMON: Final = frozenset({"id", "actor", "reason", "reply_to", "expected_version", "issued_at", "expires_at"})


class _Fields:
    """Reads fields by type and remembers which were asked for, so that a misspelt one is an error and not ignored."""

    def __init__(self, flat: Mapping[str, Any]) -> None:
        self._flat = flat
        self._read: set[str] = set()

    def _take(self, name: str) -> Any:
        self._read.add(name)
        return self._flat.get(name)

    def text(self, name: str, chars_max: int = TEXT_CHARS_MAX) -> str | None:
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            raise BadMessage("bad_envelope", f"{name} is a text")
        if value is not None and len(value) > chars_max:
            raise BadMessage("bad_envelope", f"{name} is longer than {chars_max} characters")
        return value

    def number(self, name: str, most: int = 2**31 - 1) -> int | None:
        value = self._take(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise BadMessage("bad_envelope", f"{name} is a whole number from 0 to {most}")
        return value

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if value not in (None, True, False) or (isinstance(value, int) and not isinstance(value, bool)):
            raise BadMessage("bad_envelope", f"{name} is true or false")
        return bool(value)

    def time(self, name: str) -> datetime | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise BadMessage("bad_envelope", f"{name} is an RFC 3339 time") from None
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)

    def duration_s(self, name: str) -> int | None:
        value = self.text(name)
        try:
            return None if value is None else duration_s(value)
        except ValueError as error:
            raise BadMessage("bad_envelope", f"{name}: {error}", HINT) from None

    def timeout_s(self) -> int:
        return self.number("timeout_s", TIMEOUT_S_MAX) or 60

    def nothing_left(self) -> None:
        unknown = sorted(set(self._flat) - self._read)
        if unknown:
            raise BadMessage("bad_envelope", f"unknown field {unknown[0][:40]!r}", f"known: {', '.join(sorted(self._read))}")


def _deploy(fields: _Fields) -> Verb:
    sql = fields.text("sql", chars_max=256 * 1024)
    if sql is None:
        raise BadMessage("bad_envelope", "a deploy needs the field sql")
    _, spec = spec_from_sql(sql, version=fields.text("version"), output_topic=fields.text("output_topic"))
    held = fields.text("hold")
    return Deploy(spec, (held,) if held else (), fields.text("reason"))


def _pause(fields: _Fields) -> Verb:
    held = fields.text("hold") or OPERATOR
    return Pause(fields.text("reason"), held, fields.timeout_s(), fields.time("until"), fields.duration_s("for"))


def _resume(fields: _Fields) -> Verb:
    every = fields.flag("all")
    hold = fields.text("hold") or OPERATOR
    return Resume(fields.text("reason"), None if every else hold, fields.timeout_s(), fields.flag("accept_gap"))


_VERBS: Final[Mapping[str, Callable[[_Fields], Verb]]] = MappingProxyType(
    {
        "deploy": _deploy,
        "start": lambda f: Start(f.text("reason"), f.timeout_s(), f.flag("accept_gap")),
        "pause": _pause,
        "resume": _resume,
        "stop": lambda f: Stop(f.text("reason"), f.timeout_s()),
    }
)
"""The verbs an outsider may send. Acks, failures and expiries are the workers' own and have no way in here."""
