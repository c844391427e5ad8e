"""Bringing a database to this version's schema."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from slackwater.migrations.rights import rights

from .dialect import Dialect

_LOCK_KEY = 0x51AC_0A7E


def upgrade(url: URL, dialect: Dialect, revision: str = "head") -> None:
    """Run the missing migrations, up to `revision`, in one transaction; two at once are safe. On PostgreSQL the roles of
    `migrations/rights.py` get theirs, if the server has them. Raises StoreUnavailable, StoreRefused."""
    from alembic import command
    from alembic.config import Config

    spec = importlib.util.find_spec("slackwater.migrations")
    assert spec is not None
    assert spec.origin is not None
    config = Config()
    config.set_main_option("script_location", str(Path(spec.origin).parent).replace("%", "%%"))
    with migrating(url, dialect, create=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision == "head":
            grant(connection)


@contextmanager
def migrating(url: URL, dialect: Dialect, *, create: bool) -> Iterator[Connection]:
    """A connection for migrations, in a transaction that nobody else migrates in. Raises StoreUnavailable, StoreRefused."""
    engine = dialect.engine(url, create=create)
    try:
        with engine.connect().execution_options(write=True) as connection, connection.begin():
            _lock(connection)
            yield connection
    except DBAPIError as error:
        raise dialect.translate(error) from None
    finally:
        engine.dispose()


def _lock(connection: Connection) -> None:
    """One upgrade at a time: SQLite's write transaction sees to it, PostgreSQL needs a lock that ends with it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def grant(connection: Connection) -> None:
    """Give the roles of `migrations/rights.py` theirs. SQLite knows none."""
    if connection.dialect.name != "postgresql":
        return
    there = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    for statement in rights(there):
        connection.execute(text(statement))
