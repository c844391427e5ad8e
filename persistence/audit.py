"""The answer to an audit query, and why there may be none. How a query is kept to reading: each database's `asked`."""

from typing import Any, Final

from .errors import AuditQueryError
from .store import AUDIT_ROWS_MAX, Table

_HINT: Final = "views: events, job_history, pauses, holds, refusals"


def table_of(cursor: Any) -> Table:
    """What the cursor gives. Raises AuditQueryError rather than leave rows out unsaid."""
    if cursor.description is None:
        raise only_reads("that gives no rows")
    rows = tuple(tuple(row) for row in cursor.fetchmany(AUDIT_ROWS_MAX + 1))
    if len(rows) > AUDIT_ROWS_MAX:
        message = f"the query gives more than {AUDIT_ROWS_MAX:,} rows"
        raise AuditQueryError("too_many_rows", message, "add WHERE or LIMIT, or count in the query")
    return Table(tuple(column[0] for column in cursor.description), rows)


def only_reads(said: str) -> AuditQueryError:
    """The statement wanted more than to read."""
    return AuditQueryError("not_a_query", f"an audit query is one SELECT and can only read: {said}", _HINT)


def query_timeout(timeout_s: float) -> AuditQueryError:
    """The time was up."""
    return AuditQueryError("query_timeout", f"the query took longer than {timeout_s:g} s and was ended", "ask for less")


def query_failed(said: str) -> AuditQueryError:
    """The database could not run it."""
    return AuditQueryError("query_failed", said, _HINT)
