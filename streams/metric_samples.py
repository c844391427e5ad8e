"""From what is known to the values of the catalogue: pure, so that a test can count them beside the log."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product
from typing import Any, Final, get_args

from slackwater.core.commands import DOORS, OperatorVerb
from slackwater.core.histogram import Histogram
from slackwater.core.job import Job
from slackwater.core.observation import CONTROL, ControlSeen, Observation, Seen
from slackwater.core.result import Outcome
from slackwater.core.states import LIVE, TRANSITIONAL, JobState
from slackwater.core.tally import PAUSE_CODES, RESUME_CODES, Tally
from slackwater.persistence.store import CommandCount

from .counts import Counts

Sample = tuple[str, tuple[Any, ...], float | Histogram]
"""Name of the metric, its labels in the catalogue's order, the value."""
STATES: Final = tuple(state for state in JobState if state is not JobState.ABSENT)
_HOLDING: Final = frozenset({"pause", "resume"})
_ZERO_COMMANDS: Final = tuple(product((verb.name for verb in get_args(OperatorVerb)), DOORS, Outcome))
_ZERO_ERRORS: Final = ("deadline", "fallback", "illegal_transition")
"""Shown before the first of them: a counter that appears with 1 hides that it rose."""


def of_log(tally: Tally, commands: Iterable[CommandCount]) -> Iterator[Sample]:
    """What counts the log: events by their tally, commands by what they came to."""
    paused, resumed, errors = (_from_zero(tally.jobs, codes) for codes in (PAUSE_CODES, RESUME_CODES, _ZERO_ERRORS))
    paused.update(tally.paused)
    resumed.update(tally.resumed)
    errors.update(tally.fell_short)
    doors: Counter[tuple[str, ...]] = Counter(dict.fromkeys(_ZERO_COMMANDS, 0))
    refusals: Counter[tuple[str, ...]] = Counter({("ack", "stale_epoch"): 0})
    for job_id, verb, channel, outcome, code, number in commands:
        doors[verb, channel, outcome] += number
        if code is not None:
            refusals[verb, code] += number
            if job_id is not None and verb in _HOLDING:
                errors[job_id, code] += number
    for name, counted in (
        ("jobs_paused_total", paused),
        ("jobs_resumed_total", resumed),
        ("job_pause_resume_errors_total", errors),
        ("slackwater_job_failures_total", tally.failures),
        ("slackwater_commands_total", doors),
        ("slackwater_refusals_total", refusals),
    ):
        yield from ((name, labels, float(count)) for labels, count in counted.items())
    yield from (("job_pause_duration_seconds", (job_id,), found.copy()) for job_id, found in tally.pauses.items())
    yield from (("slackwater_transition_seconds", (verb,), found.copy()) for verb, found in tally.transitions.items())
    for job in tally.jobs.values():
        yield from _of_job(job)


def _from_zero(jobs: Iterable[str], codes: Iterable[str]) -> Counter[tuple[str, str]]:
    return Counter(dict.fromkeys(product(jobs, sorted(codes)), 0))


def _of_job(job: Job) -> Iterator[Sample]:
    for state in STATES:
        yield "slackwater_job_state", (job.id, state), float(job.state is state)
    yield "slackwater_job_holds", (job.id,), float(len(job.holds))
    times = {
        "slackwater_job_state_since_timestamp_seconds": job.since,
        "slackwater_job_deadline_timestamp_seconds": job.deadline if job.state in TRANSITIONAL else None,
        "slackwater_job_resumes_at_timestamp_seconds": job.resumes_at,
    }
    for name, at in times.items():
        if at is not None:
            yield name, (job.id,), at.timestamp()


def of_observations(observations: Iterable[Observation], jobs: dict[str, Job]) -> Iterator[Sample]:
    """What the keeper of vigil saw. Of a job that lives no more nothing is told: its lag is seen by nobody."""
    last: datetime | None = None
    for one in observations:
        match one.body:
            case Seen() if (job := jobs.get(one.job_id)) is not None and job.state in LIVE:
                yield from _of_seen(job, one.body)
            case ControlSeen(offset, end) if one.job_id == CONTROL:
                yield "slackwater_control_offset", (), float(offset)
                yield "slackwater_control_lag_messages", (), float(max(end - offset, 0))
                last = one.at
    if last is not None:
        yield "slackwater_vigil_timestamp_seconds", (), last.timestamp()


def _of_seen(job: Job, seen: Seen) -> Iterator[Sample]:
    for place in seen.partitions:
        yield "slackwater_consumer_lag_records", (job.id, place.topic, str(place.partition)), float(place.lag)
    if job.state is JobState.PAUSED:
        yield "job_kafka_lag_while_paused", (job.id,), float(seen.lag)
        if seen.horizon_s is not None:
            yield "slackwater_retention_loss_horizon_seconds", (job.id,), seen.horizon_s


def of_worker(counts: dict[str, Counts], owned: dict[str, int]) -> Iterator[Sample]:
    """What this worker's record paths counted, and how many partitions each has vouched for."""
    for job_id, found in list(counts.items()):
        for name, value in (
            ("slackwater_records_total", found.records),
            ("slackwater_input_bytes_total", found.bytes_in),
            ("slackwater_outputs_total", found.outputs),
            ("slackwater_output_bytes_total", found.bytes_out),
            ("slackwater_dead_letters_total", found.dead_letters),
            ("slackwater_path_errors_total", found.errors),
            ("slackwater_owned_partitions", owned.get(job_id, 0)),
        ):
            yield name, (job_id,), float(value)
        yield "slackwater_batch_seconds", (job_id,), found.batch_s.copy()
