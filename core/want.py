"""What the log wants a worker to do with a job. The supervisor acts where what runs differs."""

from dataclasses import dataclass
from typing import Final

from .coverage import Stance
from .cut import Cut
from .job import Job
from .states import JobState


@dataclass(frozen=True, slots=True)
class Want:
    """The stance wanted of every worker, and the epoch it belongs to."""

    stance: Stance
    epoch: int
    skips: Cut = ()
    """Accepted gaps: a partition that stands before this offset continues at it."""


_STANCE: Final = {
    JobState.STARTING: Stance.RUNNING,
    JobState.RUNNING: Stance.RUNNING,
    JobState.RESUMING: Stance.RUNNING,
    JobState.PAUSING: Stance.STILL,
    JobState.PAUSED: Stance.STILL,
}


def wanted(job: Job) -> Want:
    """Run, hold still or release: a function of the folded job alone."""
    return Want(_STANCE.get(job.state, Stance.RELEASED), job.epoch, job.skips)
