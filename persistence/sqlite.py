"""SQLite: a file. One writer at a time by BEGIN IMMEDIATE; readers see snapshots (WAL)."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError

from .audit import only_reads, query_failed, query_timeout
from .dialect import GUARDS, refuse_missing
from .errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable
from .network_file import network_file_system

_BUSY_TIMEOUT_S: Final = 5.0
_STEPS_BETWEEN_LOOKS: Final = 10_000
"""Instructions of SQLite's machine, a fraction of a millisecond."""
_READING: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


class SqliteDialect:
    """See Dialect."""

    POLL_S: Final = 0.03

    def engine(self, url: URL, *, create: bool = False) -> Engine:
        """See Dialect."""
        if not url.database or url.database == ":memory:":
            raise StoreRefused("not_durable", "sqlite :memory: cannot be shared", "give a file, or memory:// for tests")
        path = Path(url.database)
        _check_place(path)
        if not create and not path.exists():
            raise StoreRefused(
                "no_schema", f"there is no file {path}", "check the path, or create it: slackwater db upgrade"
            )
        engine = create_engine(
            # A mistyped name must not leave an empty file behind, nor a log that was moved away come back empty.
            url.set(database=f"file:{quote(url.database)}").update_query_dict(
                {"uri": "true", "mode": "rwc" if create else "rw"}
            ),
            connect_args={"timeout": _BUSY_TIMEOUT_S, "check_same_thread": False},
        )
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", self._on_begin)
        return engine

    @staticmethod
    def _on_connect(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL can lose the last commits at power loss
            "busy_timeout=5000",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # else INSERT OR REPLACE passes the delete guard
            "trusted_schema=OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @staticmethod
    def _on_begin(connection: Connection) -> None:
        # A deferred read→write upgrade fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    def begin_write(self, connection: Connection) -> None:
        """See Dialect."""

    def appended(self, connection: Connection, seq: int) -> None:
        """See Dialect."""

    def check(self, connection: Connection) -> None:
        """See Dialect."""
        found = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))}
        refuse_missing(found, GUARDS | {"event_no_replace", "command_no_replace"})
        verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar()
        if verdict != "ok":
            raise StoreRefused("corrupt", f"the database file is damaged: {verdict}", "restore it from a backup")

    def listen(self, engine: Engine, on_wake: Callable[[], None], stop: threading.Event) -> None:
        """`data_version` changes when another connection commits; asking costs microseconds."""
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            last = None
            while not stop.wait(self.POLL_S):
                version = raw.execute("PRAGMA data_version").fetchone()[0]  # type: ignore[union-attr]
                if version != last:
                    last = version
                    on_wake()

    @contextmanager
    def asked(self, engine: Engine, sql: str, parameters: Mapping[str, Any], timeout_s: float) -> Iterator[Any]:
        """See Dialect. By a connection of its own: the file is open for reading only, and all but reading is denied."""
        patience = _Patience(timeout_s)
        raw = None
        try:
            raw = sqlite3.connect(f"{engine.url.database}?mode=ro", uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            # The views call json_extract, which this SQLite lets only a trusted schema do.
            raw.execute("PRAGMA trusted_schema = ON")
            raw.set_authorizer(_authorize)
            raw.set_progress_handler(patience.is_over, _STEPS_BETWEEN_LOOKS)
            yield raw.execute(sql, parameters)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            raise self._of_query(str(error), patience) from error
        finally:
            if raw is not None:
                raw.close()

    @staticmethod
    def _of_query(said: str, patience: "_Patience") -> Exception:
        if said == "interrupted" and not patience.over:
            # Ctrl-C came while SQLite worked: it ends the query and drops what the signal's handler raised.
            raise KeyboardInterrupt
        if said == "interrupted":
            return query_timeout(patience.timeout_s)
        if "authoriz" in said:
            return only_reads(said)
        return _known(said) or query_failed(said)

    def translate(self, error: DBAPIError) -> StoreError:
        """See Dialect."""
        said = str(error.orig)
        if isinstance(error, DataError) or "Could not decode" in said:
            return StoreError("bad_value", f"the event log cannot hold this value: {said}")
        return _known(said) or StoreUnavailable("store_failed", f"the event log failed: {said}")


class _Patience:
    """How long a query may take."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.over = False
        self._until = time.monotonic() + timeout_s

    def is_over(self) -> bool:
        self.over = time.monotonic() > self._until
        return self.over


def _authorize(action: int, _: str | None, name: str | None, *__: str | None) -> int:
    may = action in _READING and not (action == sqlite3.SQLITE_FUNCTION and name == "load_extension")
    return sqlite3.SQLITE_OK if may else sqlite3.SQLITE_DENY


def _check_place(path: Path) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise StoreUnavailable(
            "store_unreachable", f"{path} is not a file in an existing directory", "mkdir it, or name another"
        )
    network = network_file_system(path)
    if network is not None:
        raise StoreRefused("network_file", f"{path} is on {network}: SQLite cannot lock there", "use PostgreSQL")


def _known(said: str) -> StoreError | None:
    if "locked" in said or "busy" in said:
        return StoreBusy("store_busy", f"the event log is locked: {said}", "another process holds it; try again")
    if "unable to open" in said or "readonly" in said or "read-only" in said:
        hint = "check that the directory exists and may be written to"
        return StoreUnavailable("store_unreachable", f"the event log cannot be opened: {said}", hint)
    if "malformed" in said or "not a database" in said:
        return StoreRefused("corrupt", f"the event log's file is damaged: {said}", "restore it from a backup")
    return None
