"""Opening an event log by its URL."""

from typing import TYPE_CHECKING

from .errors import StoreRefused, StoreUnavailable
from .store import EventStore

if TYPE_CHECKING:
    from sqlalchemy import URL

    from .dialect import Dialect

HINT = "sqlite:///path/to/log.db or postgresql://user:password@host/database"


def open_store(url: str, *, create: bool = False) -> EventStore:
    """The log at `url`: `sqlite:///path`, `postgresql://…` or `memory://`.

    With `create` the schema, and the file of a SQLite log, are made or upgraded first. Without, nothing is made, and a log
    of another schema version, without its guards, with unsafe settings or damaged is refused. Raises StoreRefused,
    StoreUnavailable; no password is ever in the message.
    """
    if url == "memory://":
        from .memory import MemoryStore

        return MemoryStore()
    from sqlalchemy.exc import DBAPIError

    from .sql_store import SqlStore

    parsed, dialect = place_of(url)
    if create:
        from .upgrade import upgrade

        upgrade(parsed, dialect)
    engine = dialect.engine(parsed)
    try:
        with engine.connect() as connection:
            _check_schema(connection)
            dialect.check(connection)
    except DBAPIError as error:
        engine.dispose()
        raise dialect.translate(error) from None
    except (StoreRefused, StoreUnavailable):
        engine.dispose()
        raise
    return SqlStore(engine, dialect)


def place_of(url: str) -> "tuple[URL, Dialect]":
    """The URL of a database read, and how to speak to it. Raises StoreRefused."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
        return parsed, _dialect(parsed.get_backend_name())
    except (ArgumentError, ValueError):
        raise StoreRefused("bad_url", "that is no URL of an event log", HINT) from None


def _dialect(name: str) -> "Dialect":
    """Only the one that is asked for is imported: a SQLite log needs no PostgreSQL driver."""
    if name == "sqlite":
        from .sqlite import SqliteDialect

        return SqliteDialect()
    if name == "postgresql":
        from .postgresql import PostgresDialect

        return PostgresDialect()
    raise ValueError(name)


def _check_schema(connection: object) -> None:
    from sqlalchemy import Connection, inspect, text

    from .tables import SCHEMA_HEAD

    assert isinstance(connection, Connection)
    if not inspect(connection).has_table("alembic_version"):
        raise StoreRefused("no_schema", "the database holds no event log", "create it: slackwater db upgrade")
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is None or found < SCHEMA_HEAD:
        raise StoreRefused(
            "schema_older", f"the event log has schema {found}, this is {SCHEMA_HEAD}", "slackwater db upgrade"
        )
    if found > SCHEMA_HEAD:
        raise StoreRefused(
            "schema_newer", f"the event log has schema {found}, this knows {SCHEMA_HEAD}", "use a newer Slackwater"
        )
