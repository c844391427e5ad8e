"""start: workers join and run, unless a hold says otherwise; then the job starts into stillness."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..decisions import Accepted, AlreadySo, Decision
from ..events import PauseRequested, StartRequested
from ..job import Job
from ..states import AT_REST, JobState
from .expire import DEADLINE_S
from .verdicts import accepted_gap, gap_in_the_way, illegal


@dataclass(frozen=True, slots=True)
class Start:
    """Run the job. It must be RUNNING (or PAUSED) within `deadline_s` or it fails with the reason."""

    reason: str | None = None
    deadline_s: int = DEADLINE_S
    accept_gap: bool = False
    """Take a loss that was found (DataGapFound), and continue after it."""

    name = "start"


def decide_start(job: Job, verb: Start, at: datetime) -> Decision:
    """A job with holds goes to PAUSING in the same append: no worker ever sees a moment in which it may run."""
    if job.state in {JobState.STARTING, JobState.RUNNING}:
        return AlreadySo(job.since, job.by, job.reason)
    if job.state not in AT_REST:
        return illegal(job, "start")
    if not verb.accept_gap and (refused := gap_in_the_way(job)):
        return refused
    deadline = at + timedelta(seconds=verb.deadline_s)
    started = StartRequested(verb.reason, deadline)
    taken = accepted_gap(job)
    if not job.holds:
        return Accepted((*taken, started))
    first = job.holds[0]
    return Accepted((*taken, started, PauseRequested(first.name, first.reason, deadline)))
