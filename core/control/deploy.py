"""deploy: a job comes to exist, or gets a new spec. Never un-pauses: holds are only ever added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import JobDeployed
from ..job import Job
from ..spec import JobSpec
from ..states import JobState
from .expire import DEADLINE_S
from .rollout import Rollback, begin_rollout, spec_before
from .verdicts import illegal

_IDLE: Final = frozenset({JobState.DEPLOYED, JobState.STOPPED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class Deploy:
    """Deploy `spec`; with `holds` the job will be still from its first start on. It must be proved in `deadline_s`."""

    spec: JobSpec
    holds: tuple[str, ...] = ()
    reason: str | None = None
    deadline_s: int = DEADLINE_S

    name = "deploy"


def decide_deploy(job: Job | None, verb: Deploy, at: datetime) -> Decision:
    """The same spec again is already so in any state; another one is deployed at rest, and rolled out to what lives."""
    deployed = JobDeployed(verb.spec, tuple(dict.fromkeys(verb.holds)), verb.reason)
    if job is None:
        return Accepted((deployed,))
    becomes = job.spec if job.rollout is None else job.rollout.spec
    is_same = becomes.hash == verb.spec.hash
    is_held = {hold.name for hold in job.holds}.issuperset(verb.holds)
    if is_same and is_held and job.state not in {JobState.STOPPED, JobState.FAILED}:
        return AlreadySo(job.since, job.by, job.reason)
    if job.state in _IDLE:
        return Accepted((deployed,))
    if is_same:
        return illegal(job, "deploy holds to", "pause --hold adds one to a job that lives")
    if job.state is JobState.STOPPING and job.rollout is None:
        return illegal(job, "deploy another spec to")
    return begin_rollout(verb.spec, deployed.holds, verb.reason, verb.deadline_s, at)


def decide_rollback(job: Job, verb: Rollback, at: datetime) -> Decision:
    """A deploy of what was deployed before."""
    found = spec_before(job, verb)
    if isinstance(found, Refused):
        return found
    reason = verb.reason or f"rollback to version {found.version}"
    return decide_deploy(job, Deploy(found, (), reason, verb.deadline_s), at)
