"""stop, drain and kill: give the partitions up and keep the cut. They overtake anything that lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

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

    name: ClassVar[str] = "stop"
    at_once: ClassVar[bool] = False


class Drain(Stop):
    """Stop once nothing is open any more. The jobs there are keep nothing open beyond a batch, which a stop finishes too."""

    __slots__ = ()
    name = "drain"


class Kill(Stop):
    """Leave the group without finishing: what is under way is aborted, and taken again by the next start."""

    __slots__ = ()
    name = "kill"
    at_once = True


def decide_stop(job: Job, verb: Stop, at: datetime, command_id: str) -> Decision:
    """Where nothing runs the stop is done at once; else it waits for every partition to be released, and stays one.

    A kill overtakes a stop that is under way; a stop does not make a kill gentle again.
    """
    is_stopping = job.state is JobState.STOPPING and job.rollout is None
    if job.state is JobState.STOPPED or (is_stopping and (job.at_once or not verb.at_once)):
        return AlreadySo(job.since, job.by, job.reason)
    if job.state in {JobState.DEPLOYED, JobState.FAILED}:
        return Accepted((JobStopped(command_id, job.cut),))
    return Accepted((StopRequested(verb.reason, at + timedelta(seconds=verb.deadline_s), verb.at_once),))
