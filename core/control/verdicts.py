"""The refusals that several verbs share, worded once."""

from typing import Final

from ..decisions import Refused
from ..events import DataGapAccepted, JobEvent
from ..job import Job
from ..states import AT_REST
from ..states import JobState as S

_STOPS: Final = ("stop", "drain", "kill")
LEGAL_VERBS: Final[dict[S, tuple[str, ...]]] = {
    S.ABSENT: ("deploy",),
    S.DEPLOYED: ("start", *_STOPS, "deploy"),
    S.STARTING: ("pause", *_STOPS, "deploy"),
    S.RUNNING: ("pause", *_STOPS, "deploy"),
    S.PAUSING: ("pause", "resume", *_STOPS, "deploy"),
    S.PAUSED: ("pause", "resume", *_STOPS, "deploy"),
    S.RESUMING: ("pause", *_STOPS, "deploy"),
    S.STOPPING: (),
    S.STOPPED: ("start", "deploy"),
    S.FAILED: ("start", *_STOPS, "deploy"),
}
"""What an operator may ask for in each state (verbs that are already so are left out). `legal_verbs` adds what depends on
holds, versions, and on a stop or a rollout that is under way."""


def legal_verbs(job: Job) -> tuple[str, ...]:
    """What an operator may ask for now: a job at rest can be resumed only if it has a hold to let go."""
    rolling = (*_STOPS, "deploy") if job.rollout is not None else ()
    hurried = ("kill",) if job.state is S.STOPPING and job.rollout is None and not job.at_once else ()
    verbs = LEGAL_VERBS[job.state] + rolling + hurried
    let_go = ("resume",) if job.holds and job.state in AT_REST else ()
    back = ("rollback",) if (job.earlier or job.rollout) and "deploy" in verbs else ()
    return verbs + let_go + back


def no_such_job(job_id: str) -> Refused:
    """The log knows no job of that name."""
    return Refused("no_such_job", f"there is no job {job_id}", "see `slackwater jobs`", S.ABSENT, LEGAL_VERBS[S.ABSENT])


def protected(job: Job, verb: str) -> Refused:
    """Whoever moves a protected job says its name."""
    hint = f"say its name: yes_protected, on the command line --yes-protected {job.id}"
    return Refused("protected", f"{job.id} is protected: to {verb} it takes its name", hint, job.state, legal_verbs(job))


def gap_in_the_way(job: Job) -> Refused | None:
    """A loss that nobody has accepted keeps the job from going on."""
    if job.gap is None:
        return None
    hint = "--accept-gap continues after it; what is gone stays gone"
    return Refused(job.gap.code, f"{job.id}: {job.gap.message}", hint, job.state, legal_verbs(job))


def accepted_gap(job: Job) -> tuple[JobEvent, ...]:
    """The event that takes the loss, if there is one."""
    return () if job.gap is None else (DataGapAccepted(job.gap.code, job.gap.gaps),)


def illegal(job: Job, verb: str, hint: str | None = None) -> Refused:
    """The verb has no row in the table from this state."""
    legal = legal_verbs(job)
    ways = ", ".join(legal) if legal else f"nothing until {job.state} ends"
    return Refused(
        "illegal_transition", f"cannot {verb} {job.id}: it is {job.state}; legal now: {ways}", hint, job.state, legal
    )
