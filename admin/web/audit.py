"""The audit page: one SELECT over the log's views, as a table, CSV or JSON, under an address that can be passed on."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from slackwater.persistence.store import Table

from ..api import Admin
from ..as_of import past
from ..cli.render import objects_of, plain
from ..desk import translated
from ..errors import SlackwaterError
from .context import admin_of, web_of
from .filters import EVENT_NAMES, Filters, filters_of
from .ordering import AS_IT_CAME, Order, order_of
from .past import said_moment
from .problems import WebError, status_of
from .templates import page

ROWS_SHOWN: Final = 500
CLIP_CHARS: Final = 240
CLIP_CHARS_MIN: Final = 24
"""Of a cell, the more the fewer columns there are; all of it is unfolded. A row is one line, whatever stands in it."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SQL_CHARS_MAX: Final = 20_000
EXAMPLES: Final = (
    (
        "The last things that happened",
        """SELECT seq, at, job_id, event, actor, channel, reason
FROM job_history
WHERE seq <= :as_of
ORDER BY seq DESC
LIMIT 100""",
    ),
    (
        "Who paused how often, and for how long",
        """SELECT actor, count(*) AS pauses, round(sum(paused_s)) AS seconds
FROM pauses
GROUP BY actor
ORDER BY pauses DESC""",
    ),
    (
        "What holds a job still, and why",
        """SELECT job_id, hold, owner, since, until, reason
FROM holds
WHERE released_at IS NULL
ORDER BY since""",
    ),
    (
        "What was refused, and at which door",
        """SELECT at, job_id, verb, code, actor, channel, message
FROM refusals
ORDER BY at DESC
LIMIT 100""",
    ),
)
VIEWS: Final = {
    "events": "seq, job_id, version, event, at, actor, channel, command_id, epoch, data",
    "job_history": "job_id, version, seq, at, event, actor, channel, reason, epoch, command_id",
    "pauses": "job_id, hold, actor, reason, requested_at, paused_at, resumed_at, paused_s, resumed_by, ended_by, cut",
    "holds": "job_id, hold, owner, since, reason, released_at, released_by, until",
    "refusals": "command_id, job_id, verb, at, actor, channel, code, message, topic, topic_partition, topic_offset",
}

Asking = Annotated[Admin, Depends(admin_of)]
AsOf = Annotated[str, Query(max_length=40)]
Sorted = Annotated[Order, Depends(order_of)]
Wanted = Annotated[Filters, Depends(filters_of)]
router = APIRouter(include_in_schema=False)


@router.get("/audit")
def audit_page(request: Request, admin: Asking, order: Sorted, wanted: Wanted, sql: str = "", as_of: AsOf = "") -> Response:
    """The forms, and the answer to what they ask. Without `as_of` the log is asked as it is now; the address says when."""
    with translated():
        head = web_of(request).store.head().seq
    sql = sql.strip() or EXAMPLES[0][1]
    table, error, seq = None, None, head
    try:
        sql = wanted.sql() if wanted.is_said else sql
        seq = _position(request, as_of)
        table = _asked(admin, sql, seq, order)
    except SlackwaterError as found:
        error = found
    return page(
        request,
        "audit.html",
        200 if error is None else status_of(error),
        seq=head,
        sql=sql,
        as_of=seq,
        is_pinned=bool(as_of),
        said=as_of,
        uses_as_of=":as_of" in sql,
        columns=table.columns if table else (),
        rows=[[_cell(value) for value in row] for row in table.rows[:ROWS_SHOWN]] if table else None,
        total=len(table.rows) if table else 0,
        clip=max(CLIP_CHARS // max(len(table.columns), 1), CLIP_CHARS_MIN) if table else 0,
        error=error,
        order=order,
        wanted=wanted,
        event_names=EVENT_NAMES,
        examples=EXAMPLES,
        views=VIEWS,
    )


@router.get("/audit.csv")
def audit_csv(request: Request, admin: Asking, order: Sorted, sql: str, as_of: AsOf = "") -> Response:
    """Every row, for a spreadsheet: text that one would take for a formula begins with an apostrophe."""
    table = _asked(admin, sql, _position(request, as_of), order)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([_harmless(value) for value in row] for row in table.rows)
    return _download(text.getvalue(), "text/csv; charset=utf-8", "audit.csv")


@router.get("/audit.json")
def audit_json(request: Request, admin: Asking, order: Sorted, sql: str, as_of: AsOf = "") -> Response:
    """Every row as an object, exactly as `slackwater audit --output json` has it."""
    rows = rows_of(request, admin, sql, as_of, order)
    return _download(json.dumps(rows, ensure_ascii=False, indent=1), "application/json", "audit.json")


def rows_of(request: Request, admin: Admin, sql: str, as_of: str, order: Order = AS_IT_CAME) -> list[dict[str, Any]]:
    """The answer as objects. Raises InvalidCommand."""
    return objects_of(_asked(admin, sql, _position(request, as_of), order))


def _position(request: Request, as_of: str) -> int:
    """The event that `:as_of` stands for: the last one now, if nothing was said. Raises InvalidCommand `bad_time`."""
    moment = past(said_moment(as_of)) if as_of else None
    store = web_of(request).store
    with translated():
        return store.head().seq if moment is None else moment if isinstance(moment, int) else store.as_of(moment, ()).seq


def _asked(admin: Admin, sql: str, as_of: int, order: Order) -> Table:
    """Raises InvalidCommand; a query cannot change anything, by the database's own word."""
    if len(sql) > SQL_CHARS_MAX:
        raise WebError("too_large", f"a query has {SQL_CHARS_MAX} characters at most", status=413)
    table = admin.audit(sql, {"as_of": as_of} if ":as_of" in sql else {})
    if not order.column:
        return table
    if order.column not in table.columns:
        hint = f"columns: {', '.join(table.columns)}"
        raise WebError("bad_sort", f"no column is called {order.column[:40]!r}", hint=hint)
    at = table.columns.index(order.column)
    return Table(table.columns, tuple(order.of(table.rows, lambda row: row[at])))


def _cell(value: Any) -> str:
    """For people: a time to the second. SQLite has no type of its own for it."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(plain(value))


def _harmless(value: Any) -> Any:
    text = plain(value)
    return f"'{text}" if isinstance(text, str) and text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _download(text: str, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8", "replace"), media_type=media_type, headers=headers)
