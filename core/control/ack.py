"""ack: a worker's word for its partitions. The one that completes the coverage also appends the proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..coverage import Stance
from ..cut import Cut
from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import JobEvent, JobPaused, JobResumed, JobStarted, WorkerAcked
from ..job import Job
from ..states import TRANSITIONAL, JobState
from ..want import wanted
from .rollout import stopped


@dataclass(frozen=True, slots=True)
class Ack:
    """`worker` says: in `epoch` I took `stance` on these partitions, and these are their stable committed offsets.

    Must be read back from Kafka after the drain, never what the worker believes.
    """

    worker: str
    epoch: int
    stance: Stance
    offsets: Cut
    partitions: Mapping[str, int]
    lag: int | None = None
    topics: Mapping[str, str] = field(default_factory=dict)

    name = "ack"


def decide_ack(job: Job, verb: Ack, at: datetime) -> Decision:
    """An ack of another epoch is refused: its wish was overtaken, and what it proves is no longer asked."""
    if verb.epoch != job.epoch:
        code = "stale_epoch" if verb.epoch < job.epoch else "future_epoch"
        return Refused(code, f"ack of epoch {verb.epoch}; {job.id} is at {job.epoch}", None, job.state)
    if job.state not in TRANSITIONAL:
        return AlreadySo(job.since, job.by, job.reason)
    if verb.stance is not wanted(job).stance:
        return Refused("wrong_stance", f"{job.id} is {job.state}; an ack of {verb.stance} proves nothing", None, job.state)
    coverage = job.coverage.with_ack(verb.worker, verb.offsets, verb.partitions)
    if coverage == job.coverage:
        return AlreadySo(job.since, job.by, job.reason)
    acked = WorkerAcked(verb.worker, verb.stance, verb.offsets, verb.partitions, verb.lag, verb.topics)
    if not coverage.is_complete(job.spec.inputs):
        return Accepted((acked,))
    return Accepted((acked, *_proof(job, coverage.cut, at)))


def _proof(job: Job, cut: Cut, at: datetime) -> tuple[JobEvent, ...]:
    match job.state:
        case JobState.STARTING:
            return (JobStarted(job.wish, cut),)
        case JobState.PAUSING:
            return (JobPaused(job.wish, cut),)
        case JobState.RESUMING:
            return (JobResumed(job.wish, cut),)
        case _:
            return stopped(job, cut, at)
