"""How a job and an event look: fields for programs, cells and lines for people."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from slackwater.core.control.rollout import HASH_CHARS
from slackwater.core.cut import cut_text
from slackwater.core.duration import duration_text
from slackwater.core.observation import FRESH_S
from slackwater.core.recorded import Recorded
from slackwater.persistence.store import Unreadable

from ..event_view import UnreadableView, facts_of, shown
from ..job_views import JobDetails, JobMetrics, JobStatus, KafkaJobState
from .render import ago, clock, hold_text, until

JOB_COLUMNS: Final = ("NAME", "STATE", "SINCE", "LAG", "RATE/S", "PAUSED BY", "REASON", "RESUMES")
PAST_COLUMNS: Final = ("NAME", "STATE", "SINCE (UTC)", "BY", "REASON", "HOLDS", "CUT", "EPOCH")
EVENT_COLUMNS: Final = ("#", "TIME", "EVENT", "BY", "DETAIL")


def job_cells(status: JobStatus) -> tuple[Any, ...]:
    """A row under JOB_COLUMNS."""
    first = status.holds[0] if status.holds else None
    rate = None if status.records_per_s is None else f"{status.records_per_s:,.0f}"
    why = first.reason if first else status.failure
    lag = lag_text(status.lag, status.lag_at)
    return (
        status.name,
        status.state,
        ago(status.since),
        lag,
        rate,
        first.by if first else None,
        why,
        until(status.resumes_at),
    )


def past_cells(then: JobStatus) -> tuple[Any, ...]:
    """A row under PAST_COLUMNS: nothing that is counted from now."""
    since = f"{then.since:%Y-%m-%d %H:%M:%S}" if then.since else None
    holds = ", ".join(f"{hold.name} by {hold.by}" for hold in then.holds)
    return then.name, then.state, since, then.by, then.failure or then.reason, holds, cut_text(then.cut), then.epoch


def lag_text(lag: int | None, at: datetime | None) -> str | None:
    """3,120; how old it is, where nobody has looked for longer than a moment."""
    if lag is None or at is None:
        return None
    is_old = (datetime.now(UTC) - at).total_seconds() > FRESH_S
    return f"{lag:,} ({ago(at)} ago)" if is_old else f"{lag:,}"


def _why_unknown(details: JobDetails) -> str:
    return "an input is not there" if details.kafka else "no broker configured or reachable"


def event_row(recorded: Recorded | Unreadable) -> dict[str, Any]:
    """An event for programs, as every verb gives it."""
    return asdict(shown(recorded))


def event_cells(recorded: Recorded | Unreadable) -> tuple[Any, ...]:
    """A row under EVENT_COLUMNS."""
    seen = shown(recorded)
    if isinstance(seen, UnreadableView):
        return seen.version, None, "unreadable", None, seen.unreadable
    return seen.version, clock(seen.at, "milliseconds"), seen.event, seen.actor, ", ".join(facts_of(seen.data))


def details_lines(details: JobDetails) -> Iterator[tuple[str, str]]:
    """Label and text of what there is to say about a job."""
    status = details.status
    if details.unreadable is not None:
        yield "trouble", f"{details.unreadable}; so it takes no commands here. `slackwater history {status.name}` shows it"
    why = f': "{status.reason}"' if status.reason else ""
    yield "state", f"{status.state} for {ago(status.since)}, by {status.by}{why}"
    if status.failure:
        yield "failure", status.failure
    if details.next_deadline is not None:
        yield "next", f"{until(details.next_deadline)} until its deadline, or the end of a hold"
    if details.waiting_for:
        yield "waits for", ", ".join(details.waiting_for)
    yield "version", f"{status.spec_version} (event {status.version}, epoch {status.epoch})"
    if details.earlier:
        yield "earlier", ", ".join(f"{old.version} ({old.hash[:HASH_CHARS]})" for old in details.earlier)
    if status.labels:
        yield "labels", ", ".join(f"{key}={value}" for key, value in status.labels.items())
    yield "reads", ", ".join(details.inputs)
    yield "writes", ", ".join(details.outputs)
    yield "cut", cut_text(status.cut)
    yield "lag", lag_text(details.kafka_lag, details.lag_at) or f"unknown: {_why_unknown(details)}"
    if details.kafka is not None and details.kafka.blocked_by_open_txn:
        yield (
            "blocked",
            f"{details.kafka.blocked_by_open_txn:,} more behind a transaction that somebody left open on an input",
        )
    if details.loss_horizon_s is not None:
        yield "danger", f"retention may delete unread records in {duration_text(details.loss_horizon_s)}"
    yield "workers", _workers_text(details.kafka)
    yield from (("hold", hold_text(hold)) for hold in details.holds)
    if not details.holds:
        yield "holds", "none"
    if status.cap is not None:
        yield (
            "slowly",
            f"at most {status.cap.records_per_s:,} records/s, until at most {status.cap.until_lag:,} lie before it",
        )
    yield "pauses", f"{details.metrics.pauses}, {details.metrics.paused_s:.1f} s in all"
    if details.metrics.counted_since is not None:
        yield "records", _records_text(details.metrics)


def _workers_text(kafka: KafkaJobState | None) -> str:
    if kafka is None or not kafka.workers:
        return "none" if kafka else "unknown"
    return "; ".join(f"{worker}: {', '.join(places) or 'nothing yet'}" for worker, places in kafka.workers.items())


def _records_text(metrics: JobMetrics) -> str:
    rate = "no worker tells" if metrics.records_per_s is None else f"{metrics.records_per_s:,.0f}/s"
    batch = "" if metrics.batch_mean_s is None else f", {metrics.batch_mean_s * 1000:,.0f} ms a batch"
    told = f"{metrics.records:,} in, {metrics.outputs:,} out, {metrics.dead_letters:,} dead letters, {metrics.errors} errors"
    return f"{told} since {metrics.counted_since:%Y-%m-%d %H:%M} UTC; {rate}{batch}"
