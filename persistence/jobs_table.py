"""Reading the `job` table: as it shows the jobs, or checked against their events."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import case, func, select

from slackwater.core.commands import is_job_id
from slackwater.core.decisions import Refused
from slackwater.core.job import Job

from . import tables as t
from .database import Database
from .errors import StoreError
from .events_table import IS_NEWER, found_events
from .folds import HINT, Fold, Folds, intact
from .rows import job_from_row
from .store import Listing

log = logging.getLogger(__name__)

_DIFFERS: Final = Refused("job_row_differs", "its row cannot be read or is not what its events say", HINT)
_NEWEST: Final = (
    select(case((IS_NEWER, t.event.c.seq))).where(t.event.c.job_id == t.job.c.id).order_by(t.event.c.version.desc()).limit(1)
)
_OF_NEWER: Final = select(_NEWEST.scalar_subquery()).select_from(t.job)
"""Not a join: whatever the planner thinks, one event of each job is looked at, by the index, and not the whole log."""


class JobsTable:
    """One in every store. A job whose row is not to be trusted is left out, and a warning says so once."""

    def __init__(self, database: Database, folds: Folds) -> None:
        self._database = database
        self._folds = folds
        self._left_out: set[str] = set()
        self._checked_seq = 0

    def one(self, job_id: str) -> Job | None:
        """As its row shows it. Raises StoreError `job_row_differs`."""
        if not is_job_id(job_id):
            return None  # no such job can be, and no database need be asked about NUL
        query = select(t.job).where(t.job.c.id == job_id)
        row = self._database.reading(lambda connection: connection.execute(query).mappings().one_or_none())
        try:
            return job_from_row(dict(row)) if row is not None else None
        except ValueError as error:
            hint = f"`slackwater history {job_id}` shows its events; {HINT}"
            raise StoreError("job_row_differs", f"the row of job {job_id} cannot be read: {error}", hint) from error

    def shown(self) -> Listing:
        """Every job whose row can be read, as it shows it, but for those that a newer Slackwater went on with."""
        newer = self._newer()
        return self._with_warning([(row["id"], newer.get(row["id"]) or _shown(row)) for row in self._rows()])

    def checked(self) -> tuple[Job, ...]:
        """Every job whose row tells what its events say."""
        newest = select(t.event.c.job_id, func.max(t.event.c.seq).label("seq")).where(t.event.c.seq > self._checked_seq)
        rows = self._database.reading(lambda connection: connection.execute(newest.group_by(t.event.c.job_id)).all())
        news = {row.job_id: row.seq for row in rows}
        found = [(row["id"], self._check(row, row["id"] in news)) for row in self._rows()]
        self._checked_seq = max(news.values(), default=self._checked_seq)
        return self._with_warning(found).jobs

    def _newer(self) -> dict[str, Refused]:
        """Jobs whose newest event this code does not know, and why nothing may be said of them."""
        database = self._database
        seqs = [seq for seq in database.reading(lambda connection: connection.execute(_OF_NEWER).scalars().all()) if seq]
        if not seqs:
            return {}
        query = select(t.event).where(t.event.c.seq.in_(seqs))
        found = database.reading(lambda connection: found_events(connection, database.dialect, query))
        judged = {event.job_id: intact(event) for event in found}
        return {job_id: refused for job_id, refused in judged.items() if isinstance(refused, Refused)}

    def _rows(self) -> list[dict[str, Any]]:
        query = select(t.job).order_by(t.job.c.id)
        return [dict(row) for row in self._database.reading(lambda c: c.execute(query).mappings().all())]

    def _check(self, row: Mapping[str, Any], has_news: bool) -> Job | Refused:
        """The fold, if the row tells the same. Where they differ, the lock says whether one of them is only newer."""
        known = self._folds.latest(row["id"])
        fold: Fold | Refused | None = known
        if has_news or known is None or not known.is_told_by(row):
            fold = self._database.reading(lambda connection: self._folds.read(connection, row["id"]))
        if isinstance(fold, Fold) and fold.is_told_by(row):
            return fold.job
        judged = self._database.writing(lambda connection: self._folds.judge(connection, row["id"]))
        return judged.refused or judged.job or _DIFFERS

    def _with_warning(self, found: list[tuple[str, Job | Refused]]) -> Listing:
        left_out = {job_id: refused for job_id, refused in found if isinstance(refused, Refused)}
        for job_id in sorted(left_out.keys() - self._left_out):
            why = left_out[job_id]
            log.warning("job %s is left out: %s; %s", job_id, why.message, why.hint, extra={"job_name": job_id})
        self._left_out = set(left_out)
        return Listing(tuple(job for _, job in found if isinstance(job, Job)), tuple(left_out))


def _shown(row: Mapping[str, Any]) -> Job | Refused:
    try:
        return job_from_row(row)
    except ValueError:
        return _DIFFERS
