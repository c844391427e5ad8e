"""SQLite: a file. One writer at a time by BEGIN IMMEDIATE; readers see snapshots (WAL)."""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError

from .audit import only_reads, query_failed, too_large
from .dialect import GUARDS, refuse_missing
from .errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable
from .network_file import network_file_system
from .sqlite_question import SqliteQuestion
from .store import Table

_BUSY_TIMEOUT_S: Final = 5.0
_WRITES: Final = ("authoriz", "one statement", "cannot modify", "may not be modified")
"""Of what SQLite says of an audit query that wants to write, or of two."""


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

    def asked(self, engine: Engine, sql: str, parameters: Mapping[str, Any], timeout_s: float) -> Table:
        """See Dialect."""
        try:
            return SqliteQuestion(str(engine.url.database), sql, parameters, _BUSY_TIMEOUT_S).answer(timeout_s)
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError) as error:
            raise _of_query(sql, error) from error

    def translate(self, error: DBAPIError) -> StoreError:
        """See Dialect."""
        said = str(error.orig)
        if isinstance(error, DataError) or "Could not decode" in said:
            return StoreError("bad_value", f"the event log cannot hold this value: {said}")
        return _known(said) or StoreUnavailable("store_failed", f"the event log failed: {said}")


def _of_query(sql: str, error: Exception) -> StoreError:
    said = str(error)
    if isinstance(error, MemoryError) or "too big" in said:
        return too_large(said or "SQLite had not enough memory")
    if any(words in said for words in _WRITES):
        return only_reads(said)
    return _known(said) or query_failed(sql, said)


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
