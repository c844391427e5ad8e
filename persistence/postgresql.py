"""PostgreSQL: a server. Short transactions with limits; NOTIFY is a wake-up only, the poll makes it certain."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DataError, DBAPIError

from .dialect import GUARDS, refuse_missing
from .errors import StoreBusy, StoreError, StoreRefused, StoreUnavailable
from .postgresql_question import PostgresQuestion
from .store import Table

_LIMITS: Final = text(
    "SELECT set_config('lock_timeout', '2s', true), set_config('statement_timeout', '5s', true),"
    " set_config('idle_in_transaction_session_timeout', '10s', true)"
)
_ALIVE: Final = {"tcp_user_timeout": 15_000, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A server that is gone without a word (a firewall, a dead machine) is an error after some 20 s, not a wait for ever."""


class PostgresDialect:
    """See Dialect."""

    CHANNEL: Final = "slackwater"
    POLL_S: Final = 1.0

    def engine(self, url: URL, *, create: bool = False) -> Engine:
        """See Dialect. A database is made by its administrator, never here."""
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            connect_args={"connect_timeout": 5, **_ALIVE},
        )

    def begin_write(self, connection: Connection) -> None:
        """See Dialect."""
        connection.execute(_LIMITS)

    def appended(self, connection: Connection, seq: int) -> None:
        """See Dialect."""
        connection.execute(text("SELECT pg_notify(:channel, :seq)"), {"channel": self.CHANNEL, "seq": str(seq)})

    def check(self, connection: Connection) -> None:
        """See Dialect."""
        found = connection.execute(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"))
        refuse_missing({row[0] for row in found}, GUARDS | {"event_no_truncate", "command_no_truncate"})
        for setting in ("synchronous_commit", "fsync"):
            if connection.execute(text(f"SHOW {setting}")).scalar() == "off":
                hint = f"turn {setting} on: a pause that is lost at a crash was no pause"
                raise StoreRefused("unsafe_settings", f"PostgreSQL runs with {setting}=off", hint)

    def listen(self, engine: Engine, on_wake: Callable[[], None], stop: threading.Event) -> None:
        """See Dialect."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"LISTEN {self.CHANNEL}"))
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            while not stop.is_set():
                for _ in raw.notifies(timeout=self.POLL_S, stop_after=1):
                    pass
                on_wake()

    def asked(self, engine: Engine, sql: str, parameters: Mapping[str, Any], timeout_s: float) -> Table:
        """See Dialect. What was set for the query goes with the connection."""
        try:
            connection = engine.connect()
        except DBAPIError as error:
            raise self.translate(error) from None
        with connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            try:
                return PostgresQuestion(raw, sql, parameters).answer(timeout_s)
            finally:
                connection.invalidate()

    def translate(self, error: DBAPIError) -> StoreError:
        """See Dialect."""
        state = getattr(error.orig, "sqlstate", None) or ""
        said = str(error.orig).splitlines()[0] if str(error.orig) else type(error.orig).__name__
        if state in {"40001", "40P01", "55P03", "57014"}:
            return StoreBusy("store_busy", "another appender holds the event log", "try again")
        if isinstance(error, DataError) or state[:2] in {"22", "54"}:
            # Asked again it would be no other: a NUL, a time beyond year 9999, a text longer than an index takes.
            return StoreError("bad_value", f"the event log cannot hold this value: {_without_secrets(said)}")
        if state in {"28P01", "28000", "42501"} or "password authentication" in said:
            return StoreRefused(
                "access_denied", "PostgreSQL refused the user or the password", "check the URL's user and password"
            )
        if state == "3D000" or ("does not exist" in said and not state):
            return StoreUnavailable("store_unreachable", "PostgreSQL has no such database", "createdb it, or name another")
        return StoreUnavailable(
            "store_unreachable", f"PostgreSQL: {_without_secrets(said)}", "is it running, and is the URL right?"
        )


def _without_secrets(said: str) -> str:
    return said.split("password", 1)[0].strip() or "connection failed"
