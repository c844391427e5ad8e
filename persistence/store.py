"""The port every event log answers to. tests/conformance holds its promises against memory, SQLite and PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from slackwater.core.commands import Command, Position
from slackwater.core.job import Job
from slackwater.core.life import PAUSES_MAX, Life
from slackwater.core.observation import Observation
from slackwater.core.policy.policy import Policy
from slackwater.core.recorded import Recorded
from slackwater.core.result import Result

AUDIT_TIMEOUT_S: Final = 30.0
AUDIT_ROWS_MAX: Final = 100_000
AUDIT_BYTES_MAX: Final = 64_000_000
"""Of texts and bytes in all rows together; any other value counts as 8."""


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


class CommandCount(NamedTuple):
    """How many commands of one kind came to one end. `job_id` is None where there is no such job; `code` is a refusal's."""

    job_id: str | None
    verb: str
    channel: str
    outcome: str
    code: str | None
    number: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that stands in the log and that this code cannot read: a newer version's, or not what was written."""

    seq: int
    job_id: str
    version: int
    prev_hash: bytes
    hash: bytes
    why: str
    row: Mapping[str, Any] | None = field(default=None, repr=False)
    """Its columns as they stand; None if no driver can hand them over. Do they fit the hash, a newer version wrote them."""


@dataclass(frozen=True, slots=True)
class Past:
    """The jobs, by id, as the first `seq` events of the log have them."""

    seq: int
    at: datetime | None
    """When the last of these events was recorded; None without events, or if that event cannot be read."""
    jobs: tuple[Job, ...]
    unreadable: Mapping[str, str]
    """Jobs whose events cannot be folded so far, and why."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every job as folded up to event `seq`, which had `hash`; `lost` are those that could not be."""

    seq: int
    hash: bytes
    jobs: Mapping[str, Job] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    is_readable: bool = True


class Table(NamedTuple):
    """The rows of an audit query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class Listing(NamedTuple):
    """The jobs as their rows show them, and the ids of those that are left out."""

    jobs: tuple[Job, ...]
    unreadable: tuple[str, ...]


class EventStore(Protocol):
    """An append-only log of job events with an inbox of commands.

    Safe to use from several threads and processes at once. Every method raises StoreUnavailable (retryable) if the
    database cannot be reached, and never returns a partial answer.
    """

    def handle(self, command: Command) -> Result:
        """Decide the command against the job as its events have it and append what follows, in one transaction.

        The job's row is compared with the fold of its events first: a job whose row says otherwise is refused
        (`job_row_differs`), and so is one whose events cannot be read (`unknown_event`) or do not follow each other
        (`broken_history`). Other jobs go on. The policy is that of this transaction; a verb of the policy appends to the
        policy's own events, and moves no job. Idempotent by command id: asked again with the same content it gives the first
        result with `duplicate` set; with other content it refuses `command_id_reused`, and the first result stands. Refusals
        are recorded too; one whose id no database could keep under an id of its own (`recordable`), which is then the
        result's `command_id`. An unknown COMMIT is resolved inside, by asking for the command id. Must not decide outside
        the transaction, and must not append twice for one id. Raises StoreBusy if the lock on the log is not had in time,
        StoreError `bad_value` for what the database cannot hold.
        """
        ...

    def job(self, job_id: str) -> Job | None:
        """The job as its row shows it; None if there is none. Raises StoreError `job_row_differs` if it cannot be read.

        To look at, never to act on: a row can be edited.
        """
        ...

    def jobs(self, *, checked: bool = False) -> tuple[Job, ...]:
        """Every job, by id. With `checked` each is the fold of its events, for whoever acts on what they say.

        One job that cannot be read (with `checked`: whose row is not what its events say), or whose newest event is of a
        newer Slackwater, must not hide the others: it is left out, logged as a warning once, and named by `verify`.
        """
        ...

    def listing(self) -> Listing:
        """What `jobs()` says and what it leaves out, by one look."""
        ...

    def policy(self) -> Policy:
        """The policy by its events, as of the last that can be folded. Should one not be, `handle` refuses to change it."""
        ...

    def read(self, after_seq: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """Events of the whole log in `seq` order, after `after_seq`. Never skips: what is read is dense.

        Raises UnreadableEvent for the first that cannot be read.
        """
        ...

    def scan(self, after: int = 0, limit: int | None = 1000, job_id: str | None = None) -> Sequence[Recorded | Unreadable]:
        """Like `read`, but what cannot be read stands in its place as Unreadable: one job's event must not hide others'.

        With `job_id` like `history`: of that job, after a version. Without a `limit` all there are.
        """
        ...

    def history(self, job_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """Events of one job, or of the policy (POLICY_ID), in version order, the first `limit`. Raises UnreadableEvent."""
        ...

    def life(self, job_id: str, until: int, most: int = PAUSES_MAX) -> Life:
        """What the job's events up to version `until` come to, with the latest `most` of its pauses: `life_of` the history,
        but a long one is not read whole. Of a pause whose event cannot be read it says as much as is known.

        Raises StoreError `unknown_event` where not even that can be told: a time that is none.
        """
        ...

    def as_of(self, moment: int | datetime, job_ids: Collection[str] | None = None) -> Past:
        """Every job, or those of these ids, as folded from the first events of the log: up to event `moment`, or up to the
        last event, by `seq`, that was recorded at or before that time. So what a clock that ran ahead dated later, but was
        appended before, counts. Never a row's word, and never that of a snapshot whose event is another one by now.

        Raises StoreError `bad_position` for an event that the log does not have.
        """
        ...

    def remember(self) -> None:
        """Keep a snapshot if enough was appended since the last, so that `as_of` need not fold much. Quick."""
        ...

    def snapshot(self, after_seq: int) -> Snapshot | None:
        """The first snapshot after an event, for `verify` to compare. None if there is no more."""
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

    def query(self, sql: str, parameters: dict[str, Any] | None = None, timeout_s: float = AUDIT_TIMEOUT_S) -> Table:
        """One SELECT over the audit views, with `:name` parameters. It has no right to write, to leave the log or to change
        a setting. Raises AuditQueryError for anything else, if it fails, takes longer than `timeout_s` (`query_timeout`) or
        gives more than AUDIT_ROWS_MAX rows (`too_many_rows`) or AUDIT_BYTES_MAX bytes (`too_large`).
        """
        ...

    def command_counts(self) -> Sequence[CommandCount]:
        """Every command with its first answer, counted; a command asked again counts once."""
        ...

    def observe(self, observations: Sequence[Observation]) -> None:
        """Keep the latest observation of each job and worker, beside the log: no event, no `seq`, no hash.

        What is a day older than the newest of these is forgotten. Must not keep an append waiting for longer than a write.
        """
        ...

    def observations(self, job_id: str | None = None) -> Sequence[Observation]:
        """What is kept, of one job or of all, by job and worker. What this code cannot read is left out."""
        ...

    def close(self) -> None:
        """Give up connections. Closing twice is fine."""
        ...
