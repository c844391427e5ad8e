"""deploy: a job comes to exist, or gets a new spec while nothing runs. Never un-pauses: holds are only ever added."""

from dataclasses import dataclass
from typing import Final

from ..decisions import Accepted, AlreadySo, Decision
from ..events import JobDeployed
from ..job import Job
from ..spec import JobSpec
from ..states import JobState
from .verdicts import illegal

_IDLE: Final = frozenset({JobState.DEPLOYED, JobState.STOPPED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class Deploy:
    """Deploy `spec`; with `holds` the job will be still from its first start on."""

    spec: JobSpec
    holds: tuple[str, ...] = ()
    reason: str | None = None

    name = "deploy"


def decide_deploy(job: Job | None, verb: Deploy) -> Decision:
    """The same spec again is already so in any state; another one needs a job at rest."""
    deployed = JobDeployed(verb.spec, tuple(dict.fromkeys(verb.holds)), verb.reason)
    if job is None:
        return Accepted((deployed,))
    same = job.spec.hash == verb.spec.hash and {h.name for h in job.holds}.issuperset(verb.holds)
    if same and job.state not in {JobState.STOPPED, JobState.FAILED}:
        return AlreadySo(job.since, job.by, job.reason)
    if job.state not in _IDLE:
        return illegal(job, "deploy another spec to")
    return Accepted((deployed,))
