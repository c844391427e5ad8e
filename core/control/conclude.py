"""conclude: nobody is a member of the job's group, so the group itself proves that the job is still."""

from dataclasses import dataclass

from ..cut import Cut, merge
from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import GroupFoundEmpty, JobPaused, JobStopped
from ..job import Job
from ..states import JobState


@dataclass(frozen=True, slots=True)
class Conclude:
    """The group was seen without members, then these were its stable committed offsets.

    Must be asked in this order, and the offsets with `require_stable`: an open transaction of a dead worker may still end
    either way. A worker that joins later hears the wish before it takes anything.
    """

    epoch: int
    offsets: Cut

    name = "conclude"


def decide_conclude(job: Job, verb: Conclude) -> Decision:
    """Only stillness can be proved so; a start or a resume needs someone who runs."""
    if verb.epoch != job.epoch:
        code = "stale_epoch" if verb.epoch < job.epoch else "future_epoch"
        return Refused(code, f"conclusion of epoch {verb.epoch}; {job.id} is at {job.epoch}", None, job.state)
    cut = merge(job.cut, verb.offsets)
    match job.state:
        case JobState.PAUSING:
            return Accepted((GroupFoundEmpty(verb.offsets), JobPaused(job.wish, cut)))
        case JobState.STOPPING:
            return Accepted((GroupFoundEmpty(verb.offsets), JobStopped(job.wish, cut)))
        case _:
            return AlreadySo(job.since, job.by, job.reason)
