"""fail: a worker reports that the job cannot go on. Only workers say it; an operator says stop."""

from dataclasses import dataclass

from ..cut import Cut, merge
from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import JobFailed
from ..job import Job
from ..states import LIVE


@dataclass(frozen=True, slots=True)
class Fail:
    """In `epoch` this worker met something no retry mends."""

    worker: str
    epoch: int
    code: str
    message: str
    offsets: Cut = ()

    name = "fail"


def decide_fail(job: Job, verb: Fail) -> Decision:
    """A failure of another epoch is refused: a newer wish may already have mended it."""
    if job.state not in LIVE:
        return AlreadySo(job.since, job.by, job.reason)
    if verb.epoch != job.epoch:
        code = "stale_epoch" if verb.epoch < job.epoch else "future_epoch"
        return Refused(code, f"failure of epoch {verb.epoch}; {job.id} is at {job.epoch}", None, job.state)
    return Accepted((JobFailed(verb.code, verb.message, merge(job.cut, verb.offsets)),))
