"""The answer to an audit query, and why there may be none. How a query is kept to reading: each database's `asked`."""

import re
from collections.abc import Iterable
from typing import Any, Final

from .errors import AuditQueryError
from .store import AUDIT_BYTES_MAX, AUDIT_ROWS_MAX, Table

_HINT: Final = "views: events, job_history, pauses, holds, refusals"
_READING: Final = re.compile(r"(\s|\(|--[^\n]*(\n|$)|/\*.*?\*/)*(SELECT|WITH|VALUES|TABLE|EXPLAIN|SHOW)\b", re.I | re.S)
"""How a statement begins that only reads. It chooses the code of an error; what a statement may do, the database decides."""
_SCALAR_BYTES: Final = 8


def table_of(columns: Iterable[str], found: Iterable[Iterable[Any]]) -> Table:
    """What was found, read row by row. Raises AuditQueryError rather than leave rows out unsaid, or fill the memory."""
    rows, left = [], AUDIT_BYTES_MAX
    for one in found:
        rows.append(tuple(one))
        left -= sum(len(cell) if isinstance(cell, str | bytes) else _SCALAR_BYTES for cell in rows[-1])
        if len(rows) > AUDIT_ROWS_MAX:
            message = f"the query gives more than {AUDIT_ROWS_MAX:,} rows"
            raise AuditQueryError("too_many_rows", message, "add WHERE or LIMIT, or count in the query")
        if left < 0:
            raise too_large()
    return Table(tuple(columns), tuple(rows))


def too_large(said: str = "") -> AuditQueryError:
    """All cells together, or one value of which the database said so."""
    message = said or f"the query gives more than {AUDIT_BYTES_MAX // 1_000_000} MB"
    return AuditQueryError("too_large", message, "ask for fewer rows or columns, or for a part of the text: substr")


def only_reads(said: str) -> AuditQueryError:
    """The statement wanted more than to read."""
    return AuditQueryError("not_a_query", f"an audit query is one SELECT and can only read: {said}", _HINT)


def query_timeout(timeout_s: float) -> AuditQueryError:
    """The time was up."""
    return AuditQueryError("query_timeout", f"the query took longer than {timeout_s:g} s and was ended", "ask for less")


def query_failed(sql: str, said: str) -> AuditQueryError:
    """The database could not run it: a SELECT that is wrong, or no SELECT at all."""
    return AuditQueryError("query_failed", said, _HINT) if _READING.match(sql) else only_reads(said)
