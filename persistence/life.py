"""What a job's events come to, counted by the database: a long past is not handed over for it."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, case, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from slackwater.core.events import JobPaused, PauseRequested
from slackwater.core.life import PAUSE_ENDS, Life, PauseEvent, pause

from . import tables as t
from .dialect import Dialect
from .errors import UNKNOWN_EVENT, StoreError
from .events_table import IS_NEWER, is_trouble, read_event


class _Micros(FunctionElement[int]):
    """Microseconds since 1970 of a UtcTime, exactly: the sum of all pauses is that of their parts."""

    type = BigInteger()
    inherit_cache = True


@compiles(_Micros, "sqlite")
def _on_sqlite(element: _Micros, compiler: SQLCompiler, **how: Any) -> str:
    at = compiler.process(element.clauses, **how)
    return f"(CAST(strftime('%s', substr({at}, 1, 19)) AS INTEGER) * 1000000 + CAST(substr({at}, 21, 6) AS INTEGER))"


@compiles(_Micros, "postgresql")
def _on_postgresql(element: _Micros, compiler: SQLCompiler, **how: Any) -> str:
    at = compiler.process(element.clauses, **how)
    return f"CASE WHEN isfinite({at}) THEN CAST(extract(epoch FROM {at}) * 1000000 AS bigint) END"


_OF_JOB: Final = t.event.c.job_id == bindparam("job_id")
_UNTIL: Final = t.event.c.version <= bindparam("until")
_PAUSED: Final = "JobPaused"


def _count(kind: str) -> ColumnElement[int]:
    return func.count(case(((t.event.c.type == kind) & _UNTIL, 1)))


# What cannot be read is looked for to the very end: the row may have stopped where it began.
_COUNTS: Final = select(
    _count("JobStarted"), _count("JobFailed"), _count(_PAUSED), func.min(case((IS_NEWER, t.event.c.version)))
).where(_OF_JOB)


def _beside(which: Any, column: Any) -> Any:
    """The column in the row before or after, of one job's rows."""
    return which(column, type_=column.type).over(order_by=t.event.c.version)


# A pause is proved right after it was asked for and ends with the next: no other of these can stand between.
_TURNS: Final = (
    select(
        t.event.c.version,
        t.event.c.type,
        t.event.c.at,
        _beside(func.lag, t.event.c.version).label("asked"),
        _beside(func.lead, t.event.c.at).label("ended_at"),
    )
    .where(_OF_JOB, _UNTIL, t.event.c.type.in_(sorted({"PauseRequested", _PAUSED, *PAUSE_ENDS})))
    .subquery()
)
_PAUSED_FOR: Final = select(func.sum(_Micros(_TURNS.c.ended_at) - _Micros(_TURNS.c.at))).where(_TURNS.c.type == _PAUSED)
_LAST: Final = (
    select(_TURNS).where(_TURNS.c.type == _PAUSED).order_by(_TURNS.c.version.desc()).limit(bindparam("most")).subquery()
)
_PROOF, _WISH = t.event.alias(), t.event.alias()
_LATEST: Final = (
    select(
        *(_PROOF.c[name] for name in ("version", "type", "schema_version", "at", "data")),
        *(_WISH.c[name].label(f"asked_{name}") for name in ("version", "type", "schema_version", "actor", "data")),
        _LAST.c.ended_at,
    )
    .select_from(_LAST)
    .join(_PROOF, (_PROOF.c.job_id == bindparam("job_id")) & (_PROOF.c.version == _LAST.c.version))
    .outerjoin(_WISH, (_WISH.c.job_id == bindparam("job_id")) & (_WISH.c.version == _LAST.c.asked))
    .order_by(_LAST.c.version)
)


def life(connection: Connection, dialect: Dialect, job_id: str, until: int, most: int) -> Life:
    """See EventStore."""
    of_job = {"job_id": job_id, "until": until}
    try:
        starts, failures, paused, newer = connection.execute(_COUNTS, of_job).one()
        micros = connection.execute(_PAUSED_FOR, of_job).scalar() or 0
        rows = connection.execute(_LATEST, {**of_job, "most": most}).all()
    except (ValueError, DBAPIError) as error:
        if is_trouble(error, dialect):
            raise
        # A time that is none, say.
        message = f"an event of {job_id} cannot be read: {str(getattr(error, 'orig', error)).splitlines()[0]}"
        raise StoreError(UNKNOWN_EVENT, message, f"`slackwater history {job_id}` shows which") from error
    told = [_pause(row) for row in rows]
    lost = [version for _, version in told if version is not None] + ([] if newer is None else [newer])
    pauses = tuple(one for one, _ in told)
    return Life(starts, failures, paused, timedelta(microseconds=int(micros)), pauses, min(lost, default=None))


def _pause(row: Any) -> tuple[PauseEvent, int | None]:
    """With as much as can be read of it, and the version of its event that cannot be."""
    asked = read_event(row.asked_type, row.asked_schema_version, row.asked_data)
    proof = read_event(row.type, row.schema_version, row.data)
    by, reason = (asked.by or row.asked_actor, asked.reason) if isinstance(asked, PauseRequested) else ("", None)
    cut = proof.cut if isinstance(proof, JobPaused) else ()
    lost = row.asked_version if asked is None else row.version if proof is None else None
    return pause(row.at, row.ended_at, by, reason, cut), lost
