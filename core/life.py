"""What a job's events come to: its starts, its failures, and its pauses, each from its proof to its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from . import events as e
from .cut import Cut
from .recorded import Recorded
from .states import JobState
from .transition_table import JOB_TRANSITIONS

PAUSES_MAX: Final = 1000
PAUSE_ENDS: Final = frozenset(
    row.event for row in JOB_TRANSITIONS if row.source is JobState.PAUSED and row.target is not JobState.PAUSED
)


@dataclass(frozen=True, slots=True)
class PauseEvent:
    """One pause, from its proof to its end. `duration_s` is None while it lasts."""

    paused_at: datetime
    resumed_at: datetime | None
    duration_s: float | None
    reason: str | None
    by: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class Life:
    """All are counted; `pauses` are the latest of them, oldest first."""

    starts: int
    failures: int
    paused: int
    paused_for: timedelta
    """In all pauses that are over."""
    pauses: tuple[PauseEvent, ...]
    unreadable: int | None = None
    """Version of the first event that this code cannot read, as far as was looked: a database looks at the types of all its
    events, and at what those of `pauses` say."""


def life_of(history: Iterable[Recorded], most: int = PAUSES_MAX) -> Life:
    """From all events of a job. A pause ends when the job leaves PAUSED, whatever the cause."""
    starts = failures = 0
    paused_for = timedelta()
    pauses: list[PauseEvent] = []
    asked: tuple[str, str | None] = ("", None)
    begun: tuple[datetime, Cut] | None = None
    for recorded in history:
        event = recorded.event
        starts += isinstance(event, e.JobStarted)
        failures += isinstance(event, e.JobFailed)
        if isinstance(event, e.PauseRequested):
            asked = (event.by or recorded.actor, event.reason)
        elif isinstance(event, e.JobPaused):
            begun = (recorded.at, event.cut)
        elif begun is not None and e.name_of(event) in PAUSE_ENDS:
            took = recorded.at - begun[0]
            paused_for += took
            pauses.append(pause(begun[0], recorded.at, *asked, begun[1]))
            begun = None
    if begun is not None:
        pauses.append(pause(begun[0], None, *asked, begun[1]))
    return Life(starts, failures, len(pauses), paused_for, tuple(pauses[-most:]))


def pause(paused_at: datetime, resumed_at: datetime | None, by: str, reason: str | None, cut: Cut) -> PauseEvent:
    """With how long it took."""
    took = None if resumed_at is None else (resumed_at - paused_at).total_seconds()
    return PauseEvent(paused_at, resumed_at, took, reason, by, cut)
