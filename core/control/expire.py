"""expire: a transition's time is up. No state is a trap.

Time is what a watcher counted on its own monotonic clock, never a comparison of recorded times: a clock that jumps neither
fires a deadline nor starves it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..coverage import Coverage
from ..decisions import Accepted, AlreadySo, Decision
from ..events import JobEvent, JobFailed, StopRequested
from ..job import Job
from ..states import TRANSITIONAL, JobState

DEADLINE_S: Final = 60
"""How long a transition is given where nobody says otherwise."""
FALLBACK_TIMEOUT: Final = timedelta(seconds=60)
"""At least so long has a stop that a late pause fell back to: what was too slow for the pause is still there."""
FALLBACK: Final = "fallback to stop: "
"""Begins the reason of such a stop."""


@dataclass(frozen=True, slots=True)
class Expire:
    """End the transition that began `epoch`: who asks has watched it go on for `watched_s` seconds without a break."""

    epoch: int
    watched_s: int

    name = "expire"


def decide_expire(job: Job, verb: Expire, at: datetime) -> Decision:
    """Late and unfinished comes to what the job's policy says; anything else is already so."""
    over = job.state in TRANSITIONAL and verb.watched_s >= timeout_of(job).total_seconds()
    if verb.epoch != job.epoch or not over or job.spec.on_deadline == "wait":
        return AlreadySo(job.since, job.by, job.reason)
    why = f"{job.state} was not covered within {timeout_of(job).total_seconds():g} s: {_missing(job.coverage)}"
    return Accepted((_fallback(job, why, at),))


def _fallback(job: Job, why: str, at: datetime) -> JobEvent:
    if job.state is JobState.PAUSING and job.spec.on_deadline == "stop":
        # Giving the partitions up needs nobody's word but the group's; the holds stay, a start continues at the cut.
        return StopRequested(FALLBACK + why, at + max(timeout_of(job), FALLBACK_TIMEOUT))
    return JobFailed("deadline", why, job.cut)


def _missing(coverage: Coverage) -> str:
    if not coverage.workers:
        return "no worker vouched for any partition"
    missing = ", ".join(f"{topic}[{partition}]" for topic, partition in coverage.missing) or "an input topic"
    return f"nobody vouched for {missing}"


def timeout_of(job: Job) -> timedelta:
    """How long the transition may take: from the event that began it to its deadline. Nothing outside a transition."""
    if job.deadline is None or job.since is None:
        return timedelta(0)
    return job.deadline - job.since
