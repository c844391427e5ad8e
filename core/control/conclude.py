"""conclude: nobody is a member of the job's group, so the group itself proves that the job is still."""

from dataclasses import dataclass
from datetime import datetime

from ..cut import Cut, lost_text, merge
from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import DataGapFound, GroupFoundEmpty, JobFailed, JobPaused
from ..job import Job
from ..states import JobState
from .fail import OFFSETS_LOST
from .rollout import stopped


@dataclass(frozen=True, slots=True)
class Conclude:
    """The group was seen without members, then these were its stable committed offsets.

    Must be asked in this order, and the offsets with `require_stable`: an open transaction of a dead worker may still end
    either way. A worker that joins later hears the wish before it takes anything.
    """

    epoch: int
    offsets: Cut

    name = "conclude"


def decide_conclude(job: Job, verb: Conclude, at: datetime) -> Decision:
    """Only stillness can be proved so; a start or a resume needs someone who runs."""
    if verb.epoch != job.epoch:
        code = "stale_epoch" if verb.epoch < job.epoch else "future_epoch"
        return Refused(code, f"conclusion of epoch {verb.epoch}; {job.id} is at {job.epoch}", None, job.state)
    lost = _lost(job, verb.offsets)
    if lost and job.state in {JobState.PAUSING, JobState.STOPPING}:
        return Accepted((DataGapFound(OFFSETS_LOST, lost), JobFailed(OFFSETS_LOST, lost, job.cut)))
    cut = merge(job.cut, verb.offsets)
    match job.state:
        case JobState.PAUSING:
            return Accepted((GroupFoundEmpty(verb.offsets), JobPaused(job.wish, cut)))
        case JobState.STOPPING:
            return Accepted((GroupFoundEmpty(verb.offsets), *stopped(job, cut, at)))
        case _:
            return AlreadySo(job.since, job.by, job.reason)


def _lost(job: Job, offsets: Cut) -> str | None:
    """In words, where the job is known to have stood and Kafka no longer says; None if its cut stands in for that."""
    said = {(topic, partition) for topic, partition, _ in offsets}
    # What an older text took from other topics is not asked of the group.
    taken = [(topic, partition) for topic, partition, _ in job.taken if topic in job.spec.inputs]
    gone = [key for key in taken if key not in said]
    return lost_text(gone) if gone else None
