"""Source: one consumer in the job's own group, owned by one thread.

`consumer_group_metadata()` from another thread blocks until a rebalance callback returns (measured: 4 s of deadlock), so
the owner takes it after each consume and first thing in `on_revoke`, and others read the copy.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from slackwater.core.cut import Cut, cut_of, merge
from slackwater.core.sql.plan import JobPlan
from slackwater.persistence.steps import reached

from . import positions
from .kafka_connection import CLIENT_PREFIX, WIRE_BROKE, KafkaConnection
from .positions import Begin, partitions_of
from .standing import NotYet, Unmendable
from .taken import OutOfRange, Taken, only_records

MAX_POLL_INTERVAL_MS: Final = 300_000
REQUEST_TIMEOUT_S: Final = 10.0


class Source:
    """Takes records when let go, and none when held. Every method but `group` belongs to the owner's thread."""

    def __init__(
        self,
        job_id: str,
        plan: JobPlan,
        connection: KafkaConnection,
        worker: str,
        *,
        begin: Begin,
        on_assigned: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._topics = list(plan.input_topics)
        self._begin = begin
        self.hand_over: Callable[[], bool] = lambda: True
        """Called before partitions go to others: finishes what is in work. False if that is not known to be done."""
        self._on_assigned = on_assigned
        self._clock = clock
        self._connection = connection
        self._settings: dict[str, Any] = {
            "group_id": connection.group_of(job_id),
            "client_id": CLIENT_PREFIX + worker,
            "enable_auto_commit": False,
            "enable_auto_offset_store": False,
            "auto_offset_reset": "error",
            "isolation_level": "read_committed",
            "partition_assignment_strategy": "cooperative-sticky",
            "session_timeout_ms": connection.session_timeout_ms,
            "heartbeat_interval_ms": max(connection.session_timeout_ms // 10, 300),
            "max_poll_interval_ms": MAX_POLL_INTERVAL_MS,
            "fetch_wait_max_ms": 50,
            "queued_min_messages": 100_000,
            "queued_max_messages_kbytes": 32 * 1024,
            "topic_metadata_refresh_interval_ms": 10_000,
        }
        self._consumer: Consumer | None = None
        self._held: set[tuple[str, int]] = set()
        self._owned: set[tuple[str, int]] = set()
        self._lost = threading.Event()
        self._last_seen: Cut = ()
        self._refusal: Unmendable | None = None
        self._wire_broke = self._has_committed = False
        self.has_assignment = False
        self.assigned_at = 0.0
        self.vouched = False
        self.group: Any = None

    @property
    def is_open(self) -> bool:
        """True between `open` and `close`."""
        return self._consumer is not None

    @property
    def consumer(self) -> Consumer:
        """The consumer, while open."""
        if self._consumer is None:
            raise RuntimeError("the source is not open")
        return self._consumer

    def open(self) -> None:
        """Join the job's group."""
        self._owned, self._held = set(), set()
        self.has_assignment = self.vouched = self._wire_broke = self._has_committed = False
        self._consumer = self._connection.consumer(**self._settings, error_cb=self._heard)
        self._consumer.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._were_lost)

    def close(self) -> None:
        """Leave the group. What is in flight must be drained before. Closing twice is fine."""
        self._lose()
        if self._consumer is not None:
            with contextlib.suppress(Exception):  # of a callback; then the group misses us after the session timeout
                self._consumer.close()
            self._consumer = None
            reached("released")

    def hold(self) -> None:
        """Take nothing more: pause every owned partition that is not paused yet."""
        self._switch(self._owned - self._held, self.consumer.pause)
        self._held = set(self._owned)

    def release(self) -> None:
        """Let go of every partition that is held."""
        self._switch(self._owned & self._held, self.consumer.resume)
        self._held = set()

    def serve(self, timeout_s: float) -> None:
        """Stay in the group while held: heartbeats, callbacks, errors. No record may come of it."""
        records = only_records(self._consume(1, timeout_s))
        if records:
            raise RuntimeError(f"{len(records)} records arrived while held")

    def take(self, count: int, timeout_s: float) -> Taken | None:
        """Up to `count` records, or None if there are none in time. Raises Unmendable for lost offsets."""
        lost = self._lost
        try:
            messages = only_records(self._consume(count, timeout_s))
        except OutOfRange as error:
            self.refuse_gaps()
            raise NotYet(Unmendable("data_gap", str(error))) from error
        if not messages or lost.is_set():
            return None
        self.group = self.consumer.consumer_group_metadata()
        return Taken(messages, self._positions(), lost)

    def _consume(self, count: int, timeout_s: float) -> list[Message]:
        """Raises if a plain offset commit may have a second copy on its way: it would set the offsets back."""
        messages = self.consumer.consume(count, timeout_s)
        if self._refusal is not None:
            raise self._refusal
        if self._wire_broke and self._has_committed:
            late = "the connection broke around an offset commit; a new membership fences what may be late"
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, late))
        self._wire_broke = self._has_committed = False
        return messages

    def _heard(self, error: KafkaError) -> None:
        self._wire_broke = self._wire_broke or error.code() in WIRE_BROKE

    def committed(self) -> Cut:
        """The stable committed offset of every owned partition, as Kafka has it."""
        self._last_seen = positions.committed(self.consumer, self._owned)
        return self._last_seen

    def last_committed(self) -> Cut:
        """What `committed` last found."""
        return self._last_seen

    def stood_at(self, offsets: Cut, *, holds: bool) -> None:
        """What was vouched for: if Kafka forgets it, `holds` says whether the job may go on there all the same."""
        self._begin = replace(self._begin, cut=merge(self._begin.cut, offsets), holds=holds)

    def stands(self) -> tuple[Cut, Any]:
        """The committed offsets of what is owned, where there are any, and the membership that may commit them."""
        return tuple(at for at in self.committed() if at.offset >= 0), self.consumer.consumer_group_metadata()

    def skip(self, skips: Cut) -> None:
        """Continue after gaps that someone accepted."""
        self._has_committed = True
        positions.skip(self.consumer, self.committed(), skips)

    def refuse_gaps(self) -> None:
        """Raises Unmendable if records that lie before the job in its partitions are gone."""
        positions.refuse_gaps(self.consumer, self.committed())

    def lag(self) -> int:
        """How many records lay before the committed offsets."""
        return positions.lag(self.consumer, self._last_seen)

    def partition_counts(self) -> dict[str, int]:
        """Partition count of every input topic."""
        found = {topic: self.consumer.list_topics(topic, REQUEST_TIMEOUT_S).topics[topic] for topic in self._topics}
        for metadata in found.values():
            # A broker that has just come back may not know the topic for a moment: no partition would be to vouch for.
            if metadata.error is not None or not metadata.partitions:
                raise KafkaException(metadata.error or KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
        return {topic: len(metadata.partitions) for topic, metadata in found.items()}

    def rewind(self) -> None:
        """Back to the committed offsets: what was taken since was not committed and is taken again."""
        for topic, partition, offset in self.committed():
            self.consumer.seek(TopicPartition(topic, partition, offset))
        self.vouched = False

    def _positions(self) -> Cut:
        at = self.consumer.position(partitions_of(self._owned))
        return cut_of({(tp.topic, tp.partition): tp.offset for tp in at if tp.offset >= 0})

    def _switch(self, keys: set[tuple[str, int]], switch: Callable[[list[TopicPartition]], None]) -> None:
        if keys:
            switch(partitions_of(keys))

    # Rebalance callbacks, on the owner's thread inside consume.

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Start where Kafka, else the log, else the deployment says; held until the log has spoken again."""
        if partitions:
            self._has_committed = True
            try:
                at = positions.starting_positions(consumer, partitions, self._begin)
            except Unmendable as error:
                self._refusal = error  # what a callback raises does not come out of `consume` as it is
                return
            # A partition that comes after the first start is read from its beginning.
            self._begin = replace(self._begin, at_end=False)
            consumer.incremental_assign(at)
            consumer.pause(at)
            keys = {(tp.topic, tp.partition) for tp in partitions}
            self._owned |= keys
            self._held |= keys
        self.group = consumer.consumer_group_metadata()
        self.has_assignment = True
        self.vouched = False
        self.assigned_at = self._clock()
        reached("assigned")
        self._on_assigned()

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Finish and commit what is in flight, see it visible, then let go. What could not be finished is lost."""
        self.group = consumer.consumer_group_metadata()
        if not self.hand_over():
            self._lose()
        reached("revoked")
        self._forget(consumer, partitions)

    def _were_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Someone else may own them already: nothing of theirs may be committed any more."""
        self._lose()
        self._forget(consumer, partitions)

    def _lose(self) -> None:
        self._lost.set()
        self._lost = threading.Event()

    def _forget(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        keys = {(tp.topic, tp.partition) for tp in partitions}
        consumer.incremental_unassign(partitions)
        self._owned -= keys
        self._held -= keys
        self.vouched = False
