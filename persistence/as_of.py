"""The jobs as they were: the fold of the first events of the log, from the last snapshot among them on."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, select

from slackwater.core.commands import is_job_id
from slackwater.core.decisions import Refused
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.recorded import Recorded

from . import snapshots
from . import tables as t
from .database import Database
from .errors import StoreError, no_such_event
from .events_table import OF_JOB, OF_LOG, found_events
from .folds import fold_one
from .snapshots import SNAPSHOT_EVENTS
from .store import Past, Snapshot, Unreadable

_CHUNK_EVENTS: Final = 1000
_UNTIL: Final = t.event.c.seq <= bindparam("until")
_OF_LOG: Final = OF_LOG.where(_UNTIL)
_OF_JOB: Final = OF_JOB.where(_UNTIL).limit(_CHUNK_EVENTS)
_ONE: Final = OF_LOG.limit(1)
_LAST_AT: Final = select(func.max(t.event.c.seq)).where(t.event.c.at <= bindparam("at", type_=t.UtcTime))
_NOTHING: Final = Snapshot(0, b"")


class AsOf:
    """One in every store. Keeps nothing but the snapshots it leaves in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, moment: int | datetime, job_ids: Collection[str] | None) -> Past:
        """See EventStore.as_of."""
        seq, at = self._database.reading(lambda connection: self._place(connection, moment))
        base = self._base(seq)
        fold = _Fold(base)
        if job_ids is None:
            self._follow_log(fold, base.seq, seq)
        # What could not be folded when the snapshot was made is tried again: a newer Slackwater reads more.
        for job_id in base.lost if job_ids is None else filter(is_job_id, job_ids):
            self._follow_job(fold, job_id, seq)
        asked = {*fold.jobs, *fold.lost} if job_ids is None else {*job_ids}
        jobs = tuple(fold.jobs[job_id] for job_id in sorted(asked & fold.jobs.keys()))
        return Past(seq, at, jobs, {job_id: fold.lost[job_id] for job_id in sorted(asked & fold.lost.keys())})

    def remember(self, head_seq: int) -> None:
        """See EventStore."""
        newest = self._database.reading(snapshots.newest_seq)
        if newest + SNAPSHOT_EVENTS <= head_seq:
            base = self._base(newest)
            self._follow_log(_Fold(base), base.seq, newest + SNAPSHOT_EVENTS)

    def snapshot(self, after_seq: int) -> Snapshot | None:
        """See EventStore."""
        return self._database.reading(lambda connection: snapshots.after(connection, after_seq))

    def _base(self, seq: int) -> Snapshot:
        return self._database.reading(lambda connection: snapshots.last(connection, seq)) or _NOTHING

    def _place(self, connection: Connection, moment: int | datetime) -> tuple[int, datetime | None]:
        seq = moment if isinstance(moment, int) else connection.execute(_LAST_AT, {"at": moment}).scalar() or 0
        if seq == 0:
            return 0, None
        head = connection.execute(select(t.chain.c.seq)).scalar() or 0
        found = found_events(connection, self._database.dialect, _ONE, after=seq - 1) if 0 < seq <= head else []
        if not found or found[0].seq != seq:
            raise no_such_event(seq, head)
        return seq, found[0].at if isinstance(found[0], Recorded) else None

    def _follow_log(self, fold: "_Fold", after: int, until: int) -> None:
        may_keep = True
        while after < until:
            end = min(after // _CHUNK_EVENTS * _CHUNK_EVENTS + _CHUNK_EVENTS, until)
            chunk = self._found(_OF_LOG, after=after, until=end)
            fold.take(chunk)
            after = end
            if may_keep and end % SNAPSHOT_EVENTS == 0 and chunk and chunk[-1].seq == end:
                may_keep = self._keep(Snapshot(end, chunk[-1].hash, fold.jobs, tuple(sorted(fold.lost))))

    def _follow_job(self, fold: "_Fold", job_id: str, until: int) -> None:
        fold.lost.pop(job_id, None)
        chunk_is_full = True
        while chunk_is_full and job_id not in fold.lost:
            known = fold.jobs.get(job_id)
            chunk = self._found(_OF_JOB, job_id=job_id, after=known.version if known else 0, until=until)
            fold.take(chunk)
            chunk_is_full = len(chunk) == _CHUNK_EVENTS

    def _found(self, query: Select[Any], **parameters: int | str) -> list[Recorded | Unreadable]:
        database = self._database
        return database.reading(lambda connection: found_events(connection, database.dialect, query, **parameters))

    def _keep(self, snapshot: Snapshot) -> bool:
        """Who may only read asks all the same, and folds more."""
        try:
            self._database.writing(lambda connection: snapshots.keep(connection, snapshot))
        except StoreError:
            return False
        return True


class _Fold:
    """Jobs after some events, and why the others are not among them."""

    def __init__(self, base: Snapshot) -> None:
        self.jobs = dict(base.jobs)
        self.lost = dict.fromkeys(base.lost, "")

    def take(self, events: Iterable[Recorded | Unreadable]) -> None:
        """In the order of the log, or of one job."""
        for event in events:
            if event.job_id == POLICY_ID or event.job_id in self.lost:
                continue
            found = fold_one(self.jobs.get(event.job_id), event)
            if isinstance(found, Refused):
                self.jobs.pop(event.job_id, None)
                self.lost[event.job_id] = found.message
            else:
                self.jobs[event.job_id] = found
