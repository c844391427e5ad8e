"""What an operator sees of a job. Field names are the JSON field names of every surface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from slackwater.core import events as e
from slackwater.core.cut import Cut
from slackwater.core.job import Hold, Job
from slackwater.core.recorded import Recorded
from slackwater.core.states import JobState


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job is in its life. `paused_at` and `reason` are set while it is held."""

    name: str
    state: JobState
    since: datetime | None
    by: str
    reason: str | None
    version: int
    epoch: int
    spec_version: str
    holds: tuple[Hold, ...]
    resumes_at: datetime | None
    """When the last hold lets go by itself; None if one waits for somebody."""
    paused_at: datetime | None
    failure: str | None
    deadline: datetime | None
    cut: Cut
    labels: Mapping[str, str]
    """From the text's `@label` lines; what selectors choose by."""


@dataclass(frozen=True, slots=True)
class PauseEvent:
    """One pause, from its proof to its end. `duration_s` is None while it lasts."""

    paused_at: datetime
    resumed_at: datetime | None
    duration_s: float | None
    reason: str | None
    by: str
    cut: Cut


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """Counted over the job's life, from the log."""

    starts: int
    pauses: int
    failures: int
    paused_s: float


@dataclass(frozen=True, slots=True)
class KafkaJobState:
    """What Kafka says of the job's group right now. An observation, no fact of the log."""

    consumer_group_id: str
    current_lag: int
    last_processed_offset: int
    assigned_partitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobDetails:
    """Everything about one job. `kafka` is None if no broker was given or it did not answer."""

    name: str
    status: JobStatus
    sql: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    metrics: JobMetrics
    pause_history: tuple[PauseEvent, ...]
    kafka: KafkaJobState | None
    kafka_lag: int | None
    last_processed_offset: int | None


def status_of(job: Job) -> JobStatus:
    """The status a folded job shows."""
    return JobStatus(
        job.id,
        job.state,
        job.since,
        job.by,
        job.reason,
        job.version,
        job.epoch,
        job.spec.version,
        job.holds,
        job.resumes_at,
        job.since if job.state is JobState.PAUSED else None,
        job.failure,
        job.deadline,
        job.cut,
        dict(job.spec.labels),
    )


def pauses_of(history: Sequence[Recorded]) -> tuple[PauseEvent, ...]:
    """Every proved pause of a job, oldest first. A pause ends when the job is let go, stopped or failed."""
    pauses: list[PauseEvent] = []
    asked: tuple[str, str | None] = ("", None)
    begun: tuple[datetime, Cut] | None = None
    for recorded in history:
        match recorded.event:
            case e.PauseRequested(_, reason):
                asked = (recorded.actor, reason)
            case e.JobPaused(_, cut):
                begun = (recorded.at, cut)
            case e.ResumeRequested() | e.StopRequested() | e.JobFailed() if begun is not None:
                took = (recorded.at - begun[0]).total_seconds()
                pauses.append(PauseEvent(begun[0], recorded.at, took, asked[1], asked[0], begun[1]))
                begun = None
    if begun is not None:
        pauses.append(PauseEvent(begun[0], None, None, asked[1], asked[0], begun[1]))
    return tuple(pauses)


def metrics_of(history: Sequence[Recorded]) -> JobMetrics:
    """Counts over a job's life."""
    kinds = [type(recorded.event) for recorded in history]
    paused_s = sum(pause.duration_s or 0.0 for pause in pauses_of(history))
    return JobMetrics(kinds.count(e.JobStarted), kinds.count(e.JobPaused), kinds.count(e.JobFailed), paused_s)
