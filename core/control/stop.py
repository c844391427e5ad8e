"""stop: give the partitions up and keep the cut. Overtakes anything that lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..decisions import Accepted, AlreadySo, Decision
from ..events import JobStopped, StopRequested
from ..job import Job
from ..states import JobState
from .expire import DEADLINE_S


@dataclass(frozen=True, slots=True)
class Stop:
    """Finish what was taken, commit it, leave the group. Holds stay."""

    reason: str | None = None
    deadline_s: int = DEADLINE_S

    name = "stop"


def decide_stop(job: Job, verb: Stop, at: datetime, command_id: str) -> Decision:
    """Where nothing runs the stop is done at once; else it waits for every partition to be released, and stays one."""
    if job.state is JobState.STOPPED or (job.state is JobState.STOPPING and job.rollout is None):
        return AlreadySo(job.since, job.by, job.reason)
    if job.state in {JobState.DEPLOYED, JobState.FAILED}:
        return Accepted((JobStopped(command_id, job.cut),))
    return Accepted((StopRequested(verb.reason, at + timedelta(seconds=verb.deadline_s)),))
