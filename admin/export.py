"""The event log as a file, as JSON Lines or Parquet: each event as it stands, with its hashes, to be checked anywhere."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from slackwater.core.codec import canonical, event_data, time_text
from slackwater.core.events import name_of
from slackwater.core.recorded import Recorded
from slackwater.persistence.errors import UnreadableEvent
from slackwater.persistence.store import EventStore, Unreadable

from .as_of import past
from .desk import translated
from .errors import InvalidCommand
from .whole_file import whole_file

CHUNK_EVENTS: Final = 5000
"""In memory at once; a row group of Parquet."""
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file holds: `hash` (hex) is that of its last event. Without events the last three are None."""

    name: str
    """Of the file."""
    format: str
    events: int
    first_seq: int | None
    last_seq: int | None
    hash: str | None


def export(
    store: EventStore,
    path: Path,
    format: str,
    first: int | datetime,
    last: int | datetime | None,
    job: str | None,
    *,
    force: bool,
) -> Exported:
    """See Questions.export."""
    if format not in _WRITERS:
        raise InvalidCommand("bad_format", f"there is no format {format[:40]!r}", hint=f"one of {', '.join(_WRITERS)}")
    after = _before(store, first)
    with translated():
        until = store.head().seq if last is None else store.as_of(past(last), ()).seq
    if last is not None and _is_backwards(first, last, after, until):
        raise InvalidCommand("bad_range", "the range ends before it begins", hint="is it from the later to the earlier?")
    count, first_seq, end = 0, None, None
    with whole_file(path, force=force) as file, closing(_WRITERS[format](file)) as writer:
        for events in _pages(store, after, until, job):
            writer.write(events)
            count, first_seq, end = count + len(events), first_seq or events[0].seq, events[-1]
    return Exported(str(path), format, count, first_seq, end.seq if end else None, end.hash.hex() if end else None)


def _before(store: EventStore, first: int | datetime) -> int:
    """The event before the first that is wanted; of a time, the last that was recorded before it."""
    moment = first - 1 if isinstance(first, int) else max(past(first), _BEGINNING + _INSTANT) - _INSTANT
    with translated():
        return store.as_of(moment, ()).seq


def _is_backwards(first: int | datetime, last: int | datetime, after: int, until: int) -> bool:
    """Between two times there may be no event; from or to an event there is that one. Before the first there is nothing."""
    if isinstance(first, datetime) and isinstance(last, datetime):
        return first > last
    return 0 < after >= until


def _pages(store: EventStore, after: int, until: int, job: str | None) -> Iterator[Sequence[Recorded | Unreadable]]:
    """What is appended meanwhile is left out: the file ends where it was decided to. A page has events."""
    place = 0 if job else after
    while True:
        with translated():
            found = store.scan(place, CHUNK_EVENTS, job)
        chosen = [recorded for recorded in found if after < recorded.seq <= until]
        if chosen:
            yield chosen
        if len(found) < CHUNK_EVENTS or found[-1].seq >= until:
            return
        place = found[-1].version if job else found[-1].seq


def _row(recorded: Recorded | Unreadable) -> dict[str, Any]:
    """The columns of the view `events`, and those of the chain. Raises SlackwaterError for what no file can hold."""
    if isinstance(recorded, Unreadable):
        return _row_as_it_stands(recorded)
    return {
        "seq": recorded.seq,
        "job_id": recorded.job_id,
        "version": recorded.version,
        "event": name_of(recorded.event),
        "at": recorded.at,
        "actor": recorded.actor,
        "channel": recorded.channel,
        "command_id": recorded.command_id,
        "epoch": recorded.epoch,
        "data": event_data(recorded.event),
        "schema_version": recorded.schema_version,
        "prev_hash": recorded.prev_hash.hex(),
        "hash": recorded.hash.hex(),
    }


def _row_as_it_stands(event: Unreadable) -> dict[str, Any]:
    """An event that only a newer Slackwater can read, or that was garbled: nothing is left out for not being understood."""
    if event.row is None:
        with translated():
            raise UnreadableEvent(event.seq, event.job_id, event.why)
    row = {"event" if name == "type" else name: value for name, value in event.row.items()}
    return {**row, "data": _said(row["data"]), "prev_hash": row["prev_hash"].hex(), "hash": row["hash"].hex()}


def _said(data: str) -> Any:
    """What the JSON says; what is none, or none that every reader takes, as the text it is."""
    try:
        found = json.loads(data)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return data
    return found


class _Lines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, events: Iterable[Recorded | Unreadable]) -> None:
        self._file.writelines(_line(_row(recorded)) for recorded in events)

    def close(self) -> None:
        """Nothing is left to write."""


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps({**row, "at": time_text(row["at"])}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class _Parquet:
    """`data` is JSON text."""

    def __init__(self, file: IO[bytes]) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        text, number, small = pa.string(), pa.int64(), pa.int32()
        kinds = {
            "seq": number, "job_id": text, "version": small, "event": text, "at": pa.timestamp("us", "UTC"), "actor": text,
            "channel": text, "command_id": text, "epoch": small, "data": text, "schema_version": small, "prev_hash": text,
            "hash": text,
        }  # fmt: skip
        self._schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in kinds.items()])
        self._batch = pa.RecordBatch
        self._writer = ParquetWriter(file, self._schema, compression="zstd")

    def write(self, events: Iterable[Recorded | Unreadable]) -> None:
        rows = [{**row, "data": canonical(row["data"]).decode()} for row in map(_row, events)]
        self._writer.write_batch(self._batch.from_pylist(rows, self._schema))

    def close(self) -> None:
        self._writer.close()


_WRITERS: Final[dict[str, type[_Lines] | type[_Parquet]]] = {"jsonl": _Lines, "parquet": _Parquet}
