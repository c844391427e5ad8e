"""expire: a transition's deadline has passed. No state is a trap."""

from dataclasses import dataclass
from datetime import datetime

from ..coverage import Coverage
from ..decisions import Accepted, AlreadySo, Decision
from ..events import JobFailed
from ..job import Job
from ..states import TRANSITIONAL


@dataclass(frozen=True, slots=True)
class Expire:
    """End the transition that began `epoch`, if it is still going on and late."""

    epoch: int

    name = "expire"


def decide_expire(job: Job, verb: Expire, at: datetime) -> Decision:
    """Late and unfinished becomes FAILED with what was missing; anything else is already so."""
    late = job.deadline is not None and at >= job.deadline
    if verb.epoch != job.epoch or job.state not in TRANSITIONAL or not late:
        return AlreadySo(job.since, job.by, job.reason)
    return Accepted(
        (
            JobFailed(
                "deadline", f"{job.state} was not covered by {job.deadline:%H:%M:%S} UTC: {_gap(job.coverage)}", job.cut
            ),
        )
    )


def _gap(coverage: Coverage) -> str:
    if not coverage.workers:
        return "no worker vouched for any partition"
    missing = ", ".join(f"{topic}[{partition}]" for topic, partition in coverage.missing) or "an input topic"
    return f"nobody vouched for {missing}"
