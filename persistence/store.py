"""The port every event log answers to. tests/conformance holds its promises against memory, SQLite and PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from slackwater.core.commands import Command, Position
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.core.result import Result


class Head(NamedTuple):
    """The end of the log: `seq` of its last event (0 if empty) and that event's hash."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a command came from, kept so that its completion can be answered at the same door."""

    channel: str
    reply_to: str | None
    position: Position | None


class Table(NamedTuple):
    """The rows of an audit query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class EventStore(Protocol):
    """An append-only log of job events with an inbox of commands.

    Safe to use from several threads and processes at once. Every method raises StoreUnavailable (retryable) if the
    database cannot be reached, and never returns a partial answer.
    """

    def handle(self, command: Command) -> Result:
        """Decide the command against the job as the log has it and append what follows, in one transaction.

        Idempotent by command id: asked again with the same content it gives the first result with `duplicate` set; with
        other content it refuses `command_id_reused`, and the first result stands. Refusals are recorded too. An unknown
        COMMIT is resolved inside, by asking for the command id. Must not decide outside the transaction, and must not
        append twice for one id. Raises StoreBusy if the lock on the log is not had in time.
        """
        ...

    def job(self, job_id: str) -> Job | None:
        """The job as of the last committed event; None if there is none."""
        ...

    def jobs(self) -> tuple[Job, ...]:
        """Every job, by id. One job that cannot be read must not hide the others: it raises only in `job`."""
        ...

    def read(self, after_seq: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """Events of the whole log in `seq` order, after `after_seq`. Never skips: what is read is dense."""
        ...

    def history(self, job_id: str, after_version: int = 0) -> Sequence[Recorded]:
        """Events of one job in version order."""
        ...

    def result(self, command_id: str) -> Result | None:
        """What became of a command; None if the log never saw it."""
        ...

    def origin(self, command_id: str) -> Origin | None:
        """Where a command came from; None if the log never saw it."""
        ...

    def head(self) -> Head:
        """The end of the log."""
        ...

    def wait(self, after_seq: int, timeout_s: float) -> int:
        """Block until the log is longer than `after_seq` or time is up; returns the last `seq`. A wake-up may be early,
        never later than about a second after the append."""
        ...

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> Table:
        """One read-only statement over the audit views. Raises AuditQueryError for anything else or if it fails."""
        ...

    def close(self) -> None:
        """Give up connections. Closing twice is fine."""
        ...
