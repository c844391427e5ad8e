"""Snapshots: every job as folded up to some event, so that the past need not be folded from the log's beginning.

Made from the events and worth nothing without them: one whose event has another hash by now is passed over, and `verify`
compares each with its own fold. They may be thrown away at any time.
"""

import hashlib
import json
import zlib
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, select, text

from slackwater.core.evolve import FOLD_VERSION
from slackwater.core.job import Job

from . import tables as t
from .store import Snapshot

SNAPSHOT_EVENTS: Final = 1000
"""One for so many events."""
_KEEP: Final = text(
    """INSERT INTO snapshot (seq, hash, shape, body) VALUES (:seq, :hash, :shape, :body)
    ON CONFLICT (seq) DO UPDATE SET hash = excluded.hash, shape = excluded.shape, body = excluded.body"""
)
_OF_SHAPE: Final = select(t.snapshot).where(t.snapshot.c.shape == bindparam("shape")).limit(1)
_LAST: Final = (
    _OF_SHAPE.join(t.event, (t.event.c.seq == t.snapshot.c.seq) & (t.event.c.hash == t.snapshot.c.hash))
    .where(t.snapshot.c.seq <= bindparam("until"))
    .order_by(t.snapshot.c.seq.desc())
)
_NEXT: Final = _OF_SHAPE.where(t.snapshot.c.seq > bindparam("after")).order_by(t.snapshot.c.seq)
_NEWEST_SEQ: Final = (
    select(t.snapshot.c.seq).where(t.snapshot.c.shape == bindparam("shape")).order_by(t.snapshot.c.seq.desc()).limit(1)
)


@cache
def _body() -> TypeAdapter[Any]:
    """Made when first needed: a command asks for no past."""
    return TypeAdapter(tuple[dict[str, Job], tuple[str, ...]])


@cache
def _shape() -> str:
    """Changes with any field of a job and with its meaning: what another folded is not what this one would have."""
    shape = (FOLD_VERSION, _body().json_schema())
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def keep(connection: Connection, snapshot: Snapshot) -> None:
    """In place of one of the same event, if there is any."""
    body = zlib.compress(_body().dump_json((snapshot.jobs, snapshot.lost)))
    connection.execute(_KEEP, {"seq": snapshot.seq, "hash": snapshot.hash, "shape": _shape(), "body": body})


def last(connection: Connection, until: int) -> Snapshot | None:
    """The last that can be read, of the first `until` events."""
    while (row := connection.execute(_LAST, {"shape": _shape(), "until": until}).one_or_none()) is not None:
        found = _read(row)
        if found.is_readable:
            return found
        until = found.seq - 1
    return None


def after(connection: Connection, seq: int) -> Snapshot | None:
    """The first after event `seq`, whatever is in it."""
    row = connection.execute(_NEXT, {"shape": _shape(), "after": seq}).one_or_none()
    return None if row is None else _read(row)


def newest_seq(connection: Connection) -> int:
    """Of the last; 0 without any."""
    return connection.execute(_NEWEST_SEQ, {"shape": _shape()}).scalar() or 0


def _read(row: Any) -> Snapshot:
    try:
        jobs, lost = _body().validate_json(zlib.decompress(row.body))
    except (zlib.error, ValueError):
        return Snapshot(row.seq, bytes(row.hash), {}, (), is_readable=False)
    return Snapshot(row.seq, bytes(row.hash), jobs, lost)
