"""Reading the `event` table, whatever stands in it."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, select
from sqlalchemy.exc import DBAPIError

from slackwater.core.codec import LogEvent, UnknownEvent, event_from
from slackwater.core.events import EVENTS, SCHEMA_VERSION
from slackwater.core.recorded import Recorded

from . import tables as t
from .dialect import Dialect
from .errors import UnreadableEvent
from .rows import recorded_from
from .store import Unreadable

OF_LOG: Final = select(t.event).where(t.event.c.seq > bindparam("after")).order_by(t.event.c.seq)
_PLACE: Final = (t.event.c.seq, t.event.c.job_id, t.event.c.version, t.event.c.prev_hash, t.event.c.hash)
OF_JOB: Final = (
    select(t.event)
    .where(t.event.c.job_id == bindparam("job_id"), t.event.c.version > bindparam("after"))
    .order_by(t.event.c.version)
)
IS_NEWER: Final = t.event.c.type.not_in(sorted(EVENTS)) | (t.event.c.schema_version > SCHEMA_VERSION)
"""Of an event of a job: this code does not know it."""


def found_events(
    connection: Connection, dialect: Dialect, query: Select[Any], **parameters: int | str
) -> list[Recorded | Unreadable]:
    """The events that the query chooses; in place of one that cannot be read, what can be said of it."""
    try:
        rows = connection.execute(query, parameters).mappings().all()
    except (ValueError, DBAPIError) as error:
        if is_trouble(error, dialect):
            raise
        # A value that no driver can hand over spoils the whole answer: one at a time shows which.
        places = query.with_only_columns(*_PLACE)
        found = connection.execute(places, parameters).mappings().all()
        return [_alone(connection, dialect, dict(place)) for place in found]
    return [_read(dict(row)) for row in rows]


def all_readable(found: list[Recorded | Unreadable]) -> list[Recorded]:
    """The same events. Raises UnreadableEvent for the first that is none."""
    for one in found:
        if isinstance(one, Unreadable):
            raise UnreadableEvent(one.seq, one.job_id, one.why)
    return found  # type: ignore[return-value]


def read_event(name: str, schema_version: int, data: str) -> LogEvent | None:
    """What an event says; None if that cannot be read."""
    try:
        return event_from(name, schema_version, json.loads(data))
    except (UnknownEvent, ValueError, RecursionError):
        return None


def _alone(connection: Connection, dialect: Dialect, place: Mapping[str, Any]) -> Recorded | Unreadable:
    try:
        row = connection.execute(select(t.event).where(t.event.c.seq == place["seq"])).mappings().one()
    except (ValueError, DBAPIError) as error:
        if is_trouble(error, dialect):
            raise
        return _unreadable(place, error)
    return _read(dict(row))


def _read(row: Mapping[str, Any]) -> Recorded | Unreadable:
    try:
        return recorded_from(row)
    except (UnknownEvent, ValueError, RecursionError) as error:
        return _unreadable(row, error, row)


def _unreadable(place: Mapping[str, Any], error: Exception, row: Mapping[str, Any] | None = None) -> Unreadable:
    said = str(getattr(error, "orig", error)).splitlines()[0]
    why = said if isinstance(error, UnknownEvent) else f"it cannot be read: {said}"
    numbers = (place["seq"], place["job_id"], place["version"], bytes(place["prev_hash"]), bytes(place["hash"]))
    return Unreadable(*numbers, why, row)


def is_trouble(error: Exception, dialect: Dialect) -> bool:
    """Of the database, not of a value in it."""
    return isinstance(error, DBAPIError) and dialect.translate(error).code != "bad_value"
