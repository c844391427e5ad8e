"""pause: add a hold. The first one sends the job to PAUSING; PAUSED is proved later, by coverage."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..decisions import Accepted, AlreadySo, Decision
from ..events import HoldAdded, PauseRequested
from ..job import Job
from ..states import JobState
from .verdicts import illegal

OPERATOR: Final = "operator"
"""The hold that `pause` adds and `resume` releases when no other is named."""

_MOVING: Final = frozenset({JobState.STARTING, JobState.RUNNING, JobState.RESUMING})
_STILL: Final = frozenset({JobState.PAUSING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold the job still under the name `hold`. The pause must be proved within `timeout_s`."""

    reason: str | None = None
    hold: str = OPERATOR
    timeout_s: int = 60

    name = "pause"


def decide_pause(job: Job, verb: Pause, at: datetime) -> Decision:
    """Legal while the job lives and is not stopping. The same hold twice is already so, since when and by whom."""
    if job.state in _MOVING:
        return Accepted((PauseRequested(verb.hold, verb.reason, at + timedelta(seconds=verb.timeout_s)),))
    if job.state not in _STILL:
        return illegal(job, "pause")
    held = job.hold(verb.hold)
    if held is not None:
        return AlreadySo(held.since, held.by, held.reason)
    return Accepted((HoldAdded(verb.hold, verb.reason),))
