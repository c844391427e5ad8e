"""pause: add a hold. The first one sends the job to PAUSING; PAUSED is proved later, by coverage."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import HoldAdded, PauseRequested
from ..job import Hold, Job
from ..states import JobState
from .expire import DEADLINE_S
from .verdicts import illegal, legal_verbs

OPERATOR: Final = "operator"
"""The hold that `pause` adds and `resume` releases when no other is named."""
HOLD_MAX: Final = timedelta(days=366)
"""The longest a hold may say it will last; one without an end lasts for ever."""

_MOVING: Final = frozenset({JobState.STARTING, JobState.RUNNING, JobState.RESUMING})
_STILL: Final = frozenset({JobState.PAUSING, JobState.PAUSED})


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold the job still under the name `hold`. The pause must be proved within `deadline_s`.

    The hold lets go by itself at `until`, or `for_s` seconds after it was decided; with neither, when someone releases it.
    """

    reason: str | None = None
    hold: str = OPERATOR
    deadline_s: int = DEADLINE_S
    until: datetime | None = None
    for_s: int | None = None

    name = "pause"


def decide_pause(job: Job, verb: Pause, at: datetime) -> Decision:
    """Legal while the job lives and is not stopping. The same hold twice is already so, since when and by whom."""
    until = verb.until
    if verb.for_s is not None:
        if verb.for_s <= 0:
            return _bad_until(job, "a hold lasts a second at least", "without an end it lasts for ever")
        if until is not None:
            return _bad_until(job, "a hold ends at a time or after a while, not both", "give --for or --until")
        until = at + timedelta(seconds=min(verb.for_s, 2 * HOLD_MAX.total_seconds()))
    if until is not None and until <= at:
        return _bad_until(job, f"{until:%Y-%m-%d %H:%M:%S} UTC is over", "name a time to come, or none")
    if until is not None and until > at + HOLD_MAX:
        return _bad_until(job, f"a hold lasts {HOLD_MAX.days} days at most", "without an end it lasts for ever")
    if job.state in _MOVING:
        return Accepted((PauseRequested(verb.hold, verb.reason, at + timedelta(seconds=verb.deadline_s), until),))
    if job.state not in _STILL:
        return illegal(job, "pause")
    held = job.hold(verb.hold)
    if held is None:
        return Accepted((HoldAdded(verb.hold, verb.reason, until),))
    return AlreadySo(held.since, held.by, held.reason) if until in {None, held.until} else _overlaps(job, held)


def _bad_until(job: Job, message: str, hint: str) -> Refused:
    return Refused("bad_until", message, hint, job.state, legal_verbs(job))


def _overlaps(job: Job, held: Hold) -> Refused:
    ends = f"until {held.until:%Y-%m-%d %H:%M:%S} UTC" if held.until else "without an end"
    hint = f"take another name with --hold, or resume --hold {held.name} first"
    message = f"{job.id} has the hold {held.name} already, {ends}, by {held.by}"
    return Refused("hold_overlaps", message, hint, job.state, legal_verbs(job))
