"""What happened to a job. Appended once, never changed; field meanings are frozen with `schema_version`.

An event names what was wanted (`…Requested`) or what the workers proved (`JobStarted`, `JobPaused`, …). Times are UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, get_args

from .cut import Cut, Gap
from .rate import RateCap
from .spec import JobSpec


@dataclass(frozen=True, slots=True)
class JobDeployed:
    """The job exists with this spec; nothing runs yet. A redeploy keeps holds and cut."""

    spec: JobSpec
    holds: tuple[str, ...] = ()
    reason: str | None = None
    by: str | None = None
    """Who wished it, where a worker carries a rollout out."""


@dataclass(frozen=True, slots=True)
class RolloutRequested:
    """A living job is to get another spec: drained and stopped, deployed and started at its own cut, in one story.

    What follows the stop is appended together with it, so nobody can come between.
    """

    spec: JobSpec
    holds: tuple[str, ...]
    reason: str | None
    deadline: datetime


@dataclass(frozen=True, slots=True)
class StartRequested:
    """Workers are to join the job's group and start at the committed offsets, else the last cut, else where it says."""

    reason: str | None
    deadline: datetime
    by: str | None = None
    wish: str | None = None
    """Of a rollout: the command that wished it."""


@dataclass(frozen=True, slots=True)
class JobStarted:
    """Every partition is taken by a worker of this epoch; records flow."""

    completes: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class PauseRequested:
    """The first hold: workers are to finish what they took, commit it and take nothing more."""

    hold: str
    reason: str | None
    deadline: datetime
    until: datetime | None = None
    """When the hold lets go by itself; None: when someone releases it."""
    by: str | None = None
    wish: str | None = None


@dataclass(frozen=True, slots=True)
class HoldAdded:
    """A further reason to be still. Moves nothing."""

    hold: str
    reason: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldReleased:
    """One reason less to be still, others remain (or nothing lives that could move)."""

    hold: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class JobPaused:
    """Proof: every partition of every input was vouched for in this epoch, all work committed.

    `cut` is the committed offset of each partition; until ResumeRequested no output becomes visible and no offset moves.
    An output or ack of an older epoch is refused from PauseRequested on.
    """

    completes: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    """The last hold is released (`released` names all that went); workers are to continue at the cut."""

    released: tuple[str, ...]
    reason: str | None
    deadline: datetime
    cap: RateCap | None = None
    """How fast it may go until it has caught up."""


@dataclass(frozen=True, slots=True)
class JobResumed:
    """Every partition flows again; `cut` is where each continued."""

    completes: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class StopRequested:
    """Workers are to give up their partitions; what they took they finish and commit, or throw away `at_once`."""

    reason: str | None
    deadline: datetime
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class JobStopped:
    """No worker holds a partition; the cut is kept for the next start."""

    completes: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The job cannot go on; `code` is one of a closed set (docs/glossary.md), `message` is for people."""

    code: str
    message: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class WorkerAcked:
    """One worker's word for the partitions it owns in this epoch; coverage is the fold of these."""

    worker: str
    stance: str
    offsets: Cut
    partitions: Mapping[str, int]
    """Partition count of every input topic, as this worker sees it."""
    lag: int | None = None
    """Records that lay before it in its partitions, as it saw them."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Input topic → the id Kafka gave it when it was made: a topic made anew under the same name has another."""


@dataclass(frozen=True, slots=True)
class GroupFoundEmpty:
    """No worker is a member of the job's group, so nobody can take or commit: its stable committed offsets are the proof."""

    offsets: Cut


@dataclass(frozen=True, slots=True)
class DataGapFound:
    """The inputs are not what the job's offsets speak of. It is not started or resumed until someone accepts that.

    `code` is `data_gap` (`gaps` says which records are gone) or `topic_identity_changed` (the topic is another one).
    """

    code: str
    message: str
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class DataGapAccepted:
    """Someone takes the loss: the job continues after the gaps, or at the beginning of the topic made anew."""

    code: str
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class RateCapLifted:
    """The job has caught up as far as its slow resume said, and goes as fast as it can."""

    lag: int


@dataclass(frozen=True, slots=True)
class RetentionWarned:
    """Of the time that was left at the pause until retention deletes what the job has not read, `percent` is left."""

    percent: int
    left_s: int


@dataclass(frozen=True, slots=True)
class RuleTripped:
    """What a rule watches was too high for too long: it holds the job under the name `hold`, once until it is rearmed."""

    hold: str
    metric: str
    value: int


@dataclass(frozen=True, slots=True)
class RuleRearmed:
    """What the rule watches is low again. It lets go of its hold with this, or somebody already had."""

    hold: str


JobEvent = (
    JobDeployed | RolloutRequested | StartRequested | JobStarted
    | PauseRequested | HoldAdded | HoldReleased | JobPaused | ResumeRequested | JobResumed
    | StopRequested | JobStopped | JobFailed | WorkerAcked | GroupFoundEmpty
    | DataGapFound | DataGapAccepted | RetentionWarned | RateCapLifted | RuleTripped | RuleRearmed
)  # fmt: skip
EVENTS: Final[Mapping[str, type[JobEvent]]] = MappingProxyType({kind.__name__: kind for kind in get_args(JobEvent)})
"""Every event type by its name in the log."""

SCHEMA_VERSION: Final = 1
LATER_FIELDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "WorkerAcked": (("lag",), ("topics",)),
        "JobDeployed": (("spec", "on_deadline"), ("spec", "on_retention"), ("by",)),
        "StartRequested": (("by",), ("wish",)),
        "PauseRequested": (("until",), ("by",), ("wish",)),
        "HoldAdded": (("until",),),
        "ResumeRequested": (("cap",),),
        "StopRequested": (("at_once",),),
    }
)
"""Fields added since the event was first written. One that has its default is left out, so older rows keep their bytes."""
EPOCH_RAISING: Final = frozenset(
    {"StartRequested", "PauseRequested", "ResumeRequested", "StopRequested", "RolloutRequested", "JobFailed"}
)
"""Events that change what is wanted: acks and outputs of an older epoch are refused after them."""


def name_of(event: object) -> str:
    """The event's type as the log and the table write it."""
    return type(event).__name__
