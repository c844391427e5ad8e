"""What was counted of one job: starts, pauses and failures by its log, the rest by its workers."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from slackwater.core.observation import Observed
from slackwater.core.states import JobState
from slackwater.core.transition_table import JOB_TRANSITIONS
from slackwater.persistence.store import EventStore

from ..job_views import JobMetrics, metrics_of

_STARTED, _PAUSED, _FAILED = "JobStarted", "JobPaused", "JobFailed"
_ENDS: Final = sorted(
    {row.event for row in JOB_TRANSITIONS if row.source is JobState.PAUSED and row.target is not JobState.PAUSED}
)
"""What ends a pause."""
_COUNTED: Final = sorted({_STARTED, _PAUSED, _FAILED, *_ENDS})
_SQL: Final = f"""SELECT event, at FROM events
WHERE job_id = :name AND event IN ({", ".join(f"'{event}'" for event in _COUNTED)}) ORDER BY version"""


def figures_of(store: EventStore, name: str, observed: Observed, now: datetime) -> JobMetrics:
    """As `get_job_details` has them, but without reading a long past whole. Raises AuditQueryError."""
    rows = [(event, _time(at)) for event, at in store.query(_SQL, {"name": name}).rows]
    many, paused_s, paused_at = Counter(event for event, _ in rows), 0.0, None
    for event, at in rows:
        if event == _PAUSED:
            paused_at = at
        elif paused_at is not None and event in _ENDS:
            paused_s, paused_at = paused_s + (at - paused_at).total_seconds(), None
    if paused_at is not None:
        paused_s += (now - paused_at).total_seconds()
    told = metrics_of((), observed, now)
    return replace(told, starts=many[_STARTED], pauses=many[_PAUSED], failures=many[_FAILED], paused_s=paused_s)


def _time(at: Any) -> datetime:
    """SQLite has no type of its own for it."""
    return (at if isinstance(at, datetime) else datetime.fromisoformat(at)).astimezone(UTC)


def bytes_text(count: float) -> str:
    """1.2 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit == "B" or count >= 100 else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def seconds_text(seconds: float) -> str:
    """41 ms; 2.5 s."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"
