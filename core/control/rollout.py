"""rollout: a living job gets another spec. Drained under the old one, it goes on under the new one exactly at its cut.

Not a verb of its own: `deploy` asks for it, and whoever proves the stop carries the rest out in the same append.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..cut import Cut
from ..decisions import Accepted, Decision, Refused
from ..events import JobDeployed, JobEvent, JobStopped, PauseRequested, RolloutRequested, StartRequested
from ..job import Job
from ..spec import JobSpec
from .expire import DEADLINE_S
from .verdicts import legal_verbs


@dataclass(frozen=True, slots=True)
class Rollback:
    """Go back to the spec of `version`, or to the one before this if it is None."""

    version: str | None = None
    reason: str | None = None
    deadline_s: int = DEADLINE_S

    name = "rollback"


def spec_before(job: Job, verb: Rollback) -> JobSpec | Refused:
    """The spec to go back to."""
    fitting = [spec for spec in job.earlier if verb.version in {None, spec.version}]
    if fitting:
        return fitting[-1]
    known = ", ".join(spec.version for spec in job.earlier) or "none"
    wanted = f"no earlier version {verb.version}" if verb.version else "no earlier version"
    return Refused("no_such_version", f"{job.id} has {wanted}; earlier ones: {known}", None, job.state, legal_verbs(job))


def begin_rollout(spec: JobSpec, holds: tuple[str, ...], reason: str | None, deadline_s: int, at: datetime) -> Decision:
    """Workers are to drain and let go under the old spec."""
    return Accepted((RolloutRequested(spec, holds, reason, at + timedelta(seconds=deadline_s)),))


def stopped(job: Job, cut: Cut, at: datetime) -> tuple[JobEvent, ...]:
    """The proof of a stop, and of a rollout's what follows it. A hold keeps the new one still from its start on."""
    rollout = job.rollout
    if rollout is None:
        return (JobStopped(job.wish, cut),)
    deadline = at + timedelta(seconds=rollout.timeout_s)
    deployed = JobDeployed(rollout.spec, rollout.holds, rollout.reason, rollout.by)
    started = StartRequested(rollout.reason, deadline, rollout.by, rollout.wish)
    # The stop is a step on the way: it ends no command.
    moved: tuple[JobEvent, ...] = (JobStopped("", cut), deployed, started)
    holds = [(hold.name, hold.reason) for hold in job.holds] + [(name, rollout.reason) for name in rollout.holds]
    if not holds:
        return moved
    return (*moved, PauseRequested(*holds[0], deadline, None, rollout.by, rollout.wish))
