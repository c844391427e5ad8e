"""The event log on a SQL database. Recipe and pitfalls: docs/decisions/0002-event-log.md."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar

import stamina
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from slackwater.core.codec import UnknownEvent
from slackwater.core.commands import Command, Position, is_job_id
from slackwater.core.decisions import Refused
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.core.result import Result
from slackwater.core.settle import Settled, command_hash, refusal, settle

from . import tables as t
from .dialects import Dialect
from .errors import AuditQueryError, StoreBusy, StoreError, StoreUnavailable
from .rows import command_row, event_row, job_from_row, job_row, recorded_from, recorded_of, result_from
from .store import Head, Origin, Table
from .watcher import Watcher

ATTEMPTS: Final = 5
AUDIT_ROWS_MAX: Final = 100_000
T = TypeVar("T")
_QUERY: Final = re.compile(r"(?:\s|--[^\n]*\n)*(?:select|with)\b", re.IGNORECASE)


class _LostRace(Exception):
    """Another transaction took the command id, the job or the version first. Look again: the answer is there now."""


class SqlStore:
    """EventStore over SQLAlchemy. One instance serves any number of threads."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self._engine = engine
        self._dialect = dialect
        self._watcher = Watcher(lambda: self.head().seq, lambda on_wake, stop: dialect.listen(engine, on_wake, stop))

    # Writing.

    def handle(self, command: Command) -> Result:
        """See EventStore."""
        result = self._retried(lambda: self._handle_once(command))
        if result.seq is not None:
            self._watcher.saw(result.seq)
        return result

    def _handle_once(self, command: Command) -> Result:
        with self._transaction(write=True) as connection:
            known = self._known(connection, command)
            if known is not None:
                return known
            job = self._locked_job(connection, command.job_id)
            settled = settle(job, command)
            result = settled.result
            if settled.steps:
                result = replace(result, seq=self._append(connection, command, settled, job))
            connection.execute(insert(t.command).values(command_row(command, result)))
            return result

    def _known(self, connection: Connection, command: Command) -> Result | None:
        """The first answer, if this id was asked before: also how an unknown COMMIT is found out."""
        query = select(t.command.c.payload_hash, t.command.c.result).where(t.command.c.command_id == command.id)
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if bytes(row.payload_hash) == command_hash(command):
            return result_from(row.result).again()
        taken = Refused("command_id_reused", f"the command id {command.id} was used for another command", "take a new id")
        return refusal(command, self._read_job(connection, command.job_id), taken)

    def _locked_job(self, connection: Connection, job_id: str) -> Job | None:
        if not is_job_id(job_id):
            return None
        query = text(f"SELECT body FROM job WHERE id = :id{self._dialect.lock_clause()}")
        body = connection.execute(query, {"id": job_id}).scalar()
        return job_from_row(body) if body is not None else None

    def _append(self, connection: Connection, command: Command, settled: Settled, before: Job | None) -> int:
        """Events, projection and chain. The chain row is the last lock taken, so the log is short-locked and dense."""
        after = settled.steps[-1].after
        if before is None:
            connection.execute(insert(t.job).values(job_row(after)))
        else:
            moved = update(t.job).where(t.job.c.id == after.id, t.job.c.version == before.version).values(job_row(after))
            if connection.execute(moved).rowcount != 1:
                raise _LostRace
        seq, prev_hash = self._lock_chain(connection)
        rows = []
        for step in settled.steps:
            seq += 1
            recorded = recorded_of(step, command, seq, prev_hash)
            rows.append(event_row(recorded))
            prev_hash = recorded.hash
        connection.execute(insert(t.event), rows)
        connection.execute(update(t.chain).values(seq=seq, hash=prev_hash))
        self._dialect.appended(connection, seq)
        return seq

    def _lock_chain(self, connection: Connection) -> Head:
        query = text(f"SELECT seq, hash FROM chain WHERE id = 1{self._dialect.lock_clause()}")
        row = connection.execute(query).one()
        return Head(row.seq, bytes(row.hash))

    # Reading.

    def job(self, job_id: str) -> Job | None:
        """See EventStore."""
        return self._reading(lambda connection: self._read_job(connection, job_id))

    def _read_job(self, connection: Connection, job_id: str) -> Job | None:
        if not is_job_id(job_id):
            return None  # no such job can be, and no database need be asked about NUL
        body = connection.execute(select(t.job.c.body).where(t.job.c.id == job_id)).scalar()
        return job_from_row(body) if body is not None else None

    def jobs(self) -> tuple[Job, ...]:
        """See EventStore."""
        bodies = self._reading(lambda c: c.execute(select(t.job.c.body).order_by(t.job.c.id)).scalars().all())
        return tuple(job for body in bodies if (job := _readable(body)) is not None)

    def read(self, after_seq: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """See EventStore."""
        query = select(t.event).where(t.event.c.seq > after_seq).order_by(t.event.c.seq).limit(limit)
        return self._recorded(query)

    def history(self, job_id: str, after_version: int = 0) -> Sequence[Recorded]:
        """See EventStore."""
        mine = (t.event.c.job_id == job_id) & (t.event.c.version > after_version)
        return self._recorded(select(t.event).where(mine).order_by(t.event.c.version))

    def _recorded(self, query: Any) -> Sequence[Recorded]:
        rows = self._reading(lambda connection: connection.execute(query).mappings().all())
        try:
            return [recorded_from(dict(row)) for row in rows]
        except UnknownEvent as error:
            raise StoreError("unknown_event", str(error), "run the Slackwater version that wrote it") from error

    def result(self, command_id: str) -> Result | None:
        """See EventStore."""
        query = select(t.command.c.result).where(t.command.c.command_id == command_id)
        found = self._reading(lambda connection: connection.execute(query).scalar())
        return result_from(found) if found is not None else None

    def origin(self, command_id: str) -> Origin | None:
        """See EventStore."""
        query = select(t.command).where(t.command.c.command_id == command_id)
        row = self._reading(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return None
        place = Position(row.topic, row.topic_partition, row.topic_offset) if row.topic is not None else None
        return Origin(row.channel, row.reply_to, place)

    def head(self) -> Head:
        """See EventStore."""
        row = self._reading(lambda connection: connection.execute(select(t.chain.c.seq, t.chain.c.hash)).one())
        return Head(row.seq, bytes(row.hash))

    def wait(self, after_seq: int, timeout_s: float) -> int:
        """See EventStore."""
        return self._watcher.wait(after_seq, timeout_s)

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> Table:
        """See EventStore."""
        if not _QUERY.match(sql):
            raise AuditQueryError(
                "not_a_query", "an audit query is one SELECT", "views: events, job_history, pauses, holds, refusals"
            )
        try:
            with self._engine.connect() as connection:
                return self._read_only(connection, sql, parameters or {})
        except (SQLAlchemyError, ValueError) as error:
            said = str(getattr(error, "orig", error)).splitlines()[0]
            raise AuditQueryError("query_failed", said, "views: events, job_history, pauses, holds, refusals") from error

    def _read_only(self, connection: Connection, sql: str, parameters: dict[str, Any]) -> Table:
        """One statement: the extended protocol and sqlite3 both refuse a second one."""
        statement = str(text(sql).compile(self._engine))
        raw: Any = connection.connection.driver_connection
        try:
            return _table(self._dialect.run_read_only(raw, statement, parameters))
        except Exception as error:
            raise ValueError(str(error)) from error
        finally:
            # What was set for this query goes with the connection.
            connection.invalidate()

    def close(self) -> None:
        """See EventStore."""
        self._watcher.close()
        self._engine.dispose()

    # How.

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Connection]:
        with self._engine.connect().execution_options(write=write) as connection, connection.begin():
            if write:
                self._dialect.begin_write(connection)
            yield connection

    def _reading(self, work: Callable[[Connection], T]) -> T:
        def once() -> T:
            with self._transaction() as connection:
                return work(connection)

        return self._retried(once)

    def _retried(self, work: Callable[[], T]) -> T:
        """Again after a lost race, a lock timeout or a dropped connection; an id that was committed answers for itself."""
        for attempt in stamina.retry_context(
            on=(_LostRace, StoreUnavailable),
            attempts=ATTEMPTS,
            timeout=15.0,
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.05,
        ):
            with attempt:
                try:
                    return work()
                except IntegrityError as error:
                    if attempt.num < ATTEMPTS:
                        raise _LostRace from error
                    raise StoreBusy("store_busy", "too many writers at once", "try again") from error
                except DBAPIError as error:
                    raise self._dialect.translate(error) from None
        raise AssertionError("unreachable")  # pragma: no cover - the retry context returns or raises


def _readable(body: str) -> Job | None:
    try:
        return job_from_row(body)
    except ValidationError:
        return None


def _table(cursor: Any) -> Table:
    columns = tuple(column[0] for column in cursor.description or ())
    return Table(columns, tuple(tuple(row) for row in cursor.fetchmany(AUDIT_ROWS_MAX)))
