"""Every metric there is, as data. Nothing else may make one; docs/metrics.md and the dashboards follow from this.

Labels are from closed sets or name a deployed job, its topics and partitions: never a reason in words, an actor or an id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What Prometheus calls the type."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Source(StrEnum):
    """Where a value comes from, and so how the values of several workers go together."""

    LOG = "log"
    """Folded from the log: the same on every worker, also after a restart. Take `max`, never `sum`."""
    OBSERVED = "observed"
    """Seen by the keeper of vigil, every ten seconds: the same on every worker. Take `max`."""
    WORKER = "worker"
    """Of this worker alone, since its process began. Take `sum`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` is what a scrape shows; a histogram shows `_bucket`, `_sum` and `_count` of it."""

    name: str
    kind: Kind
    source: Source
    unit: str
    labels: tuple[str, ...]
    help: str


_C, _G, _H = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM
_L, _O, _W = Source.LOG, Source.OBSERVED, Source.WORKER
_JOB: Final = ("job_name",)
_WHY: Final = ("job_name", "reason_code")

CATALOGUE: Final[tuple[Metric, ...]] = (
    # The request's own, under its names.
    Metric("jobs_paused_total", _C, _L, "pauses", _WHY, "Pauses that were proved, by the kind of hold that began them."),
    Metric("jobs_resumed_total", _C, _L, "resumes", _WHY, "Resumes that were proved: released, or a hold ended."),
    Metric("job_pause_duration_seconds", _H, _L, "seconds", _JOB, "Length of each pause that is over, from its proof."),
    Metric("job_kafka_lag_while_paused", _G, _O, "records", _JOB, "Records that lie before a job while it is PAUSED."),
    Metric(
        "job_pause_resume_errors_total", _C, _L, "commands", _WHY,
        "Pauses and resumes that were refused, or accepted and not proved: fallback is a pause that became a stop.",
    ),
    # Of the log.
    Metric("slackwater_job_state", _G, _L, "", ("job_name", "state"), "1 for the state a job is in, 0 for the others."),
    Metric("slackwater_job_state_since_timestamp_seconds", _G, _L, "unix time", _JOB, "When a job came into its state."),
    Metric(
        "slackwater_job_deadline_timestamp_seconds", _G, _L, "unix time", _JOB,
        "When the transition a job is in must be proved; only while it is in one.",
    ),
    Metric(
        "slackwater_job_resumes_at_timestamp_seconds", _G, _L, "unix time", _JOB,
        "When the last hold of a job ends by itself; only while every hold has an end.",
    ),
    Metric("slackwater_job_holds", _G, _L, "holds", _JOB, "Holds that keep a job still."),
    Metric("slackwater_job_failures_total", _C, _L, "failures", _WHY, "How often a job became FAILED, by failure code."),
    Metric(
        "slackwater_transition_seconds", _H, _L, "seconds", ("transition",),
        "From wish to proof: start, pause, resume, stop. What was overtaken or fell short is not among them.",
    ),
    Metric(
        "slackwater_commands_total", _C, _L, "commands", ("verb", "channel", "outcome"),
        "Commands that were decided, by door and by what they came to: accepted, already or refused.",
    ),
    Metric(
        "slackwater_refusals_total", _C, _L, "commands", ("verb", "reason_code"),
        "Commands that were refused, by refusal code. An ack with stale_epoch came from before a newer wish.",
    ),
    Metric("slackwater_log_position", _G, _L, "events", (), "Length of the event log."),
    Metric(
        "slackwater_log_problems", _G, _L, "problems", (),
        "Events that do not follow each other, jobs whose row is not what their events say; `slackwater verify` names them.",
    ),
    Metric(
        "slackwater_log_newer_events", _G, _L, "events", (),
        "Events that are intact, but of a newer Slackwater than this worker: it leaves their jobs to others. No damage.",
    ),
    # Seen by the keeper of vigil.
    Metric(
        "slackwater_consumer_lag_records", _G, _O, "records", ("job_name", "topic", "partition"),
        "Offsets that lie before a living job in each partition of its inputs.",
    ),
    Metric(
        "slackwater_retention_loss_horizon_seconds", _G, _O, "seconds", _JOB,
        "Time until retention may delete what a paused job has not read; absent while nothing is in danger.",
    ),
    Metric("slackwater_control_offset", _G, _O, "messages", (), "The next message the control agent takes."),
    Metric("slackwater_control_lag_messages", _G, _O, "messages", (), "Messages that lie before the control agent."),
    Metric("slackwater_vigil_timestamp_seconds", _G, _O, "unix time", (), "When a worker last kept vigil."),
    # Of this worker.
    Metric("slackwater_records_total", _C, _W, "records", _JOB, "Records taken, worked on and committed."),
    Metric("slackwater_input_bytes_total", _C, _W, "bytes", _JOB, "Bytes of the values of those records."),
    Metric("slackwater_outputs_total", _C, _W, "records", _JOB, "Records written and committed."),
    Metric("slackwater_output_bytes_total", _C, _W, "bytes", _JOB, "Bytes of the values of those records."),
    Metric("slackwater_dead_letters_total", _C, _W, "records", _JOB, "Records set aside because they cannot be used."),
    Metric(
        "slackwater_path_errors_total", _C, _W, "tries", _JOB,
        "Tries that failed: the record path went back to its committed offsets, joined anew or gave up.",
    ),
    Metric("slackwater_batch_seconds", _H, _W, "seconds", _JOB, "Time of one batch, from taken to committed."),
    Metric("slackwater_owned_partitions", _G, _W, "partitions", _JOB, "Input partitions this worker has vouched for."),
    Metric("slackwater_control_tombstones_total", _C, _W, "messages", (), "Messages without a value on the control topic."),
    Metric(
        "slackwater_control_misplaced_total", _C, _W, "messages", (), "Commands of a message whose key is not the job."
    ),
    Metric("slackwater_worker_memory_bytes", _G, _W, "bytes", (), "Memory of the worker that is in RAM."),
    Metric("slackwater_worker_start_timestamp_seconds", _G, _W, "unix time", (), "When the worker began."),
    Metric("slackwater_log_reachable", _G, _W, "", (), "1 if this worker could read the log when it last tried."),
    Metric("slackwater_build_info", _G, _W, "", ("version", "worker"), "Always 1: which Slackwater, and the worker's name."),
)  # fmt: skip

BY_NAME: Final[Mapping[str, Metric]] = MappingProxyType({metric.name: metric for metric in CATALOGUE})
