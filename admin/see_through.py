"""Seeing an accepted command through: to its proof, to what took its place, or until there is no time left."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from slackwater.core.commands import Command, Verb
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.expire import Expire, timeout_of
from slackwater.core.cut import Cut
from slackwater.core.job import Job
from slackwater.core.result import Result
from slackwater.core.states import TRANSITIONAL, JobState
from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.tracing import carried_out

from .errors import NotFound, Refused, SlackwaterError, Timeout

CONCLUDE_AFTER_S: Final = 1.0
"""After so long without the workers' word the job's group itself is asked, each second."""


def see_through(
    store: EventStore, kafka: KafkaConnection | None, result: Result, timeout_s: float, actor: str, channel: str
) -> Job:
    """The job once the transition is proved.

    Where no worker lives, stillness is proved from the group's own offsets, and what was watched here past its deadline is
    ended. Raises Refused `overtaken`, SlackwaterError `job_failed`, Timeout, StoreError.
    """
    began = time.monotonic()
    conclusion = _Conclusion(kafka)
    while True:
        seq = store.head().seq
        job = store.job(result.job_id)
        if job is None:
            raise NotFound("no_such_job", f"there is no job {result.job_id}", job=result.job_id)
        raise_if_ended(job, result)
        if job.state not in TRANSITIONAL:
            return job
        waited = time.monotonic() - began
        verb: Verb | None = _expiry(job, waited)
        if verb is None and waited >= timeout_s:
            raise unconfirmed(job, result, timeout_s)
        if verb is None and waited >= CONCLUDE_AFTER_S:
            verb = conclusion.of(job)
        if verb is not None:
            carried_out(store, job, Command(uuid.uuid4().hex, job.id, verb, actor, channel, datetime.now(UTC)))
        else:
            store.wait(seq, min(timeout_s - waited, 1.0))


def _expiry(job: Job, watched_s: float) -> Expire | None:
    """As a worker says it: of this epoch, by one's own clock. A job that is to wait is left alone."""
    if job.deadline is None or job.spec.on_deadline == "wait" or watched_s < timeout_of(job).total_seconds():
        return None
    return Expire(job.epoch, int(watched_s))


class _Conclusion:
    """Of a job whose group has no members. Kept while one command is seen through."""

    def __init__(self, kafka: KafkaConnection | None) -> None:
        self._kafka = kafka
        self._ask: Callable[[Job], Cut | None] | None = None

    def of(self, job: Job) -> Conclude | None:
        """None if the group has members, or if Kafka cannot say."""
        if self._kafka is None or job.state not in {JobState.PAUSING, JobState.STOPPING}:
            return None
        if self._ask is None:
            from .lag import asking_empty_group

            self._ask = asking_empty_group(self._kafka)
        offsets = self._ask(job)
        return None if offsets is None else Conclude(job.epoch, offsets)


def raise_if_ended(job: Job, result: Result) -> None:
    """Raises if the command came to something else than it asked: the job failed, or a newer wish took over."""
    told = {"job": job.id, "state": job.state, "command_id": result.command_id}
    if job.state is JobState.FAILED:
        raise SlackwaterError("job_failed", f"{job.id} FAILED: {job.failure}", **told)
    if job.epoch != result.epoch and job.wish != result.command_id:
        why = f": {job.reason}" if job.reason else ""
        raise Refused("overtaken", f"{result.verb} was overtaken; {job.id} is {job.state}{why}", **told)


def unconfirmed(job: Job, result: Result, timeout: float) -> Timeout:
    """Accepted, but not seen to be done: what is missing."""
    seen = ", ".join(f"{topic}[{partition}]" for topic, partition in job.coverage.missing)
    if not job.coverage.workers:
        hint = "no worker answered; is one running? `slackwater worker`"
    else:
        hint = f"still waiting for {seen}"
    return Timeout(
        "not_confirmed",
        f"{result.verb} was accepted; {job.id} is still {job.state} after {timeout:g} s",
        hint=hint,
        job=job.id,
        state=job.state,
        command_id=result.command_id,
    )
