"""The golden row of each event type: its stored bytes and the hash over them, kept in events.golden.jsonl.

`python -m tests.histories.golden` prints the rows this code would write. A row that is released never changes; a new
event type or schema version adds one.
"""

import json
from pathlib import Path
from typing import Any, Final

from slackwater.core.codec import LogEvent, RowHash, canonical, event_data, event_text
from slackwater.core.events import SCHEMA_VERSION, name_of
from slackwater.core.recorded import GENESIS

from .examples import AT, EXAMPLES

FILE: Final = Path(__file__).parent / "events.golden.jsonl"


def event_hash(prev_hash: bytes, *, seq: int, version: int, event: LogEvent, **columns: Any) -> bytes:
    """The hash of an event with the other columns of RowHash."""
    return RowHash(prev_hash, type=name_of(event), data=event_text(event), **columns).at(seq, version)


def golden_row(event: LogEvent) -> dict[str, Any]:
    """Type, version, the canonical bytes of the data as text, and the hash of the event as first row of a log."""
    digest = event_hash(
        GENESIS,
        seq=1,
        job_id="orders_big",
        version=1,
        epoch=0,
        at=AT,
        actor="ana",
        channel="api",
        command_id="c1",
        event=event,
    )
    data = canonical(event_data(event)).decode()
    return {"type": name_of(event), "schema_version": SCHEMA_VERSION, "data": data, "hash": digest.hex()}


def golden_rows() -> list[dict[str, Any]]:
    """The rows in the file."""
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    for example in EXAMPLES:
        print(json.dumps(golden_row(example), ensure_ascii=False))
