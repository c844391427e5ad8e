"""lapse: a hold's own end has come. Decided once, whichever worker sees it first and however late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..decisions import Accepted, AlreadySo, Decision
from ..events import HoldReleased, JobEvent, ResumeRequested
from ..job import Job
from ..states import JobState

_TIMEOUT = timedelta(seconds=60)
_STILL = frozenset({JobState.PAUSING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class Lapse:
    """Let go of the hold named `hold`, which was to end at `until`."""

    hold: str
    until: datetime

    name = "lapse"


def decide_lapse(job: Job, verb: Lapse, at: datetime) -> Decision:
    """A hold that is gone, ends later or was made anew is left alone, and so is a loss that nobody has accepted."""
    held = job.hold(verb.hold)
    if held is None or held.until != verb.until or at < verb.until or job.state is JobState.STOPPING:
        return AlreadySo(job.since, job.by, job.reason)
    why = f"held until {verb.until:%Y-%m-%d %H:%M:%S} UTC"
    released = let_go(job, verb.hold, why, at)
    return AlreadySo(job.since, job.by, job.reason) if released is None else Accepted((released,))


def let_go(job: Job, hold: str, why: str, at: datetime) -> JobEvent | None:
    """What releasing the hold comes to where nobody asked; None where the job would run over a loss.

    Whoever let it go slowly before the hold still has it go slowly after it."""
    if job.state not in _STILL or len(job.holds) > 1:
        return HoldReleased(hold, why)
    return ResumeRequested((hold,), why, at + _TIMEOUT, job.cap) if job.gap is None else None
