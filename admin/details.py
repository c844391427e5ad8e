"""Details of one job: what the log says, what was observed, and what Kafka says if it is there to be asked."""

from datetime import UTC, datetime
from typing import Final

from slackwater.core.job import Job
from slackwater.core.life import Life
from slackwater.core.observation import FRESH_S, NOTHING, Observed, by_job
from slackwater.core.states import TRANSITIONAL, JobState
from slackwater.persistence.store import EventStore, Unreadable
from slackwater.streams.kafka_connection import KafkaConnection

from .errors import SlackwaterError
from .job_views import EarlierVersion, JobDetails, JobStatus, KafkaJobState, metrics_of, next_deadline, status_of

_STILL: Final = frozenset({JobState.PAUSED, JobState.STOPPED, JobState.FAILED})
"""Who reads nothing loses what retention deletes meanwhile."""


def statuses(store: EventStore, jobs: tuple[Job, ...]) -> tuple[JobStatus, ...]:
    """The status of each, in the same order. One question for all that was observed, and none to Kafka."""
    now, observed = datetime.now(UTC), by_job(store.observations(jobs[0].id if len(jobs) == 1 else None))
    return tuple(status_of(job, observed.get(job.id, NOTHING), now) for job in jobs)


def details_of(store: EventStore, kafka: KafkaConnection | None, job: Job) -> JobDetails:
    """Everything about the job, now."""
    life = store.life(job.id, job.version)
    observed = by_job(store.observations(job.id)).get(job.id, NOTHING)
    state = kafka_state(kafka, job)
    now = datetime.now(UTC)
    status = status_of(job, observed, now)
    return JobDetails(
        job.id,
        status,
        job.spec.sql,
        job.spec.inputs,
        job.spec.outputs,
        metrics_of(life, observed, now),
        life.pauses,
        state,
        state.current_lag if state else status.lag,
        state.last_processed_offset if state else None,
        now if state else status.lag_at,
        job.holds,
        round((now - job.since).total_seconds(), 3) if job.since else None,
        next_deadline(job),
        _horizon_s(kafka if state else None, job, observed, now),
        tuple(f"{topic}[{partition}]" for topic, partition in job.coverage.missing) if job.state in TRANSITIONAL else (),
        tuple(EarlierVersion(spec.version, spec.hash) for spec in job.earlier),
        unreadable_of(store, job, life),
    )


def unreadable_of(store: EventStore, job: Job, life: Life) -> str | None:
    """Its row is what the program that wrote the event made of it, so it is shown; but not as if nothing were the matter."""
    if life.unreadable is None:
        return None
    event = store.scan(life.unreadable - 1, 1, job.id)[0]
    return f"event {event.version} (seq {event.seq}): {event.why}" if isinstance(event, Unreadable) else None


def kafka_state(kafka: KafkaConnection | None, job: Job) -> KafkaJobState | None:
    """Lag and offsets of the job's group; None if no broker is configured, or if it does not answer us."""
    if kafka is None:
        return None
    from .lag import read_kafka_state

    try:
        return read_kafka_state(kafka, job.id, job.spec.inputs)
    except SlackwaterError:
        return None


def _horizon_s(kafka: KafkaConnection | None, job: Job, observed: Observed, now: datetime) -> float | None:
    """As it was seen a moment ago; if nobody has looked since it is still, by looking ourselves."""
    if job.state not in _STILL:
        return None
    if observed.seen is not None and observed.seen_at is not None and job.state is JobState.PAUSED:
        age_s = (now - observed.seen_at).total_seconds()
        if age_s <= FRESH_S and (job.since is None or observed.seen_at >= job.since):
            seen = observed.seen.horizon_s
            return None if seen is None else round(max(seen - age_s, 0.0), 1)
    if kafka is None:
        return None
    from .lag import read_horizon_s

    return read_horizon_s(kafka, job)
