"""What a pause or a resume is where the flag says that pausing is off."""

from ..commands import Command, Verb
from ..control.pause import Pause
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
        is_other_way = flag.otherwise == "stop" and job.state is JobState.STOPPED and not job.holds
        return Start(verb.reason, verb.deadline_s, verb.accept_gap) if is_other_way else verb
    if isinstance(verb, Pause) and flag.otherwise == "stop" and command.channel != "worker":
        return Stop(verb.reason, verb.deadline_s)
    hint = "stop and start it, or turn pausing on: slackwater flag all"
    return Refused("pause_disabled", f"pausing is off for {job.id}", hint, job.state, legal_verbs(job))
