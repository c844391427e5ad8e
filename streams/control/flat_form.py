"""The three forms of a message brought to one: CloudEvents structured and binary, and bare JSON typed by hand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from slackwater.core.commands import Position
from slackwater.core.traceparent import is_traceparent

from .strict_json import BadMessage, parse_object

HEADERS_MAX: Final = 100
HEADER_BYTES_MAX: Final = 64 * 1024
_BINARY_MARK: Final = "ce_specversion"
_BARE_HEADERS: Final = ("reply_to", "correlation_id")
"""What clients that ask and wait put beside their message: read of bare JSON, where no attribute could say it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came: where it stood, its headers, key and value."""

    position: Position
    headers: Mapping[str, bytes]
    key: bytes | None
    value: bytes | None

    @property
    def is_tombstone(self) -> bool:
        """No value, and no CloudEvent that does without one."""
        return self.value is None and _BINARY_MARK not in self.headers

    @property
    def traceparent(self) -> str | None:
        """The trace it belongs to, by its transport or else as a CloudEvent; what is no trace context is ignored."""
        said = (self.headers.get(name, b"").decode("ascii", "replace") for name in ("traceparent", "ce_traceparent"))
        return next((text for text in said if is_traceparent(text)), None)


def flatten(arrival: Arrival, verbs: Collection[str]) -> dict[str, Any]:
    """The fields of the message under their names of docs/control-topic.md. Raises BadMessage.

    Of bare JSON that names one verb, `verb` and `job` stand for it; of a CloudEvent `specversion`, `type` and `source` stay.
    """
    size = sum(len(name) + len(value) for name, value in arrival.headers.items())
    if len(arrival.headers) > HEADERS_MAX or size > HEADER_BYTES_MAX:
        raise BadMessage("too_large", f"more than {HEADERS_MAX} headers or {HEADER_BYTES_MAX // 1024} KiB of them")
    if _BINARY_MARK in arrival.headers:
        return _from_cloud_event(_binary_attributes(arrival), parse_object(arrival.value or b"{}"))
    body = parse_object(arrival.value or b"")
    if "specversion" not in body:
        return _from_bare(_with_headers(body, arrival.headers), verbs)
    data = body.pop("data", {})
    if not isinstance(data, dict) or "data_base64" in body:
        raise BadMessage("bad_envelope", "the data of a command is a JSON object")
    return _from_cloud_event(body, data)


def _binary_attributes(arrival: Arrival) -> dict[str, str]:
    """The Kafka protocol binding: `ce_` headers are attributes, the value is the data."""
    try:
        return {name[3:]: raw.decode("utf-8") for name, raw in arrival.headers.items() if name.startswith("ce_")}
    except UnicodeError:
        raise BadMessage("bad_envelope", "a ce_ header is not UTF-8") from None


_ATTRIBUTES: Final = MappingProxyType(
    {
        "specversion": "specversion",
        "type": "type",
        "source": "source",
        "id": "id",
        "subject": "job",
        "time": "issued_at",
        "actor": "actor",
        "replyto": "reply_to",
        "correlationid": "correlation_id",
        "expectedversion": "expected_version",
        "deadline": "expires_at",
    }
)
"""Attributes that mean something here. Others are extensions, which whoever does not know them ignores."""


def _from_cloud_event(attributes: Mapping[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    known = {name: attributes[attribute] for attribute, name in _ATTRIBUTES.items() if attribute in attributes}
    twice = sorted(known.keys() & data.keys())
    if twice:
        raise BadMessage("bad_envelope", f"{twice[0]} is said twice: as an attribute and in the data")
    if "expected_version" in known:
        known["expected_version"] = _number(known["expected_version"])
    return data | known


def _number(said: Any) -> Any:
    """A number that had to be said as text: an attribute of a CloudEvent may be, a header always is."""
    # Ten digits hold every version; Python refuses to read thousands.
    is_number = isinstance(said, str) and said.isascii() and said.isdigit() and len(said) <= 10
    return int(said) if is_number else said


def _with_headers(body: dict[str, Any], headers: Mapping[str, bytes]) -> dict[str, Any]:
    found = [name for name in _BARE_HEADERS if name in headers]
    twice = [name for name in found if name in body]
    if twice:
        raise BadMessage("bad_envelope", f"{twice[0]} is said twice: as a header and in the message")
    try:
        return body | {name: headers[name].decode("utf-8") for name in found}
    except UnicodeError:
        raise BadMessage("bad_envelope", f"the headers {' and '.join(_BARE_HEADERS)} are UTF-8") from None


def _from_bare(body: dict[str, Any], verbs: Collection[str]) -> dict[str, Any]:
    taken = sorted({"verb", "job"} & body.keys())
    if taken:
        raise BadMessage("bad_envelope", f"unknown field {taken[0]!r}", '{"pause": "JOB", "reason": "…"}')
    said = [name for name in body if name in verbs]
    if len(said) != 1:
        return body
    fields = {name: value for name, value in body.items() if name != said[0]}
    return {**fields, "verb": said[0], "job": body[said[0]]}
