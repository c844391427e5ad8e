"""resume: release one hold, or all. The job moves only when the last one goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import HoldReleased, JobEvent, ResumeRequested
from ..job import Job
from ..rate import RateCap
from ..states import JobState
from .expire import DEADLINE_S
from .pause import OPERATOR
from .verdicts import accepted_gap, gap_in_the_way, illegal, legal_verbs

UNTIL_LAG: Final = 1000
_MOVING: Final = frozenset({JobState.STARTING, JobState.RUNNING, JobState.RESUMING})
_STILL: Final = frozenset({JobState.PAUSING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class Resume:
    """Release the hold named `hold`, or every hold if it is None."""

    reason: str | None = None
    hold: str | None = OPERATOR
    deadline_s: int = DEADLINE_S
    accept_gap: bool = False
    """Take a loss that was found (DataGapFound), and continue after it."""
    rate_per_s: int | None = None
    """Slow resume: at most so many records a second over all workers, until at most `until_lag` lie before the job."""
    until_lag: int = UNTIL_LAG

    name = "resume"


def decide_resume(job: Job, verb: Resume, at: datetime) -> Decision:
    """Releasing a hold of a job at rest is legal (its next start will run); one without holds is not resumed."""
    if verb.rate_per_s is not None and not (verb.rate_per_s > 0 and verb.until_lag >= 0):
        message = "a rate is at least 1 record a second, a lag at least 0"
        return Refused("bad_rate", message, None, job.state, legal_verbs(job))
    cap = None if verb.rate_per_s is None else RateCap(verb.rate_per_s, verb.until_lag)
    if job.state in _MOVING:
        is_so = cap in {None, job.cap}
        return AlreadySo(job.since, job.by, job.reason) if is_so else _no_rate(job, "it runs already")
    if job.state is JobState.STOPPING or not job.holds:
        return illegal(job, "resume")
    names = tuple(hold.name for hold in job.holds)
    released = names if verb.hold is None else tuple(name for name in names if name == verb.hold)
    if not released:
        held = ", ".join(names)
        hint = f"release one with --hold {names[0]}, or all with --all-holds"
        message = f"{job.id} has no hold {verb.hold}; it is held by {held}"
        return Refused("held", message, hint, job.state, legal_verbs(job))
    if job.state in _STILL and len(released) == len(names):
        if not verb.accept_gap and (refused := gap_in_the_way(job)):
            return refused
        resumed = ResumeRequested(released, verb.reason, at + timedelta(seconds=verb.deadline_s), cap)
        return Accepted((*accepted_gap(job), resumed))
    if cap is not None:
        return _no_rate(job, "it does not run by this: another hold is left, or it is at rest")
    let_go: tuple[JobEvent, ...] = tuple(HoldReleased(name, verb.reason) for name in released)
    return Accepted(let_go)


def _no_rate(job: Job, why: str) -> Refused:
    hint = "give the rate with the resume that lets the job run"
    return Refused("bad_rate", f"no rate can be set for {job.id}: {why}", hint, job.state, legal_verbs(job))
