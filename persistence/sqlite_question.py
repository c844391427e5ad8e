"""One audit query to a SQLite file, by a connection of its own: open for reading only, and all but reading is denied."""

import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from .audit import only_reads, query_timeout, table_of
from .store import Table

_READING: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_LIMITS: Final = {
    # The square of it is what a single `instr` can take; no event of Slackwater's is as long.
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    # One row is in memory before it can be counted.
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
}
_LOOK_S: Final = 0.2


class SqliteQuestion:
    """Asked in a thread of its own, so that who asks has an answer in time, whatever SQLite is busy with."""

    def __init__(self, path: str, sql: str, parameters: Mapping[str, Any], wait_s: float) -> None:
        """Raises sqlite3.Error, if the file cannot be opened."""
        self._sql = sql
        self._parameters = parameters
        self._raw = sqlite3.connect(
            f"{path}?mode=ro", uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
        )
        # The views call json_extract, which this SQLite lets only a trusted schema do.
        self._raw.execute("PRAGMA trusted_schema = ON")
        self._raw.set_authorizer(_authorize)
        for limit, most in _LIMITS.items():
            self._raw.setlimit(limit, most)
        self._over = threading.Event()
        self._answer: Table | Exception | None = None

    def answer(self, timeout_s: float) -> Table:
        """Once. Raises AuditQueryError; what SQLite raised, as it is."""
        threading.Thread(target=self._ask, name="audit-query", daemon=True).start()
        try:
            until = time.monotonic() + timeout_s
            # A Ctrl-C that another thread got is seen between two looks.
            while not self._over.wait(min(_LOOK_S, max(until - time.monotonic(), 0))):
                if time.monotonic() >= until:
                    raise query_timeout(timeout_s)
        finally:
            # Also after Ctrl-C. A long function hears of it when it has come to its end.
            self._end()
        if isinstance(self._answer, Exception):
            raise self._answer
        assert self._answer is not None
        return self._answer

    def _ask(self) -> None:
        try:
            cursor = self._raw.execute(self._sql, self._parameters)
            if cursor.description is None:
                raise only_reads("that gives no rows")
            self._answer = table_of((column[0] for column in cursor.description), cursor)
        except Exception as error:
            self._answer = error
        finally:
            self._over.set()
            self._raw.close()

    def _end(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # it has closed by itself
            self._raw.interrupt()


def _authorize(action: int, _: str | None, name: str | None, *__: str | None) -> int:
    may = action in _READING and not (action == sqlite3.SQLITE_FUNCTION and name == "load_extension")
    return sqlite3.SQLITE_OK if may else sqlite3.SQLITE_DENY
