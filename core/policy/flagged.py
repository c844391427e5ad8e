"""What a pause or a resume is where the flag says that pausing is off."""

from ..commands import Command, Verb
from ..control.pause import OPERATOR, Pause
from ..control.resume import Resume
from ..control.start import Start
from ..control.stop import Stop
from ..control.trip import Trip
from ..control.verdicts import legal_verbs
from ..decisions import Refused
from ..job import Job
from ..states import JobState
from .flag import Flag


def as_flagged(flag: Flag, job: Job | None, command: Command) -> Verb | Refused:
    """The verb to decide. A job that is held can always be let go: the flag is no trap.

    What a worker asks by itself is never another verb: nobody would start again what a window has stopped.
    """
    verb = command.verb
    if job is None or not isinstance(verb, Pause | Resume | Trip) or flag.allows(job.id, job.spec.labels):
        return verb
    if isinstance(verb, Resume):
        is_other_way = (
            flag.otherwise == "stop" and job.state is JobState.STOPPED and not job.holds and _is_plain_resume(verb)
        )
        return Start(verb.reason, verb.deadline_s, verb.accept_gap) if is_other_way else verb
    why, hint = f"pausing is off for {job.id}", "stop and start it, or turn pausing on: slackwater flag all"
    if isinstance(verb, Pause) and flag.otherwise == "stop" and command.channel != "worker":
        if _is_plain_pause(verb):
            return Stop(verb.reason, verb.deadline_s)
        why += ", and the stop that stands in for it has no name and no end"
    return Refused("pause_disabled", why, hint, job.state, legal_verbs(job))


def _is_plain_pause(verb: Pause) -> bool:
    """Does a stop do all that is asked?"""
    return verb.hold == OPERATOR and verb.until is None and verb.for_s is None


def _is_plain_resume(verb: Resume) -> bool:
    """Does a start do all that is asked?"""
    return verb.hold in {None, OPERATOR} and verb.rate_per_s is None
