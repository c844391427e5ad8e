"""deploy: a job comes to exist, or gets a new spec. Never un-pauses: holds are only ever added."""

from dataclasses import dataclass
from datetime import datetime

from ..decisions import Accepted, AlreadySo, Decision, Refused
from ..events import JobDeployed
from ..job import Job
from ..spec import UNNAMED, JobSpec
from ..states import AT_REST, JobState
from .expire import DEADLINE_S
from .rollout import Rollback, becoming, begin_rollout, spec_before
from .verdicts import illegal, legal_verbs


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
    reused = _reused(job, verb.spec)
    if reused is not None:
        return reused
    becomes = becoming(job)
    is_same = becomes.hash == verb.spec.hash
    is_held = {hold.name for hold in job.holds}.issuperset(verb.holds)
    if is_same and is_held and job.state not in {JobState.STOPPED, JobState.FAILED}:
        return AlreadySo(job.since, job.by, job.reason)
    if job.state in AT_REST:
        return Accepted((deployed,))
    if is_same:
        return illegal(job, "deploy holds to", "pause --hold adds one to a job that lives")
    if job.state is JobState.STOPPING and job.rollout is None:
        return illegal(job, "deploy another spec to")
    return begin_rollout(verb.spec, deployed.holds, verb.reason, verb.deadline_s, at)


def _reused(job: Job, spec: JobSpec) -> Refused | None:
    """One version is one text, lest a rollback to it be to another: as far back as a rollback goes."""
    known = (*job.earlier, job.spec, becoming(job))
    is_new = spec.hash not in {old.hash for old in known}
    if spec.version == UNNAMED or not is_new or spec.version not in {old.version for old in known}:
        return None
    message = f"{job.id} has had another text as version {spec.version[:60]}"
    return Refused("version_reused", message, "give it another @version", job.state, legal_verbs(job))


def decide_rollback(job: Job, verb: Rollback, at: datetime) -> Decision:
    """A deploy of what was deployed before."""
    found = spec_before(job, verb)
    if isinstance(found, Refused):
        return found
    if found.hash == becoming(job).hash:
        return AlreadySo(job.since, job.by, job.reason)
    reason = verb.reason or f"rollback to version {found.version}"
    return decide_deploy(job, Deploy(found, (), reason, verb.deadline_s), at)
