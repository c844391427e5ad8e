"""The story of one job, newest first, with the workers' acks folded away."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..api import Admin
from ..cli.render import plain
from ..errors import InvalidCommand
from ..event_view import EventView, facts_of, view_of
from .diagram import TARGETS
from .looks import look_of

ACK: Final = "WorkerAcked"
EVENTS_ON_A_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """An event. `look` is that of the state it led to, empty if it moved nothing; `raw` the event itself, as JSON."""

    version: int
    seq: int
    at: datetime
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


def timeline(events: Iterable[EventView]) -> list[Entry | Acks]:
    """From events in version order."""
    told: list[Entry | Acks] = []
    folded: list[Entry] = []
    for event in events:
        entry = _entry(event)
        if event.event == ACK:
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


def _entry(seen: EventView) -> Entry:
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
        json.dumps(asdict(seen), ensure_ascii=False, indent=1, default=plain),
    )


def events_of(admin: Admin, name: str, since: int, limit: int) -> tuple[Sequence[EventView], InvalidCommand | None]:
    """The events of the job or the policy after version `since`; as they stand, and why, where one cannot be read."""
    try:
        return [view_of(recorded) for recorded in admin.history(name, since, limit)], None
    except InvalidCommand as error:
        return raw_events_of(admin, name, EVENTS_ON_A_PAGE), error


def raw_events_of(admin: Admin, name: str, limit: int) -> Sequence[EventView]:
    """The last events of a job that this program cannot read, as the audit view has them. Raises InvalidCommand."""
    sql = "SELECT * FROM events WHERE job_id = :name ORDER BY version DESC LIMIT :most"
    columns, rows = admin.audit(sql, {"name": name, "most": limit})
    return [_raw(dict(zip(columns, row, strict=True))) for row in rows[::-1]]


def _raw(row: dict[str, Any]) -> EventView:
    at = row["at"] if isinstance(row["at"], datetime) else datetime.fromisoformat(row["at"])
    text = str(row["data"])
    data = {"code": "as it is", "message": text if len(text) <= 300 else f"{text[:300]}…"}
    return EventView(
        row["job_id"], row["version"], row["seq"], at.astimezone(UTC), row["event"], row["actor"], row["channel"],
        row["command_id"], row["epoch"], data,
    )  # fmt: skip
