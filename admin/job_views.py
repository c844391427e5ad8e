"""What an operator sees of a job. Field names are the JSON field names of every surface."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from slackwater.core.cut import Cut
from slackwater.core.histogram import Histogram
from slackwater.core.job import Hold, Job
from slackwater.core.life import Life, PauseEvent
from slackwater.core.observation import BATCH_BOUNDS_S, Observed
from slackwater.core.rate import RateCap
from slackwater.core.states import AT_REST, TRANSITIONAL, JobState

STILL: Final = AT_REST | {JobState.PAUSED}
"""Nothing is taken, and nobody is about to begin or end with it."""


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
    lag: int | None = None
    """Records that lay before it at `lag_at`, as the keeper of vigil saw it; None if nobody did within a day."""
    lag_at: datetime | None = None
    records_per_s: float | None = None
    """Of all workers that told within 30 s; None if none did; 0 while none is taken (PAUSED, or at rest)."""
    cap: RateCap | None = None
    """How fast it may go until it has caught up, after a slow resume."""


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """Starts, pauses and failures over the job's life, from the log. The rest is observed: what all workers of the last day
    counted, the first of them since `counted_since`. Bytes are those of the records' values."""

    starts: int
    pauses: int
    failures: int
    paused_s: float
    """With the pause that is under way, up to now."""
    records: int = 0
    outputs: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    errors: int = 0
    """Tries that failed: a worker went back to the committed offsets, or joined anew."""
    dead_letters: int = 0
    records_per_s: float | None = None
    batches: int = 0
    batch_mean_s: float | None = None
    batch_p95_s: float | None = None
    """A bound that 95 of 100 batches were within; None also if it is more than ten seconds."""
    last_record_at: datetime | None = None
    memory_bytes: int | None = None
    """Of the largest living worker that runs it."""
    counted_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartitionState:
    """One partition of a job's inputs. `offset` is the next record, None if nothing was ever committed."""

    topic: str
    partition: int
    offset: int | None
    end: int
    lag: int
    worker: str | None
    """Who owns it now; None if nobody does."""
    blocked_by_open_txn: int = 0
    """Offsets from the first open transaction on: Kafka hands none of them out before it ends, and no lag counts them."""


@dataclass(frozen=True, slots=True)
class KafkaJobState:
    """What Kafka says of the job's group right now. An observation, no fact of the log."""

    consumer_group_id: str
    current_lag: int | None
    """None if an input is not there."""
    last_processed_offset: int
    """The highest over all partitions; -1 if nothing was ever committed."""
    assigned_partitions: tuple[str, ...]
    """`topic[partition]` of those that a living worker owns."""
    partitions: tuple[PartitionState, ...] = ()
    workers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Worker → the partitions it owns."""
    blocked_by_open_txn: int = 0
    """Over all partitions."""


@dataclass(frozen=True, slots=True)
class EarlierVersion:
    """A text that was deployed before. A rollback names it by its version, or by the first seven or more of its hash."""

    version: str
    hash: str
    """SHA-256 (hex) of text, version and output topic."""


@dataclass(frozen=True, slots=True)
class JobDetails:
    """Everything about one job. `kafka` is None if no broker was given or it did not answer; `kafka_lag` is then what was
    observed last, at `lag_at`."""

    name: str
    status: JobStatus
    sql: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    metrics: JobMetrics
    pause_history: tuple[PauseEvent, ...]
    """The latest thousand of its proved pauses, oldest first; `metrics.pauses` counts all."""
    kafka: KafkaJobState | None
    kafka_lag: int | None
    last_processed_offset: int | None
    lag_at: datetime | None
    holds: tuple[Hold, ...]
    time_in_state_s: float | None
    next_deadline: datetime | None
    """When time will do something to it next: end a transition that is not proved, or let a hold go."""
    loss_horizon_s: float | None
    """Seconds until retention may delete what it has not read; None while nothing is in danger, or if nobody can tell."""
    waiting_for: tuple[str, ...]
    """Of a transition, the partitions that nobody has vouched for yet."""
    earlier: tuple[EarlierVersion, ...] = ()
    """What a rollback may go back to, the latest last."""
    unreadable: str | None = None
    """Which event of it this program cannot read, and why: it takes no commands here, and its state is its row's word."""


def status_of(job: Job, observed: Observed, now: datetime) -> JobStatus:
    """The status a folded job shows, with what was observed of it."""
    rate = observed.records_per_s(now)
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
        observed.seen.lag if observed.seen else None,
        observed.seen_at,
        # What the workers told last is of the time before.
        0.0 if rate and job.state in STILL else rate,
        job.cap,
    )


def next_deadline(job: Job) -> datetime | None:
    """See JobDetails."""
    ends = [hold.until for hold in job.holds if hold.until is not None]
    return min([*ends, *([job.deadline] if job.deadline and job.state in TRANSITIONAL else [])], default=None)


def metrics_of(life: Life, observed: Observed, now: datetime) -> JobMetrics:
    """Counts over a job's life, and what its workers counted. The last of its pauses may be under way."""
    under_way = sum((now - pause.paused_at for pause in life.pauses[-1:] if pause.resumed_at is None), timedelta())
    facts = (life.starts, life.paused, life.failures, round((life.paused_for + under_way).total_seconds(), 3))
    bodies = [body for _, _, body in observed.worked]
    if not bodies:
        return JobMetrics(*facts)
    batches = Histogram(BATCH_BOUNDS_S, [sum(n) for n in zip(*(body.batch_classes for body in bodies), strict=False)])
    return JobMetrics(
        *facts,
        sum(body.records for body in bodies),
        sum(body.outputs for body in bodies),
        sum(body.bytes_in for body in bodies),
        sum(body.bytes_out for body in bodies),
        sum(body.errors for body in bodies),
        sum(body.dead_letters for body in bodies),
        observed.records_per_s(now),
        batches.count,
        round(sum(body.batch_s for body in bodies) / batches.count, 6) if batches.count else None,
        batches.quantile(0.95),
        max((body.last_record_at for body in bodies if body.last_record_at), default=None),
        max((body.rss_bytes for _, body in observed.alive(now)), default=None),
        min(body.since for body in bodies),
    )
