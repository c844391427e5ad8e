"""A job as folded from its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .coverage import Coverage
from .cut import Cut, Gap
from .rate import RateCap
from .spec import JobSpec
from .states import JobState


@dataclass(frozen=True, slots=True)
class Hold:
    """A named reason for a job to be still."""

    name: str
    by: str
    since: datetime
    reason: str | None = None
    until: datetime | None = None
    """When it lets go by itself; None: when someone releases it."""


@dataclass(frozen=True, slots=True)
class DataGap:
    """What was found to be lost: see DataGapFound."""

    code: str
    message: str
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a stopping job becomes once it has stopped: see RolloutRequested."""

    spec: JobSpec
    holds: tuple[str, ...]
    reason: str | None
    by: str
    wish: str
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Job:
    """Everything the log says about one job after `version` events. A cache of the fold, never a truth of its own."""

    id: str
    spec: JobSpec
    state: JobState = JobState.ABSENT
    version: int = 0
    epoch: int = 0
    holds: tuple[Hold, ...] = ()
    since: datetime | None = None
    """When the current state was entered."""
    by: str = ""
    """Who caused the current state."""
    reason: str | None = None
    wish: str = ""
    """Id of the command whose wish the workers are carrying out; a transition's completion names it."""
    deadline: datetime | None = None
    coverage: Coverage = field(default_factory=Coverage)
    cut: Cut = ()
    """Where the job stood when it last became started, paused, resumed, stopped or failed."""
    taken: Cut = ()
    """Partitions that may have been taken from since the cut was proved, and where each was let go last. For these the cut
    must not stand in for lost offsets without somebody's word."""
    failure: str | None = None
    topics: Mapping[str, str] = field(default_factory=dict)
    """Input topic → Kafka's id of it, as the workers saw it first."""
    first_partitions: Mapping[str, int] = field(default_factory=dict)
    """Input topic → how many partitions it had when a worker first vouched for it: those beyond were added since."""
    gap: DataGap | None = None
    """A loss that was found and not accepted: the job is not started or resumed."""
    skips: Cut = ()
    """Where the job continues after gaps that were accepted."""
    renewed: int = 0
    """How often someone accepted that an input is another topic now."""
    rollout: Rollout | None = None
    earlier: tuple[JobSpec, ...] = ()
    """Specs that were deployed before this one, the latest last: what a rollback may go back to."""
    cap: RateCap | None = None
    """How fast it may go while it catches up after a slow resume: until it has, is stopped, or somebody resumes it anew."""
    tripped: Mapping[str, datetime] = field(default_factory=dict)
    """Hold of a rule → when the rule placed it. Until it is rearmed it does not hold again, whoever let go of the hold."""
    at_once: bool = False
    """Of a job that stops: what is under way is not finished but thrown away, and taken again by the next start."""
    warned: int = 100
    """Percent of the time until loss that was left at the last warning of this pause."""

    @property
    def resumes_at(self) -> datetime | None:
        """When the last hold ends. None without holds, or if one of them waits for somebody."""
        ends = [hold.until for hold in self.holds]
        return max((end for end in ends if end is not None), default=None) if None not in ends else None

    def hold(self, name: str) -> Hold | None:
        """The hold of that name, if the job has it."""
        return next((hold for hold in self.holds if hold.name == name), None)
