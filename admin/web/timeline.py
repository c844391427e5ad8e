"""The story of one job, newest first, with the workers' acks folded away."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from slackwater.core.recorded import Recorded
from slackwater.persistence.store import Unreadable

from ..cli.render import plain
from ..event_view import facts_of, is_ack, shown, view_of
from .diagram import TARGETS
from .looks import look_of

EVENTS_ON_A_PAGE: Final = 200
DATA_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """An event. `look` is that of the state it led to, empty if it moved nothing; `raw` the event itself, as JSON."""

    version: int
    seq: int
    at: datetime | None
    """None if it cannot be read."""
    event: str
    actor: str
    channel: str
    command_id: str
    look: str
    reason: str
    facts: tuple[str, ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Acks:
    """Acks that followed each other."""

    entries: tuple[Entry, ...]
    workers: str


def timeline(events: Iterable[Recorded | Unreadable]) -> list[Entry | Acks]:
    """From events in version order. One that cannot be read is shown as it stands in the log."""
    told: list[Entry | Acks] = []
    folded: list[Entry] = []
    for event in events:
        entry = _entry(event)
        if is_ack(event):
            folded.append(entry)
            continue
        _fold(told, folded)
        told.append(entry)
    _fold(told, folded)
    return told[::-1]


def _fold(told: list[Entry | Acks], folded: list[Entry]) -> None:
    if folded:
        told.append(Acks(tuple(folded[::-1]), ", ".join(sorted({entry.actor for entry in folded}))))
        folded.clear()


def _entry(event: Recorded | Unreadable) -> Entry:
    if isinstance(event, Unreadable):
        return _as_it_stands(event)
    seen = view_of(event)
    target = TARGETS.get(seen.event)
    known = {**seen.data, "reason": None}
    return Entry(
        seen.version,
        seen.seq,
        seen.at,
        seen.event,
        seen.actor,
        seen.channel,
        seen.command_id,
        look_of(target).name if target else "",
        str(seen.data.get("reason") or ""),
        tuple(facts_of(known)),
        _json(asdict(seen)),
    )


def _as_it_stands(event: Unreadable) -> Entry:
    """Its columns, if any driver can hand them over, and why it cannot be read."""
    row = dict(event.row or {})
    text = str(row.get("data", ""))
    facts = (event.why, *([f"as it is: {text[:DATA_CHARS]}{'…' * (len(text) > DATA_CHARS)}"] if text else []))
    event_type, actor, channel, command_id = (str(row.get(name, "")) for name in ("type", "actor", "channel", "command_id"))
    raw = asdict(shown(event)) | {name: value for name, value in row.items() if name not in {"prev_hash", "hash"}}
    return Entry(
        event.version, event.seq, row.get("at"), event_type, actor, channel, command_id, "unknown", "", facts, _json(raw)
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=plain)
