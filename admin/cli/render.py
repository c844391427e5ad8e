"""Results as text: tables for people, JSON or YAML for programs. stdout carries data only."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from slackwater.core.duration import duration_text
from slackwater.core.job import Hold
from slackwater.persistence.store import Table as Answer

from ..errors import InvalidCommand
from .app import Output, as_text

console = Console()
messages = Console(stderr=True)


def plain(value: Any) -> Any:
    """Any result as JSON: dataclasses by field, times as RFC 3339 in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal | float):
        # JSON has no word for infinity, nor for what is no number.
        return float(value) if isfinite(value) else None
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, int) else _printable(value)


def objects_of(table: Answer) -> list[dict[str, Any]]:
    """The rows of an audit query for programs. Raises InvalidCommand where a row is no object: two columns of one name."""
    twice = next((name for name, times in Counter(table.columns).items() if times > 1), None)
    if twice is not None:
        raise InvalidCommand("same_names", f"two columns are named {twice}", hint="give each its own name: SELECT … AS …")
    try:
        return [dict(zip(table.columns, plain(row), strict=True)) for row in table.rows]
    except RecursionError:
        raise InvalidCommand("too_large", "a value is nested too deeply", hint="ask for a part of it") from None


def busy(what: str) -> AbstractContextManager[Any]:
    """Says on a terminal what takes its time, while it does."""
    return messages.status(what) if messages.is_terminal else nullcontext()


def show(rows: Sequence[Any], columns: Sequence[str], cells: Iterable[Sequence[Any]], output: Output) -> None:
    """Many results: `rows` for programs, `columns` and `cells` for people. A row has a `name`, or the `job` it is about."""
    match output:
        case Output.JSON | Output.YAML:
            print(as_text([plain(row) for row in rows], output))
        case Output.JSONL:
            for row in rows:
                print(as_text(plain(row), output))
        case Output.NAME:
            for row in rows:
                named = _name_of(plain(row))
                print("" if named is None else named)
        case Output.TABLE:
            wide = console if sys.stdout.isatty() else Console(width=240)
            wide.print(table_of(columns, cells))


def table_of(columns: Sequence[str], cells: Iterable[Sequence[Any]]) -> Table:
    """A table for people; what is empty is a dash."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for cell in cells:
        table.add_row(*(Text("–" if item in (None, "") else _printable(item)) for item in cell))
    return table


def _printable(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def one(result: Any, output: Output) -> bool:
    """One result for programs; False if people want words instead."""
    if output is Output.TABLE:
        return False
    data = plain(result)
    print(_name_of(data) if output is Output.NAME else as_text(data, output))
    return True


def _name_of(data: Any) -> Any:
    return data["name"] if "name" in data else data["job"]


def until(at: datetime | None) -> str:
    """How long until: 8m 58s."""
    return duration_text(max((at - datetime.now(UTC)).total_seconds(), 0)) if at is not None else ""


def clock(at: datetime, timespec: str = "seconds") -> str:
    """On the clock of whoever reads it; with the date, if that is not today's."""
    here = at.astimezone()
    time = here.time().isoformat(timespec)
    return time if here.date() == datetime.now().astimezone().date() else f"{here.date()} {time}"


def hold_text(hold: Hold) -> str:
    """deploy-42 by ana: "new text", until 14:32:10 (8m 58s left)."""
    why = f': "{hold.reason}"' if hold.reason else ""
    ends = f", until {clock(hold.until)} ({until(hold.until)} left)" if hold.until else ""
    return f"{hold.name} by {hold.by}{why}{ends}"


def ago(at: datetime | None) -> str:
    """How long since: 41s, 1m02s, 3h05m."""
    if at is None:
        return "–"
    seconds = max(int((datetime.now(UTC) - at).total_seconds()), 0)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    return f"{seconds // 3600}h{seconds % 3600 // 60:02}m"
