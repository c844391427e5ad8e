"""What the log wants a worker to do with a job. The supervisor acts where what runs differs."""

from dataclasses import dataclass, field
from typing import Final

from .coverage import Stance
from .cut import Cut
from .job import Job
from .rate import RateCap
from .states import JobState


@dataclass(frozen=True, slots=True)
class Want:
    """The stance wanted of every worker, and the epoch it belongs to."""

    stance: Stance
    epoch: int
    skips: Cut = ()
    """Accepted gaps: a partition that stands before this offset continues at it."""
    cap: RateCap | None = field(default=None, compare=False)
    """How fast to go. No part of what is vouched for: it may be lifted while the job runs."""
    wish: str = field(default="", compare=False)
    """Id of the command that is carried out, for whoever reads the workers' logs."""


_STANCE: Final = {
    JobState.STARTING: Stance.RUNNING,
    JobState.RUNNING: Stance.RUNNING,
    JobState.RESUMING: Stance.RUNNING,
    JobState.PAUSING: Stance.STILL,
    JobState.PAUSED: Stance.STILL,
}


def wanted(job: Job) -> Want:
    """Run, hold still or release: a function of the folded job alone."""
    return Want(_STANCE.get(job.state, Stance.RELEASED), job.epoch, job.skips, job.cap, job.wish)
