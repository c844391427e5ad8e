"""What each job is by its events. Folded here, so that the `job` table, which can be edited, decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from slackwater.core.commands import is_job_id
from slackwater.core.decisions import Refused
from slackwater.core.evolve import evolve_recorded
from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.recorded import Recorded

from . import tables as t
from .dialect import Dialect
from .errors import UNKNOWN_EVENT
from .events_table import OF_JOB, found_events
from .rows import hash_again, job_from_row, job_row
from .store import Unreadable

_CHUNK_EVENTS: Final = 1000
_NEWER: Final = OF_JOB.limit(_CHUNK_EVENTS)
_LOCKED: Final = select(t.job).where(t.job.c.id == bindparam("job_id")).with_for_update()
HINT: Final = "`slackwater verify` says what is wrong; restore the log from a backup"
NEWER_HINT: Final = "upgrade Slackwater here: it was written by a newer one"


@dataclass(frozen=True, slots=True)
class Fold:
    """A job by its events, and the row that it must have."""

    job: Job
    row: Mapping[str, Any]

    def is_told_by(self, row: Mapping[str, Any]) -> bool:
        """Does the row say the same? An older Slackwater may have spelt the same job otherwise."""
        if row == self.row:
            return True
        try:
            return job_from_row(row) == self.job
        except ValueError:
            return False


def fold_of(job: Job) -> Fold:
    """A job that was folded, with its row."""
    return Fold(job, job_row(job))


@dataclass(frozen=True, slots=True)
class Judged:
    """The job to decide on, or why nothing may be decided about it."""

    job: Job | None
    refused: Refused | None = None


class Folds:
    """One in every store. Keeps the fold of each job it was asked about, so that only newer events are read again.

    An event is folded once it fits its hash and the table allows it. Events never change; should someone change one all the
    same, whoever has folded it still decides on what it was.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._latest: dict[str, Fold] = {}
        self._stuck: dict[str, Job] = {}
        """Jobs as of their last event before one that cannot be folded."""

    def latest(self, job_id: str) -> Fold | None:
        """The last fold made, without looking at the log."""
        return self._latest.get(job_id)

    def keep(self, fold: Fold) -> None:
        """The fold after events that this store has appended and committed."""
        self._latest[fold.job.id] = fold

    def read(self, connection: Connection, job_id: str) -> Fold | Refused | None:
        """The fold as of the last committed event; None without events. Must not see events that may be rolled back."""
        known = self._latest.get(job_id)
        job = known.job if known else self._stuck.get(job_id)
        while True:
            after = job.version if job else 0
            chunk = found_events(connection, self._dialect, _NEWER, job_id=job_id, after=after)
            for event in chunk:
                folded = fold_one(job, event)
                if isinstance(folded, Refused):
                    self._latest.pop(job_id, None)
                    if job is not None:
                        self._stuck[job_id] = job
                    return folded
                job = folded
            if len(chunk) < _CHUNK_EVENTS:
                break
        if job is not None and (known is None or known.job is not job):
            self.keep(fold_of(job))
        return self._latest.get(job_id)

    def judge(self, connection: Connection, job_id: str) -> Judged:
        """The job, under its row's lock, in a transaction that has not appended."""
        if not is_job_id(job_id):
            return Judged(None)  # no such job can be, and no database need be asked about NUL
        row, fold = self._row(connection, job_id), self.read(connection, job_id)
        if row is None and fold is not None:
            # Without a row there was no lock, and the first deploy may have been committed between the two looks.
            row, fold = self._row(connection, job_id), self.read(connection, job_id)
        if isinstance(fold, Refused):
            return Judged(None, fold)
        if fold is None and row is None:
            return Judged(None)
        if fold is None or row is None or not fold.is_told_by(row):
            job = fold.job if fold else None
            return Judged(job, Refused("job_row_differs", f"the row of job {job_id} is not what its events say", HINT))
        return Judged(fold.job)

    def _row(self, connection: Connection, job_id: str) -> dict[str, Any] | None:
        row = connection.execute(_LOCKED, {"job_id": job_id}).mappings().one_or_none()
        return dict(row) if row is not None else None


def intact(event: Recorded | Unreadable) -> Recorded | Refused:
    """The event, if it can be read and fits its hash."""
    named = f"{event.job_id}: event {event.seq}"
    if hash_again(event) != event.hash:
        return Refused("broken_history", f"{named} was edited: its hash does not fit", HINT)
    if isinstance(event, Unreadable):
        return Refused(UNKNOWN_EVENT, f"{named}: {event.why}", NEWER_HINT)
    return event


def fold_one(job: Job | None, event: Recorded | Unreadable) -> Job | Refused:
    """The job after one more event, or why that cannot be told."""
    found = intact(event)
    if isinstance(found, Refused):
        return found
    try:
        return evolve_recorded(job, found)
    except IllegalTransition as error:
        return Refused("broken_history", f"{event.job_id}: event {event.seq}: {error}", HINT)
