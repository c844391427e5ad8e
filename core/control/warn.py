"""warn: retention comes closer to what a paused job has not read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..decisions import Accepted, AlreadySo, Decision
from ..events import JobEvent, ResumeRequested, RetentionWarned, StopRequested
from ..job import Job
from ..states import JobState

LEVELS: Final = (50, 10)
"""Percent of the time that was left at the pause. At the last of them the job's policy acts."""
_TIMEOUT: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Warn:
    """`percent` of the time until loss is left: `left_s` seconds."""

    epoch: int
    percent: int
    left_s: int

    name = "warn"


def decide_warn(job: Job, verb: Warn, at: datetime) -> Decision:
    """Each level once for each pause."""
    if job.state is not JobState.PAUSED or verb.epoch != job.epoch or verb.percent >= job.warned:
        return AlreadySo(job.since, job.by, job.reason)
    return Accepted((RetentionWarned(verb.percent, verb.left_s), *_policy(job, verb, at)))


def _policy(job: Job, verb: Warn, at: datetime) -> tuple[JobEvent, ...]:
    if verb.percent > LEVELS[-1]:
        return ()
    why = f"retention deletes what was not read in {verb.left_s} s"
    match job.spec.on_retention:
        case "resume":
            return (ResumeRequested(tuple(hold.name for hold in job.holds), why, at + _TIMEOUT),)
        case "stop":
            return (StopRequested(why, at + _TIMEOUT),)
        case _:
            return ()
