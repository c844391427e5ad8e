"""rollout: a living job gets another spec. Drained under the old one, it goes on under the new one exactly at its cut.

Not a verb of its own: `deploy` asks for it, and whoever proves the stop carries the rest out in the same append.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ..cut import Cut
from ..decisions import Accepted, Decision, Refused
from ..events import JobDeployed, JobEvent, JobStopped, PauseRequested, RolloutRequested, StartRequested
from ..job import Job
from ..spec import JobSpec
from .expire import DEADLINE_S
from .verdicts import legal_verbs

HASH_CHARS: Final = 12
"""So much of a hash is shown to people …"""
HASH_CHARS_MIN: Final = 7
"""… and so much of it names a spec. Less of it could be meant for a version."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Go back to the spec of `version`, or to the one before this if it is None: during a rollout, to the one it still has.

    Of several that have the version it is the last; the beginning of a hash tells them apart.
    """

    version: str | None = None
    reason: str | None = None
    deadline_s: int = DEADLINE_S

    name = "rollback"


def becoming(job: Job) -> JobSpec:
    """The spec the job has, or gets by a rollout that is under way."""
    return job.spec if job.rollout is None else job.rollout.spec


def spec_before(job: Job, verb: Rollback) -> JobSpec | Refused:
    """The spec to go back to; that of now, if it is the one that was named."""
    wanted = verb.version
    under_way: tuple[JobSpec, ...] = () if job.rollout is None else (job.spec,)
    if wanted is None:
        fitting = [*job.earlier, *under_way]
    else:
        known = (becoming(job), *job.earlier, *under_way)
        fitting = [spec for spec in known if spec.version == wanted] or [
            spec for spec in known if len(wanted) >= HASH_CHARS_MIN and spec.hash.startswith(wanted)
        ]
    if fitting:
        return fitting[-1]
    known_text = ", ".join(f"{spec.version} ({spec.hash[:HASH_CHARS]})" for spec in job.earlier) or "none"
    what = f"no earlier version {wanted[:60]}" if wanted else "no earlier version"
    return Refused("no_such_version", f"{job.id} has {what}; earlier ones: {known_text}", None, job.state, legal_verbs(job))


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
