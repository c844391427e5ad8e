"""What a worker has to do about a job: the log's job against what runs here. Pure of IO, so that a simulation runs it too.

Level-triggered: after a crash, a restart or a missed wake-up the same comparison does the right thing.
"""

from dataclasses import dataclass
from typing import Final

from slackwater.core.commands import Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.coverage import Stance
from slackwater.core.job import Job
from slackwater.core.states import LIVE, TRANSITIONAL, JobState
from slackwater.core.want import Want, wanted

from .standing import PathFailure, Standing

CONCLUDE_AFTER_S: Final = 1.0
"""How long after its own release a worker looks whether the group of a stopping job is empty, and again after that."""


@dataclass(frozen=True, slots=True)
class Running:
    """What runs here for one job: what it was made for, and what it says of itself."""

    spec_hash: str
    renewed: int
    is_alive: bool
    standing: Standing | None
    failure: PathFailure | None


@dataclass(frozen=True, slots=True)
class Employ:
    """Make a record path for the job and let it join."""


@dataclass(frozen=True, slots=True)
class Bury:
    """End the record path: drain, leave the group. Then ask `epitaph` what is left to say."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the path what is wanted."""

    want: Want


@dataclass(frozen=True, slots=True)
class Say:
    """Put this before the log as the worker's own command."""

    verb: Verb


@dataclass(frozen=True, slots=True)
class AskGroup:
    """Look whether the job's group has no members; if so, conclude from its stable committed offsets."""


Action = Employ | Bury | Tell | Say | AskGroup


class Oversight:
    """One worker's judgement. `now` is monotonic seconds, never wall time."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._released: dict[str, tuple[int, float]] = {}
        self._watched: dict[str, tuple[int, float]] = {}

    def judge(self, job: Job, running: Running | None, now: float) -> list[Action]:
        """What to do now, in this order."""
        if running is not None and self._is_over(job, running):
            return [Bury()]
        actions: list[Action] = []
        if running is not None:
            actions.append(Tell(wanted(job)))
            actions += self._vouch(job, running.standing, is_running=True)
        elif self._is_needed(job):
            actions += [Employ(), Tell(wanted(job))]
        elif job.state is JobState.STOPPING and self._may_conclude(job, now):
            actions.append(AskGroup())
        return actions + self._expire(job, now)

    def epitaph(self, job: Job, running: Running, now: float) -> list[Action]:
        """After the path has ended: its failure, or the last word of one that released."""
        self._released[job.id] = (job.epoch, now)
        if wanted(job).at_once:
            return [AskGroup()]  # nobody vouches for what was thrown away: the group itself says where the job stands
        if running.failure is not None:
            why = running.failure
            return [Say(Fail(self._worker, job.epoch, why.code, why.message, why.offsets, why.gaps))]
        return self._vouch(job, running.standing, is_running=False)

    def _is_over(self, job: Job, running: Running) -> bool:
        if not running.is_alive or job.state not in LIVE:
            return True
        # Another text; or someone accepted that an input is another topic now, whose offsets are to be found anew.
        return running.spec_hash != job.spec.hash or running.renewed != job.renewed

    def _is_needed(self, job: Job) -> bool:
        if job.state is JobState.STOPPING:
            return not job.at_once and self._released.get(job.id, (-1, 0.0))[0] != job.epoch
        return job.state in LIVE

    def _may_conclude(self, job: Job, now: float) -> bool:
        epoch, last = self._released.get(job.id, (-1, 0.0))
        if (epoch != job.epoch and not job.at_once) or now - last < CONCLUDE_AFTER_S:
            return False
        self._released[job.id] = (job.epoch, now)
        return True

    def _vouch(self, job: Job, standing: Standing | None, *, is_running: bool) -> list[Action]:
        if standing is None or job.state not in TRANSITIONAL or standing.want != wanted(job):
            return []
        if standing.want.stance is Stance.RELEASED and is_running:
            return []  # only once the partitions are really given up
        if job.coverage == job.coverage.with_ack(self._worker, standing.offsets, standing.partitions):
            return []
        want = standing.want
        ack = Ack(
            self._worker, want.epoch, want.stance, standing.offsets, standing.partitions, standing.lag, standing.topics
        )
        return [Say(ack)]

    def _expire(self, job: Job, now: float) -> list[Action]:
        epoch, since = self._watched.setdefault(job.id, (job.epoch, now))
        if epoch != job.epoch:
            self._watched[job.id] = (job.epoch, now)
            return []
        if job.state not in TRANSITIONAL or job.deadline is None or job.since is None:
            return []
        watched_s = int(now - since)
        late = watched_s >= (job.deadline - job.since).total_seconds() and job.spec.on_deadline != "wait"
        return [Say(Expire(job.epoch, watched_s))] if late else []
