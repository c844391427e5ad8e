"""fail: a worker reports that the job cannot go on. Only workers say it; an operator says stop."""

from dataclasses import dataclass
from typing import Final

from ..cut import Cut, Gap, merge
from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import DataGapFound, JobFailed
from ..job import Job
from ..states import LIVE

OFFSETS_LOST: Final = "offsets_lost"
GAP_CODES: Final = frozenset({"data_gap", "topic_identity_changed", OFFSETS_LOST})
"""Failures that someone must accept before the job is started again."""


@dataclass(frozen=True, slots=True)
class Fail:
    """In `epoch` this worker met something no retry mends."""

    worker: str
    epoch: int
    code: str
    message: str
    offsets: Cut = ()
    gaps: tuple[Gap, ...] = ()

    name = "fail"


def decide_fail(job: Job, verb: Fail) -> Decision:
    """A failure of another epoch is refused: a newer wish may already have mended it."""
    if job.state not in LIVE:
        return AlreadySo(job.since, job.by, job.reason)
    if verb.epoch != job.epoch:
        code = "stale_epoch" if verb.epoch < job.epoch else "future_epoch"
        return Refused(code, f"failure of epoch {verb.epoch}; {job.id} is at {job.epoch}", None, job.state)
    failed = JobFailed(verb.code, verb.message, merge(job.cut, verb.offsets))
    if verb.code in GAP_CODES:
        return Accepted((DataGapFound(verb.code, verb.message, verb.gaps), failed))
    return Accepted((failed,))
