"""Vigil: what happens to the inputs of a job while it cannot look itself. Asked every ten seconds, by one worker.

Retention is by time (`retention.ms`, from the oldest record the job has not read) and by how fast the beginning of the
topic moves, which also shows a limit by size. Kafka deletes whole segments, and never the newest: the forecast is the
earliest time at which something may be lost, not the likeliest.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

from slackwater.core.commands import Verb
from slackwater.core.control.fail import Fail
from slackwater.core.control.report_gap import ReportGap
from slackwater.core.control.warn import LEVELS, Warn
from slackwater.core.coverage import Stance
from slackwater.core.cut import Cut, gaps_text
from slackwater.core.job import Job
from slackwater.core.states import JobState
from slackwater.core.want import wanted

from .job_group import REQUEST_TIMEOUT_S, Bounds, bounds, gaps_between, group_of, stable_offsets
from .kafka_connection import KafkaConnection
from .topic_identity import changed_identity, topic_ids

READ_TIMEOUT_S: Final = 5.0


@dataclass(slots=True)
class _Pause:
    """What is known of one pause: when the oldest unread record of each partition happened, where the topics began."""

    epoch: int
    happened_ms: dict[tuple[str, int], int] = field(default_factory=dict)
    firsts: tuple[float, Bounds] | None = None


class Vigil:
    """Looks at one job after the other. One thread; raises KafkaException, and is asked again."""

    def __init__(self, connection: KafkaConnection, worker: str) -> None:
        self._worker = worker
        self._connection = connection
        self._admin = connection.admin()
        self._pauses: dict[str, _Pause] = {}

    def look(self, job: Job) -> Iterator[Verb]:
        """What is to be put before the log about a job that lives."""
        why = changed_identity(job.topics, topic_ids(self._admin, job.spec.inputs))
        if why is not None:
            # A job that runs would read on in another topic's records.
            runs = wanted(job).stance is Stance.RUNNING
            code = "topic_identity_changed"
            yield Fail(self._worker, job.epoch, code, why) if runs else ReportGap(job.epoch, code, why)
            return
        if job.state is not JobState.PAUSED:
            self._pauses.pop(job.id, None)
            return
        committed = stable_offsets(self._admin, job.id, job.spec.inputs)
        there = bounds(self._admin, job.spec.inputs)
        gaps = gaps_between(committed, there)
        if gaps:
            yield ReportGap(job.epoch, "data_gap", gaps_text(gaps), gaps)
            return
        yield from self._warn(job, committed, there)

    def _warn(self, job: Job, committed: Cut, there: Bounds) -> Iterator[Verb]:
        left_s = self.horizon_s(job, committed, there)
        if left_s is None or job.since is None:
            return
        left_at_pause_s = left_s + max((datetime.now(UTC) - job.since).total_seconds(), 1.0)
        for level in LEVELS:
            if level < job.warned and 100 * left_s <= level * left_at_pause_s:
                yield Warn(job.epoch, level, max(int(left_s), 0))

    def horizon_s(self, job: Job, committed: Cut, there: Bounds) -> float | None:
        """Seconds until something unread may be deleted; None if nothing is in danger."""
        pause = self._pauses.get(job.id)
        if pause is None or pause.epoch != job.epoch:
            pause = self._pauses[job.id] = _Pause(job.epoch)
        unread = [at for at in committed if there.get((at.topic, at.partition), (0, 0))[1] > at.offset]
        found = [*self._by_time(job, pause, tuple(unread)), *self._by_movement(pause, tuple(unread), there)]
        return min(found, default=None)

    def _by_time(self, job: Job, pause: _Pause, unread: Cut) -> Iterator[float]:
        retention = {topic: self._retention_ms(topic) for topic in job.spec.inputs}
        missing = tuple(at for at in unread if (at.topic, at.partition) not in pause.happened_ms)
        if missing and any(kept is not None for kept in retention.values()):
            pause.happened_ms |= self._happened_ms(job.id, missing)
        for (topic, _), at_ms in pause.happened_ms.items():
            kept = retention.get(topic)
            if kept is not None:
                yield (at_ms + kept) / 1000 - time.time()

    @staticmethod
    def _by_movement(pause: _Pause, unread: Cut, there: Bounds) -> Iterator[float]:
        now = time.monotonic()
        if pause.firsts is None:
            pause.firsts = (now, there)
            return
        since, before = pause.firsts
        for topic, partition, offset in unread:
            first, then = there[topic, partition][0], before.get((topic, partition), (0, 0))[0]
            if first > then and now > since:
                yield (offset - first) * (now - since) / (first - then)

    def _retention_ms(self, topic: str) -> int | None:
        resource = ConfigResource(ResourceType.TOPIC, topic)
        found = self._admin.describe_configs([resource], request_timeout=REQUEST_TIMEOUT_S)[resource].result()
        kept = int(found["retention.ms"].value)
        return kept if kept >= 0 and "delete" in found["cleanup.policy"].value else None

    def _happened_ms(self, job_id: str, at: Cut) -> dict[tuple[str, int], int]:
        """The time of the record at each of these offsets."""
        consumer = Consumer(
            self._connection.client(
                group_id=f"{group_of(job_id)}.vigil", enable_auto_commit=False, auto_offset_reset="error"
            )
        )
        found: dict[tuple[str, int], int] = {}
        try:
            consumer.assign([TopicPartition(*position) for position in at])
            until = time.monotonic() + READ_TIMEOUT_S
            while len(found) < len(at) and time.monotonic() < until:
                message = consumer.poll(0.5)
                if message is not None and message.error() is None:
                    found.setdefault((message.topic() or "", message.partition() or 0), message.timestamp()[1])
        finally:
            consumer.close()
        return found
