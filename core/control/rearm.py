"""rearm: what a rule watches is low again. It lets go of its own hold, if that still stands, and may hold once more."""

from dataclasses import dataclass
from datetime import datetime

from ..decisions import Accepted, AlreadySo, Decision
from ..events import RuleRearmed
from ..job import Job
from ..states import HOLDABLE
from .lapse import let_go


@dataclass(frozen=True, slots=True)
class Rearm:
    """The rule that holds under the name `hold`, and tripped at `tripped_at`, is ready again.

    `release` says why it lets its hold go; None if it must not: then it is ready only once a person has done so.
    """

    hold: str
    tripped_at: datetime
    release: str | None = None

    name = "rearm"


def decide_rearm(job: Job, verb: Rearm, at: datetime) -> Decision:
    """Never takes a person's hold, also of that name, and never runs over a loss that nobody has accepted."""
    already = AlreadySo(job.since, job.by, job.reason)
    if job.tripped.get(verb.hold) != verb.tripped_at or job.state not in HOLDABLE:
        return already
    rearmed, held = RuleRearmed(verb.hold), job.hold(verb.hold)
    if held is None or held.since != verb.tripped_at:
        return Accepted((rearmed,))
    released = let_go(job, verb.hold, verb.release, at) if verb.release is not None else None
    return already if released is None else Accepted((rearmed, released))
