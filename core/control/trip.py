"""trip: a rule holds a job, because what it watches was too high for too long."""

from dataclasses import dataclass
from datetime import datetime

from ..decisions import Accepted, AlreadySo, Decision
from ..events import RuleTripped
from ..job import Job
from .pause import Pause, decide_pause


@dataclass(frozen=True, slots=True)
class Trip:
    """Hold the job under the rule's own name `hold`: `metric` was at `value`, and `reason` says so in words."""

    hold: str
    metric: str
    value: int
    reason: str

    name = "trip"


def decide_trip(job: Job, verb: Trip, at: datetime) -> Decision:
    """Once until it is rearmed, whoever watches; a hold of that name that a person has placed is left to them."""
    if verb.hold in job.tripped or job.hold(verb.hold) is not None:
        return AlreadySo(job.since, job.by, job.reason)
    decided = decide_pause(job, Pause(verb.reason, verb.hold), at)
    if not isinstance(decided, Accepted):
        return decided
    return Accepted((RuleTripped(verb.hold, verb.metric, verb.value), *decided.events))
