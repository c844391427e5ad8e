"""One audit query to PostgreSQL: as a role that can only read, from which the query cannot get back to who connected.

A role that is set can be set again, also from inside a SELECT. Within a function that is SECURITY DEFINER PostgreSQL allows
no change of role, so the query runs in such a function, made for it alone and owned by who reads.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg import errors as pg
from psycopg import sql as of_sql

from .audit import only_reads, query_failed, query_timeout, table_of, too_large
from .errors import StoreError, StoreRefused, StoreUnavailable
from .store import AUDIT_BYTES_MAX, AUDIT_ROWS_MAX, Table

_READER: Final = """SELECT rolname FROM pg_roles
WHERE rolname IN ('slackwater_reader', 'pg_read_all_data') AND pg_has_role(oid, 'MEMBER')
  AND has_table_privilege(oid, 'events', 'SELECT') ORDER BY rolname DESC LIMIT 1"""
"""Who reads for an audit query, best first; if there is none, who connected reads with the rights there are."""
_FUNCTION: Final = """CREATE FUNCTION pg_temp.slackwater_asked(query text, rows_left bigint, bytes_left bigint)
RETURNS SETOF record LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE found record;
BEGIN
  FOR found IN EXECUTE query LOOP
    RETURN NEXT found;
    rows_left := rows_left - 1;
    bytes_left := bytes_left - octet_length(found::text);
    IF bytes_left < 0 THEN RAISE USING ERRCODE = 'program_limit_exceeded'; END IF;
    EXIT WHEN rows_left < 0;
  END LOOP;
END $$"""
_PARTS: Final = re.compile(
    r"""\bE'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|(?<![:\w]):([A-Za-z_]\w*)""",
    re.DOTALL | re.IGNORECASE,
)
"""What can hold a colon: texts, names, comments; and a parameter, whose name is the second group."""


class PostgresQuestion:
    """Leaves settings behind: the connection is of no further use."""

    def __init__(self, raw: psycopg.Connection[Any], sql: str, parameters: Mapping[str, Any]) -> None:
        self._raw = raw
        self._sql = sql
        self._parameters = parameters

    def answer(self, timeout_s: float) -> Table:
        """Raises AuditQueryError, StoreUnavailable, StoreRefused."""
        try:
            self._prepare(timeout_s)
            return self._rows(_filled_in(self._sql, self._parameters, self._raw))
        except (psycopg.Error, ValueError, OverflowError, RecursionError, MemoryError) as error:
            if self._raw.closed:
                raise StoreUnavailable("store_unreachable", "PostgreSQL went away", "is it running?") from error
            raise self._meant(error, timeout_s) from error

    def _prepare(self, timeout_s: float) -> None:
        execute = self._raw.execute
        try:
            execute("SET TRANSACTION READ WRITE")
            execute("SELECT set_config('statement_timeout', %s, true)", [f"{max(timeout_s * 1000, 1):.0f}ms"])
            reader = execute(_READER).fetchone()
            if reader is not None:
                execute(of_sql.SQL("SET LOCAL ROLE {}").format(of_sql.Identifier(reader[0])))
            execute(_FUNCTION)
            execute("SET TRANSACTION READ ONLY")
        except (pg.InsufficientPrivilege, pg.FeatureNotSupported, pg.ReadOnlySqlTransaction) as error:
            hint = "GRANT TEMPORARY ON DATABASE … TO slackwater_reader; a standby cannot be asked"
            raise StoreRefused("access_denied", f"no audit query can be asked here: {_first_line(error)}", hint) from error

    def _rows(self, query: str) -> Table:
        names, types = self._columns(query)
        shape = ", ".join(f"c{place} {kind}" for place, kind in enumerate(types))
        asked = f"SELECT * FROM pg_temp.slackwater_asked({{}}, {AUDIT_ROWS_MAX}, {AUDIT_BYTES_MAX}) AS ({shape})"
        return table_of(names, self._raw.execute(of_sql.SQL(asked).format(of_sql.Literal(query))))

    def _columns(self, query: str) -> tuple[list[str], list[str]]:
        """Names and types, as PostgreSQL reads the statement without running it."""
        server, encoding = self._raw.pgconn, self._raw.info.encoding
        read = server.prepare(b"", query.encode(encoding))
        if read.status == psycopg.pq.ExecStatus.COMMAND_OK:
            read = server.describe_prepared(b"")
        if read.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise pg.error_from_result(read, encoding)
        if not read.nfields:
            raise only_reads("that gives no rows")
        places = range(read.nfields)
        kinds = self._raw.execute(
            "SELECT format_type(kind, -1) FROM unnest(%s::oid[]) WITH ORDINALITY AS t(kind, place) ORDER BY place",
            [[read.ftype(place) for place in places]],
        )
        return [(read.fname(place) or b"").decode(encoding) for place in places], [kind for (kind,) in kinds]

    def _meant(self, error: Exception, timeout_s: float) -> StoreError:
        said = _first_line(error)
        match error:
            case pg.QueryCanceled():
                return query_timeout(timeout_s)
            case pg.ProgramLimitExceeded() if error.diag.source_function == "exec_stmt_raise":
                return too_large()  # our own
            case pg.ProgramLimitExceeded() | pg.OutOfMemory() | MemoryError() | RecursionError():
                return too_large(said)
            case pg.ReadOnlySqlTransaction() | pg.InsufficientPrivilege() | pg.InvalidCursorDefinition():
                return only_reads(said)
            case pg.SyntaxError() if error.diag.source_function == "exec_parse_message":
                return only_reads(said)  # two statements
            case _:
                return query_failed(self._sql, said)


def _filled_in(sql: str, parameters: Mapping[str, Any], raw: psycopg.Connection[Any]) -> str:
    """Parameters as literals: a statement that is described, then run elsewhere, has no other place for them."""

    def value(part: re.Match[str]) -> str:
        name = part[2]
        return of_sql.Literal(parameters[name]).as_string(raw) if name in parameters else part[0]

    return _PARTS.sub(value, sql)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
