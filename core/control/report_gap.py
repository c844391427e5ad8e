"""report_gap: a watcher found that the inputs of a job are not what its offsets speak of any more."""

from dataclasses import dataclass

from ..cut import Gap
from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import DataGapFound
from ..job import DataGap, Job
from ..states import LIVE


@dataclass(frozen=True, slots=True)
class ReportGap:
    """`code` is `data_gap` or `topic_identity_changed`; `gaps` has the exact offsets of every partition concerned."""

    epoch: int
    code: str
    message: str
    gaps: tuple[Gap, ...] = ()

    name = "report_gap"


def decide_report_gap(job: Job, verb: ReportGap) -> Decision:
    """A fact is recorded once; a gap that grew is recorded again."""
    if verb.epoch != job.epoch:
        code = "stale_epoch" if verb.epoch < job.epoch else "future_epoch"
        return Refused(code, f"gap seen in epoch {verb.epoch}; {job.id} is at {job.epoch}", None, job.state)
    if job.state not in LIVE or job.gap == DataGap(verb.code, verb.message, verb.gaps):
        return AlreadySo(job.since, job.by, job.reason)
    return Accepted((DataGapFound(verb.code, verb.message, verb.gaps),))
