"""lift_cap: a job that was resumed slowly has caught up."""

from dataclasses import dataclass

from ..decisions import Accepted, AlreadySo, Decision
from ..events import RateCapLifted
from ..job import Job
from ..states import JobState


@dataclass(frozen=True, slots=True)
class LiftCap:
    """In `epoch`, `lag` records lay before the job."""

    epoch: int
    lag: int

    name = "lift_cap"


def decide_lift_cap(job: Job, verb: LiftCap) -> Decision:
    """Once, and only for the resume that it was seen after."""
    is_due = job.cap is not None and verb.lag <= job.cap.until_lag
    if not is_due or job.state is not JobState.RUNNING or verb.epoch != job.epoch:
        return AlreadySo(job.since, job.by, job.reason)
    return Accepted((RateCapLifted(verb.lag),))
