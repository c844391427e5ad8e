"""What the log wants a worker to do with a job. The supervisor acts where what runs differs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .coverage import Stance
from .cut import Cut, PartitionKey
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
    cleared: frozenset[PartitionKey] | None = field(default=None, compare=False)
    """Only from these may be taken: the log has the ack of somebody who runs them, so it no longer takes the cut for where
    they stand. None: from all, the job is proved to run."""
    cut: Cut = field(default=(), compare=False)
    """Where the log says the job stands, for partitions of which Kafka has no committed offset..."""
    taken: Cut = field(default=(), compare=False)
    """...unless they may have been taken from since: see Job."""
    first_partitions: Mapping[str, int] = field(default_factory=dict, compare=False)
    """See Job: what was added to a topic since is read from its beginning."""
    wish: str = field(default="", compare=False)
    """Id of the command that is carried out, for whoever reads the workers' logs."""
    at_once: bool = False
    """Throw away what is under way rather than finish it."""


_STANCE: Final = {
    JobState.STARTING: Stance.RUNNING,
    JobState.RUNNING: Stance.RUNNING,
    JobState.RESUMING: Stance.RUNNING,
    JobState.PAUSING: Stance.STILL,
    JobState.PAUSED: Stance.STILL,
}


def wanted(job: Job) -> Want:
    """Run, hold still or release: a function of the folded job alone."""
    is_proved = job.state is JobState.RUNNING
    return Want(
        _STANCE.get(job.state, Stance.RELEASED),
        job.epoch,
        job.skips,
        job.cap,
        None if is_proved else frozenset((topic, partition) for topic, partition, _ in job.coverage.vouched),
        job.cut,
        job.taken,
        job.first_partitions,
        job.wish,
        job.at_once,
    )
