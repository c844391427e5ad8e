"""An event as every surface shows it. Field names are the JSON field names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slackwater.core.codec import event_data
from slackwater.core.cut import PartitionOffset, cut_text
from slackwater.core.events import WorkerAcked, name_of
from slackwater.core.recorded import Recorded
from slackwater.core.spec import UNNAMED
from slackwater.persistence.store import Unreadable


@dataclass(frozen=True, slots=True)
class EventView:
    """`data` holds the event's own fields; what they mean is `core/events.py`'s."""

    job: str
    version: int
    seq: int
    at: datetime
    event: str
    actor: str
    channel: str
    command_id: str
    epoch: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UnreadableView:
    """An event that this program cannot read, in its place: a newer Slackwater wrote it, or it is not what was written."""

    job: str
    version: int
    seq: int
    unreadable: str
    """Why."""
    event: None = None


def shown(recorded: Recorded | Unreadable) -> EventView | UnreadableView:
    """The event as every surface shows it."""
    if isinstance(recorded, Unreadable):
        return UnreadableView(recorded.job_id, recorded.version, recorded.seq, recorded.why)
    return view_of(recorded)


def view_of(recorded: Recorded) -> EventView:
    """The event as it stands in the log."""
    return EventView(
        recorded.job_id,
        recorded.version,
        recorded.seq,
        recorded.at,
        name_of(recorded.event),
        recorded.actor,
        recorded.channel,
        recorded.command_id,
        recorded.epoch,
        event_data(recorded.event),
    )


def is_ack(recorded: Recorded | Unreadable) -> bool:
    """Of a worker for its partitions: most of a history, and seldom what is looked for."""
    return isinstance(recorded, Recorded) and isinstance(recorded.event, WorkerAcked)


def facts_of(data: Mapping[str, Any]) -> list[str]:
    """What an event's own fields say, in a few words for people; the reason first, in quotes."""
    facts = [f'"{data["reason"]}"'] if data.get("reason") else []
    if data.get("spec") and data["spec"]["version"] != UNNAMED:
        facts.append(f"version {data['spec']['version']}")
    if data.get("message"):
        facts.append(f"{data['code']}: {data['message']}")
    # A pause is by the operator's hold unless it says another; beside other holds each has its name.
    if data.get("hold") and (data["hold"] != "operator" or "deadline" not in data):
        facts.append(f"hold {data['hold']}")
    if data.get("until"):
        facts.append(f"until {data['until'][:19].replace('T', ' ')} UTC")
    if data.get("cut"):
        facts.append(cut_text(tuple(PartitionOffset(*place) for place in data["cut"])))
    for about in (data.get("flag"), data.get("window"), data.get("rule")):
        if about:
            facts.append(", ".join(f"{name} {value}" for name, value in about.items() if value is not None))
    if data.get("metric"):
        facts.append(f"{data['metric']} {data['value']}")
    if data.get("name"):
        facts.append(data["name"])
    if data.get("worker"):
        facts.append(f"{data['worker']} is {data['stance']}")
    return facts
