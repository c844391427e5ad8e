"""The event log on a SQL database. Recipe and pitfalls: docs/decisions/0002-event-log.md."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, bindparam, insert, select, update

from slackwater.core.commands import Command, Position, is_job_id
from slackwater.core.decisions import Refused
from slackwater.core.job import Job
from slackwater.core.life import PAUSES_MAX, Life
from slackwater.core.observation import Observation
from slackwater.core.policy.policy import Policy
from slackwater.core.policy.verbs import PolicyVerb
from slackwater.core.recorded import Recorded
from slackwater.core.result import Result
from slackwater.core.settle import Settled, Step, command_hash, recordable, refusal, settle

from . import observations as observed
from . import tables as t
from .as_of import AsOf
from .database import Database, LostRace
from .dialect import Dialect
from .errors import StoreRefused
from .events_table import OF_JOB, OF_LOG, all_readable, found_events
from .folds import Fold, Folds, fold_of
from .jobs_table import JobsTable
from .life import life
from .policy_fold import PolicyFold
from .rows import command_row, event_row, recorded_of, result_from
from .steps import reached
from .store import AUDIT_TIMEOUT_S, CommandCount, Head, Listing, Origin, Past, Snapshot, Table, Unreadable
from .watcher import Watcher

_HEAD: Final = select(t.chain.c.seq, t.chain.c.hash).where(t.chain.c.id == 1)
_HEAD_LOCKED: Final = _HEAD.with_for_update()
_FIRST_ANSWER: Final = select(t.command.c.payload_hash, t.command.c.result).where(t.command.c.command_id == bindparam("id"))
_MOVE: Final = update(t.job).where(t.job.c.id == bindparam("job"), t.job.c.version == bindparam("before"))


class SqlStore:
    """EventStore over SQLAlchemy. One instance serves any number of threads."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self._engine = engine
        self._dialect = dialect
        self._database = Database(engine, dialect)
        self._folds = Folds(dialect)
        self._policy = PolicyFold(dialect)
        self._jobs = JobsTable(self._database, self._folds)
        self._as_of = AsOf(self._database)
        self._watcher = Watcher(lambda: self.head().seq, lambda on_wake, stop: dialect.listen(engine, on_wake, stop))

    # Writing.

    def handle(self, command: Command) -> Result:
        """See EventStore."""
        command = recordable(command)
        if is_job_id(command.job_id) and self._folds.latest(command.job_id) is None:
            # A long history is folded before the lock is taken: it holds up nobody.
            self._database.reading(lambda connection: self._folds.read(connection, command.job_id))
        result, after = self._database.writing(lambda connection: self._handle(connection, command))
        reached("append_committed")
        if isinstance(after, Policy):
            self._policy.keep(after)
        elif after is not None:
            self._folds.keep(after)
        if result.seq is not None:
            self._watcher.saw(result.seq)
        return result

    def _handle(self, connection: Connection, command: Command) -> tuple[Result, Fold | Policy | None]:
        """The answer, and the job's fold or the policy after it if events were appended."""
        reached("append_begun")
        first = self._first_answer(connection, command)
        if first is not None and bytes(first.payload_hash) == command_hash(command):
            return result_from(first.result).again(), None
        reached("append_looked_up")
        job, policy, refused = self._judge(connection, command)
        reached("append_job_locked")
        if first is not None:
            taken = f"the command id {command.id} was used for another command"
            return refusal(command, job, Refused("command_id_reused", taken, "take a new id")), None
        settled = Settled((), job, refusal(command, job, refused)) if refused else settle(job, command, policy)
        result, fold = settled.result, None
        if settled.steps:
            after = settled.steps[-1].after
            fold = fold_of(after) if isinstance(after, Job) else after
            result = replace(result, seq=self._append(connection, command, settled.steps, job, fold))
        connection.execute(insert(t.command), command_row(command, result))
        reached("append_command_inserted")
        return result, fold

    def _judge(self, connection: Connection, command: Command) -> tuple[Job | None, Policy, Refused | None]:
        """What is decided on, under lock, or why nothing may be decided."""
        if isinstance(command.verb, PolicyVerb):
            # Rare, so it may hold up every writer: nobody else appends to the policy until this is committed.
            _head(connection, lock=True)
            judged_policy = self._policy.judge(connection)
            return None, judged_policy.policy, judged_policy.refused
        judged = self._folds.judge(connection, command.job_id)
        return judged.job, self._policy.judge(connection).policy, judged.refused

    def _first_answer(self, connection: Connection, command: Command) -> Any:
        """If this id was asked before: also how an unknown COMMIT is found out."""
        return connection.execute(_FIRST_ANSWER, {"id": command.id}).one_or_none()

    def _append(
        self, connection: Connection, command: Command, steps: Sequence[Step], before: Job | None, after: Fold | Policy
    ) -> int:
        """Events, projection and chain. The chain row is the last lock taken, so the log is short-locked and dense."""
        if isinstance(after, Fold):
            _project(connection, before, after)
        reached("append_projected")
        seq, prev_hash = _head(connection, lock=True)
        reached("append_chain_locked")
        rows = []
        for step in steps:
            seq += 1
            recorded = recorded_of(step, command, seq, prev_hash)
            rows.append(event_row(recorded, step.text))
            prev_hash = recorded.hash
        connection.execute(insert(t.event), rows)
        reached("append_events_inserted")
        connection.execute(update(t.chain), {"seq": seq, "hash": prev_hash})
        reached("append_chain_moved")
        self._dialect.appended(connection, seq)
        reached("append_told")
        return seq

    # Reading.

    def job(self, job_id: str) -> Job | None:
        """See EventStore."""
        return self._jobs.one(job_id)

    def jobs(self, *, checked: bool = False) -> tuple[Job, ...]:
        """See EventStore."""
        return self._jobs.checked() if checked else self._jobs.shown().jobs

    def policy(self) -> Policy:
        """See EventStore."""
        return self._database.reading(self._policy.judge).policy

    def listing(self) -> Listing:
        """See EventStore."""
        return self._jobs.shown()

    def read(self, after_seq: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """See EventStore."""
        return all_readable(self._found(OF_LOG.limit(limit), after=after_seq))

    def scan(self, after: int = 0, limit: int | None = 1000, job_id: str | None = None) -> Sequence[Recorded | Unreadable]:
        """See EventStore."""
        if job_id is not None:
            return self._found(OF_JOB.limit(limit), job_id=job_id, after=after)
        return self._found(OF_LOG.limit(limit), after=after)

    def history(self, job_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """See EventStore."""
        return all_readable(self._found(OF_JOB.limit(limit), job_id=job_id, after=after_version))

    def _found(self, query: Select[Any], **parameters: int | str) -> list[Recorded | Unreadable]:
        return self._database.reading(lambda connection: found_events(connection, self._dialect, query, **parameters))

    def life(self, job_id: str, until: int, most: int = PAUSES_MAX) -> Life:
        """See EventStore."""
        return self._database.reading(lambda connection: life(connection, self._dialect, job_id, until, most))

    def as_of(self, moment: int | datetime, job_ids: Collection[str] | None = None) -> Past:
        """See EventStore."""
        return self._as_of.look(moment, job_ids)

    def remember(self) -> None:
        """See EventStore."""
        self._as_of.remember(self.head().seq)

    def snapshot(self, after_seq: int) -> Snapshot | None:
        """See EventStore."""
        return self._as_of.snapshot(after_seq)

    def result(self, command_id: str) -> Result | None:
        """See EventStore."""
        query = select(t.command.c.result).where(t.command.c.command_id == command_id)
        found = self._database.reading(lambda connection: connection.execute(query).scalar())
        return result_from(found) if found is not None else None

    def origin(self, command_id: str) -> Origin | None:
        """See EventStore."""
        query = select(t.command).where(t.command.c.command_id == command_id)
        row = self._database.reading(lambda connection: connection.execute(query).one_or_none())
        if row is None:
            return None
        place = Position(row.topic, row.topic_partition, row.topic_offset) if row.topic is not None else None
        return Origin(row.channel, row.reply_to, place)

    def head(self) -> Head:
        """See EventStore."""
        return self._database.reading(_head)

    def wait(self, after_seq: int, timeout_s: float) -> int:
        """See EventStore."""
        return self._watcher.wait(after_seq, timeout_s)

    def query(self, sql: str, parameters: dict[str, Any] | None = None, timeout_s: float = AUDIT_TIMEOUT_S) -> Table:
        """See EventStore."""
        return self._dialect.asked(self._engine, sql, parameters or {}, timeout_s)

    # Beside the log.

    def command_counts(self) -> Sequence[CommandCount]:
        """See EventStore."""
        return self._database.reading(observed.count_commands)

    def observe(self, observations: Sequence[Observation]) -> None:
        """See EventStore."""
        self._database.writing(lambda connection: observed.keep(connection, observations))

    def observations(self, job_id: str | None = None) -> Sequence[Observation]:
        """See EventStore."""
        return self._database.reading(lambda connection: observed.find(connection, job_id))

    def close(self) -> None:
        """See EventStore."""
        self._watcher.close()
        self._engine.dispose()


def _project(connection: Connection, before: Job | None, after: Fold) -> None:
    if before is None:
        connection.execute(insert(t.job), dict(after.row))
    elif connection.execute(_MOVE, {**after.row, "job": before.id, "before": before.version}).rowcount != 1:
        raise LostRace


def _head(connection: Connection, *, lock: bool = False) -> Head:
    row = connection.execute(_HEAD_LOCKED if lock else _HEAD).one_or_none()
    if row is None:
        raise StoreRefused("corrupt", "the event log has lost its chain row", "restore it from a backup")
    return Head(row.seq, bytes(row.hash))
