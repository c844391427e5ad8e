"""Catching up: until a job has taken what lay before it when somebody began to wait for that."""

import time
from collections.abc import Callable
from typing import Final

from slackwater.core.job import Job
from slackwater.core.states import JobState
from slackwater.streams.kafka_connection import KafkaConnection

from .brokers import answering, reach
from .errors import Refused, SlackwaterError, Timeout
from .lag import is_anything_left, read_progress

POLL_INTERVAL_S: Final = 0.2
STILL_S: Final = 2.0
"""After so long without a commit it is looked whether there is anything left to take at all."""


def catch_up(
    kafka: KafkaConnection, look: Callable[[], Job], timeout_s: float, on_progress: Callable[[int, int], None]
) -> None:
    """`look` gives the job as of now; `on_progress` is told what was taken so far, of how much.

    What arrives meanwhile does not count, so a busy input does not keep anyone waiting. Raises Timeout, Unavailable,
    NotAllowed, and Refused or SlackwaterError for a job that no longer runs.
    """
    began = moved = time.monotonic()
    reach(kafka)
    job = look()
    with answering(kafka):
        at = read_progress(kafka, job.id, job.spec.inputs)
        ends = at.ends
        total = at.left(ends)
        while left := at.left(ends):
            now = time.monotonic()
            on_progress(max(total - left, 0), total)
            _raise_unless_running(look())
            is_late = now - began >= timeout_s
            if is_late or now - moved >= STILL_S:
                if not is_anything_left(kafka, at):
                    break
                if is_late:
                    raise Timeout("not_caught_up", f"{job.id} is {left} records behind after {timeout_s:g} s", job=job.id)
                moved = now
            time.sleep(POLL_INTERVAL_S)
            before, at = at, read_progress(kafka, job.id, job.spec.inputs)
            moved = moved if at.committed == before.committed else time.monotonic()
    on_progress(total, total)


def _raise_unless_running(job: Job) -> None:
    if job.state is JobState.FAILED:
        raise SlackwaterError("job_failed", f"{job.id} FAILED: {job.failure}", job=job.id, state=job.state)
    if job.state is not JobState.RUNNING:
        message = f"{job.id} is {job.state}; only a running job catches up"
        raise Refused("not_running", message, job=job.id, state=job.state)
