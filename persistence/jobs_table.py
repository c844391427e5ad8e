"""Reading the `job` table: as it shows the jobs, or checked against their events."""

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from slackwater.core.commands import is_job_id
from slackwater.core.decisions import Refused
from slackwater.core.job import Job

from . import tables as t
from .database import Database
from .errors import StoreError
from .folds import HINT, Folds
from .rows import job_from_row

log = logging.getLogger(__name__)


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
            raise StoreError("job_row_differs", f"the row of job {job_id} cannot be read: {error}", HINT) from error

    def shown(self) -> tuple[Job, ...]:
        """Every job whose row can be read, as it shows it."""
        return self._with_warning([(row["id"], _shown(row)) for row in self._rows()])

    def checked(self) -> tuple[Job, ...]:
        """Every job whose row tells what its events say."""
        newest = select(t.event.c.job_id, func.max(t.event.c.seq).label("seq")).where(t.event.c.seq > self._checked_seq)
        rows = self._database.reading(lambda connection: connection.execute(newest.group_by(t.event.c.job_id)).all())
        news = {row.job_id: row.seq for row in rows}
        found = [(row["id"], self._check(row, row["id"] in news)) for row in self._rows()]
        self._checked_seq = max(news.values(), default=self._checked_seq)
        return self._with_warning(found)

    def unreadable(self) -> tuple[str, ...]:
        """Ids of the jobs that `shown` leaves out."""
        return tuple(row["id"] for row in self._rows() if _shown(row) is None)

    def _rows(self) -> list[dict[str, Any]]:
        query = select(t.job).order_by(t.job.c.id)
        return [dict(row) for row in self._database.reading(lambda c: c.execute(query).mappings().all())]

    def _check(self, row: Mapping[str, Any], has_news: bool) -> Job | None:
        """The fold, if the row tells the same. Where they differ, the lock says whether one of them is only newer."""
        fold = self._folds.latest(row["id"])
        if has_news or fold is None or not fold.is_told_by(row):
            newer = self._database.reading(lambda connection: self._folds.read(connection, row["id"]))
            fold = newer if not isinstance(newer, Refused) else None
        if fold is not None and fold.is_told_by(row):
            return fold.job
        judged = self._database.writing(lambda connection: self._folds.judge(connection, row["id"]))
        return judged.job if judged.refused is None else None

    def _with_warning(self, found: list[tuple[str, Job | None]]) -> tuple[Job, ...]:
        left_out = {job_id for job_id, job in found if job is None}
        for job_id in sorted(left_out - self._left_out):
            log.warning("job %s is left out: its row cannot be read or is not what its events say; %s", job_id, HINT)
        self._left_out = left_out
        return tuple(job for _, job in found if job is not None)


def _shown(row: Mapping[str, Any]) -> Job | None:
    try:
        return job_from_row(row)
    except ValueError:
        return None
