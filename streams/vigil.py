"""Vigil: what happens to the inputs of a job while it cannot look itself. Asked every ten seconds, by one worker.

Retention is by time (`retention.ms`, from the oldest record the job has not read) and by how fast the beginning of the
topic moves, which also shows a limit by size. Kafka deletes whole segments, and never the newest: the forecast is the
earliest time at which something may be lost, not the likeliest.

By wall time, for once: brokers delete by it, and a monotonic clock stands still while a machine sleeps and its inputs go on.
A worker whose clock runs ahead warns too early, and acts on `@on_retention` too early; nothing is lost by that.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

from slackwater.core.commands import Verb
from slackwater.core.control.fail import Fail
from slackwater.core.control.lift_cap import LiftCap
from slackwater.core.control.report_gap import ReportGap
from slackwater.core.control.warn import LEVELS, Warn
from slackwater.core.coverage import Stance
from slackwater.core.cut import Cut, gaps_text
from slackwater.core.job import Job
from slackwater.core.observation import ControlSeen, Seen
from slackwater.core.states import JobState
from slackwater.core.want import wanted

from .job_group import REQUEST_TIMEOUT_S, Bounds, bounds, committed_by, gaps_between, lags_between, stable_offsets
from .kafka_connection import KafkaConnection
from .topic_identity import changed_identity, topic_ids

READ_TIMEOUT_S: Final = 5.0
LOOKS_MAX: Final = 3
"""So many looks in a row a topic may be missing: a broker that has just come back does not know its topics for a moment."""


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
        self._missed: Counter[str] = Counter()
        self.seen: dict[str, Seen] = {}
        """What the last look at each job saw of its inputs."""

    def look(self, job: Job) -> Iterator[Verb]:
        """What is to be put before the log about a job that lives."""
        found = topic_ids(self._admin, job.spec.inputs)
        why = changed_identity(job.topics, found) or self._gone(job, found)
        if why is not None:
            # A job that runs would read on in another topic's records.
            runs = wanted(job).stance is Stance.RUNNING
            code = "topic_identity_changed"
            yield Fail(self._worker, job.epoch, code, why) if runs else ReportGap(job.epoch, code, why)
            return
        committed = stable_offsets(self._connection, job.id, job.spec.inputs)
        there = bounds(self._admin, job.spec.inputs)
        gaps = gaps_between(committed, there)
        is_paused = job.state is JobState.PAUSED
        left_s = self.horizon_s(job, committed, there) if is_paused and not gaps else None
        seen = Seen(lags_between(committed, there), 0.0 if gaps else left_s)
        if there:  # else no broker knows the topics at this moment, which says nothing of the lag
            self.seen[job.id] = seen
        if job.cap is not None and job.state is JobState.RUNNING:
            yield LiftCap(job.epoch, seen.lag)
        if not is_paused:
            self._pauses.pop(job.id, None)
        elif gaps:
            yield ReportGap(job.epoch, "data_gap", gaps_text(gaps), gaps)
        else:
            yield from self._warn(job, left_s)

    def look_at_control(self, group: str, topic: str) -> ControlSeen:
        """How far the workers' shared group has come on the control topic."""
        committed = committed_by(self._connection, group, [topic])
        (place,) = lags_between(committed, bounds(self._admin, [topic]))
        return ControlSeen(place.offset if place.offset is not None else place.first, place.end)

    def _gone(self, job: Job, found: Mapping[str, str]) -> str | None:
        """In words, which topic the job knew is there no more; None if all are, or one may yet come back."""
        missing = next((t for t in job.spec.inputs if t in job.topics and t not in found), None)
        if missing is None:
            del self._missed[job.id]
            return None
        self._missed[job.id] += 1
        return f"the topic {missing} was deleted" if self._missed[job.id] >= LOOKS_MAX else None

    def _warn(self, job: Job, left_s: float | None) -> Iterator[Verb]:
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
                group_id=f"{self._connection.group_of(job_id)}.vigil", enable_auto_commit=False, auto_offset_reset="error"
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
