"""What differs between SQLite and PostgreSQL: connecting, beginning a write, telling errors apart, waking readers."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from .errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable
from .network_file import network_file_system

GUARDS: Final = frozenset(
    {
        "event_no_update",
        "event_no_delete",
        "event_no_replace",
        "command_no_update",
        "command_no_delete",
        "command_no_replace",
    }
)


class Dialect(Protocol):
    """One database's ways. Errors come out as StoreError, never with a password in them."""

    def engine(self, url: URL) -> Engine:
        """An engine whose connections are set up as the log needs them."""
        ...

    def begin_write(self, connection: Connection) -> None:
        """Set the limits of a write transaction that has just begun."""
        ...

    def lock_clause(self) -> str:
        """What makes a SELECT take the row's lock."""
        ...

    def appended(self, connection: Connection, seq: int) -> None:
        """Tell readers elsewhere, as part of the transaction."""
        ...

    def check(self, connection: Connection) -> None:
        """Raise StoreRefused if a guard is missing or the settings are not safe."""
        ...

    def listen(self, engine: Engine, on_wake: Callable[[], None], stop: threading.Event) -> None:
        """Call `on_wake` whenever the log may have grown, until `stop`."""
        ...

    def run_read_only(self, raw: Any, statement: str, parameters: dict[str, Any]) -> Any:
        """A cursor over one statement that cannot write, on a driver connection that is thrown away afterwards."""
        ...

    def translate(self, error: DBAPIError) -> StoreError:
        """The error as the port's own."""
        ...


class SqliteDialect:
    """A file. One writer at a time by BEGIN IMMEDIATE; readers see snapshots (WAL)."""

    POLL_S: Final = 0.03

    def engine(self, url: URL) -> Engine:
        """See Dialect."""
        if url.database and url.database != ":memory:":
            self._check_directory(Path(url.database))
        else:
            raise StoreRefused("not_durable", "sqlite :memory: cannot be shared", "give a file, or memory:// for tests")
        engine = create_engine(url, connect_args={"timeout": 5.0, "check_same_thread": False})
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", self._on_begin)
        return engine

    @staticmethod
    def _check_directory(path: Path) -> None:
        if path.is_dir() or not path.parent.is_dir():
            raise StoreUnavailable(
                "store_unreachable", f"{path} is not a file in an existing directory", "mkdir it, or name another"
            )
        network = network_file_system(path)
        if network is not None:
            raise StoreRefused("network_file", f"{path} is on {network}: SQLite cannot lock there", "use PostgreSQL")

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

    def lock_clause(self) -> str:
        """See Dialect."""
        return ""

    def appended(self, connection: Connection, seq: int) -> None:
        """See Dialect."""

    def check(self, connection: Connection) -> None:
        """See Dialect."""
        found = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))}
        _refuse_missing(found)
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

    def run_read_only(self, raw: Any, statement: str, parameters: dict[str, Any]) -> Any:
        """See Dialect. The views call json_extract, which this SQLite lets only a trusted schema do."""
        raw.execute("PRAGMA trusted_schema = ON")
        raw.execute("PRAGMA query_only = ON")
        return raw.execute(statement, parameters)

    def translate(self, error: DBAPIError) -> StoreError:
        """See Dialect."""
        said = str(error.orig)
        if "locked" in said or "busy" in said:
            return StoreBusy("store_busy", f"the event log is locked: {said}", "another process holds it; try again")
        if "unable to open" in said or "readonly" in said or "read-only" in said:
            hint = "check that the directory exists and may be written to"
            return StoreUnavailable("store_unreachable", f"the event log cannot be opened: {said}", hint)
        if "malformed" in said or "not a database" in said:
            return StoreRefused("corrupt", f"the event log's file is damaged: {said}", "restore it from a backup")
        return StoreUnavailable("store_failed", f"the event log failed: {said}")


class PostgresDialect:
    """A server. Short transactions with limits; NOTIFY is a wake-up only, the poll makes it certain."""

    CHANNEL: Final = "slackwater"
    POLL_S: Final = 1.0

    def engine(self, url: URL) -> Engine:
        """See Dialect."""
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            connect_args={"connect_timeout": 5},
        )

    def begin_write(self, connection: Connection) -> None:
        """See Dialect."""
        connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        connection.execute(text("SET LOCAL statement_timeout = '5s'"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10s'"))

    def lock_clause(self) -> str:
        """See Dialect."""
        return " FOR UPDATE"

    def appended(self, connection: Connection, seq: int) -> None:
        """See Dialect."""
        connection.execute(text("SELECT pg_notify(:channel, :seq)"), {"channel": self.CHANNEL, "seq": str(seq)})

    def check(self, connection: Connection) -> None:
        """See Dialect."""
        found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"))
        _refuse_missing(
            {row[0] for row in found},
            {"event_no_truncate", "command_no_truncate"} | GUARDS - {"event_no_replace", "command_no_replace"},
        )
        for setting in ("synchronous_commit", "fsync"):
            if connection.execute(text(f"SHOW {setting}")).scalar() == "off":
                hint = f"turn {setting} on: a pause that is lost at a crash was no pause"
                raise StoreRefused("unsafe_settings", f"PostgreSQL runs with {setting}=off", hint)

    def listen(self, engine: Engine, on_wake: Callable[[], None], stop: threading.Event) -> None:
        """See Dialect."""
        import psycopg

        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"LISTEN {self.CHANNEL}"))
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            while not stop.is_set():
                for _ in raw.notifies(timeout=self.POLL_S, stop_after=1):
                    pass
                on_wake()

    def run_read_only(self, raw: Any, statement: str, parameters: dict[str, Any]) -> Any:
        """See Dialect. A prepared statement is one statement: the protocol refuses a second."""
        raw.execute("SET TRANSACTION READ ONLY")
        raw.execute("SET LOCAL statement_timeout = '30s'")
        return raw.execute(statement, parameters, prepare=True)

    def translate(self, error: DBAPIError) -> StoreError:
        """See Dialect."""
        state = getattr(error.orig, "sqlstate", None)
        said = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
        if state in {"40001", "40P01", "55P03", "57014"}:
            return StoreBusy("store_busy", "another appender holds the event log", "try again")
        if state in {"28P01", "28000", "42501"} or "password authentication" in said:
            return StoreRefused(
                "access_denied", "PostgreSQL refused the user or the password", "check the URL's user and password"
            )
        if state == "3D000" or ("does not exist" in said and state is None):
            return StoreUnavailable("store_unreachable", "PostgreSQL has no such database", "createdb it, or name another")
        return StoreUnavailable(
            "store_unreachable", f"PostgreSQL: {_without_secrets(said)}", "is it running, and is the URL right?"
        )


def _without_secrets(said: str) -> str:
    return said.split("password", 1)[0].strip() or "connection failed"


def _refuse_missing(found: set[str], wanted: frozenset[str] | set[str] = GUARDS) -> None:
    missing = sorted(wanted - found)
    if missing:
        hint = "the log could be changed unseen; restore the trigger, then `slackwater verify`"
        raise StoreRefused("guard_missing", f"append-only guards are missing: {', '.join(missing)}", hint)


DIALECTS: Final[Mapping[str, Callable[[], Dialect]]] = MappingProxyType(
    {"sqlite": SqliteDialect, "postgresql": PostgresDialect}
)
"""By the backend's name in the URL."""
