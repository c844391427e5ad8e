"""What differs between the databases: connecting, beginning a write, telling errors apart, waking readers."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from .errors import StoreError, StoreRefused
from .store import Table

GUARDS: Final = frozenset({f"{table}_no_{verb}" for table in ("event", "command") for verb in ("update", "delete")})
"""The triggers that every database needs to keep the log append-only; each has more of its own."""


class Dialect(Protocol):
    """One database's ways. Errors come out as StoreError, never with a password in them."""

    def engine(self, url: URL, *, create: bool = False) -> Engine:
        """An engine whose connections are set up as the log needs them. Must not make a database unless `create`."""
        ...

    def begin_write(self, connection: Connection) -> None:
        """Set the limits of a write transaction that has just begun."""
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

    def asked(self, engine: Engine, sql: str, parameters: Mapping[str, Any], timeout_s: float) -> Table:
        """The answer to one statement that has no right to anything but reading, and no more time than `timeout_s`.

        Raises AuditQueryError, StoreUnavailable, StoreRefused.
        """
        ...

    def translate(self, error: DBAPIError) -> StoreError:
        """The error as the port's own."""
        ...


def refuse_missing(found: set[str], wanted: frozenset[str]) -> None:
    """Raises StoreRefused `guard_missing`."""
    missing = sorted(wanted - found)
    if missing:
        hint = "the log could be changed unseen; restore the trigger, then `slackwater verify`"
        raise StoreRefused("guard_missing", f"append-only guards are missing: {', '.join(missing)}", hint)
