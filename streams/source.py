"""Source: one consumer in the job's own group, owned by one thread.

`consumer_group_metadata()` from another thread blocks until a rebalance callback returns (measured: 4 s of deadlock), so
the owner takes it after each consume and first thing in `on_revoke`, and others read the copy.
"""

import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from slackwater.core.cut import Cut, PartitionKey, cut_of
from slackwater.core.sql.plan import JobPlan
from slackwater.core.want import Want
from slackwater.persistence.steps import reached

from . import positions
from .consumer_settings import consumer_settings
from .kafka_connection import WIRE_BROKE, KafkaConnection
from .positions import partitions_of
from .taken import OutOfRange, Taken, only_records

_Callback = Callable[[Consumer, list[TopicPartition]], None]


class Source:
    """Takes records when let go, and none when held. Every method but `group` belongs to the owner's thread."""

    def __init__(
        self,
        job_id: str,
        plan: JobPlan,
        connection: KafkaConnection,
        worker: str,
        *,
        on_assigned: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._topics = list(plan.input_topics)
        self._starts_at_end = plan.options.start == "latest"
        self.hand_over: Callable[[], bool] = lambda: True
        """Called before partitions go to others: finishes what is in work. False if that is not known to be done."""
        self._on_assigned = on_assigned
        self._clock = clock
        self._connection = connection
        self._settings = consumer_settings(connection.group_of(job_id), worker, connection.session_timeout_ms)
        self._consumer: Consumer | None = None
        self._lost, self.last_committed, self.assigned_at = threading.Event(), Cut(), 0.0
        self.group: Any = None
        self._begin()

    def _begin(self) -> None:
        self._owned, self._held, self._unplaced = set[PartitionKey](), set[PartitionKey](), set[PartitionKey]()
        self._callback_failed: Exception | None = None
        self._wire_broke = self._has_committed = self._is_closing = False
        self.has_assignment = self.vouched = False

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
        self._begin()
        self._consumer = self._connection.consumer(**self._settings, error_cb=self._heard)
        self._consumer.subscribe(
            self._topics,
            on_assign=partial(self._keep, self._assigned),
            on_revoke=partial(self._keep, self._revoked),
            on_lost=partial(self._keep, self._were_lost),
        )

    def close(self) -> None:
        """Leave the group. What is in flight must be drained before. Closing twice is fine."""
        self._lose()
        self._is_closing = True
        if self._consumer is not None:
            with contextlib.suppress(Exception):  # of a callback; then the group misses us after the session timeout
                self._consumer.close()
            self._consumer = None
            reached("released")

    def hold(self) -> None:
        """Take nothing more: pause every owned partition that is not paused yet."""
        if taking := self._owned - self._held:
            self.consumer.pause(partitions_of(taking))
        self._held = set(self._owned)

    def release(self) -> None:
        """Let go of every partition that is held."""
        if held := self._owned & self._held:
            self.consumer.resume(partitions_of(held))
            positions.wake_fetchers(self.consumer, held)
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
        except OutOfRange:
            self.refuse_gaps()
            raise
        if not messages or lost.is_set():
            return None
        self.group = self.consumer.consumer_group_metadata()
        return Taken(messages, self._positions(), lost)

    def give_back(self, begins: Cut) -> None:
        """What was taken from there on, and nobody has begun, is taken again later."""
        positions.seek(self.consumer, tuple(at for at in begins if (at.topic, at.partition) in self._owned))

    def _consume(self, count: int, timeout_s: float) -> list[Message]:
        """Raises if a plain offset commit may have a second copy on its way: it would set the offsets back."""
        messages = self.consumer.consume(count, timeout_s)
        if self._callback_failed is not None:
            raise self._callback_failed
        if self._wire_broke and self._has_committed:
            late = "the connection broke around an offset commit; a new membership fences what may be late"
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, late))
        self._wire_broke = self._has_committed = False
        return messages

    def _heard(self, error: KafkaError) -> None:
        self._wire_broke = self._wire_broke or error.code() in WIRE_BROKE

    def committed(self) -> Cut:
        """The stable committed offset of every owned partition, as Kafka has it. Raises NotYet if one is gone."""
        self.last_committed = positions.committed(self.consumer, self._owned - self._unplaced)
        return self.last_committed

    def place(self, want: Want) -> None:
        """Where Kafka has no offset, begin where the log, else the deployment says. Raises Unmendable where nobody knows.

        Not before there is a word from the log that is younger than the assignment: whoever owned the partition before may
        have taken from it since an older one.
        """
        if self._unplaced:
            self._has_committed = True
            positions.place(self.consumer, self._unplaced, want, at_end=self._starts_at_end)
            self._unplaced = set()

    def stands(self) -> tuple[Cut, Any]:
        """The committed offsets of what is owned, and the membership that may commit them."""
        return self.committed(), self.consumer.consumer_group_metadata()

    def skip(self, skips: Cut) -> None:
        """Continue after gaps that someone accepted."""
        if ahead := positions.ahead(self.committed(), skips):
            self._has_committed = True
            positions.move(self.consumer, ahead)

    def refuse_gaps(self) -> None:
        """Raises Unmendable if records that lie before the job in its partitions are gone."""
        positions.refuse_gaps(self.consumer, self.committed())

    def lag(self) -> int:
        """How many records lay before the committed offsets."""
        return positions.lag(self.consumer, self.last_committed)

    def partition_counts(self) -> dict[str, int]:
        """Partition count of every input topic."""
        return positions.partition_counts(self.consumer, self._topics)

    def rewind(self) -> None:
        """Back to the committed offsets: what was taken since was not committed and is taken again."""
        positions.seek(self.consumer, self.committed())
        self.vouched = False

    def _positions(self) -> Cut:
        at = self.consumer.position(partitions_of(self._owned))
        return cut_of({(tp.topic, tp.partition): tp.offset for tp in at if tp.offset >= 0})

    # Rebalance callbacks, on the owner's thread inside consume.

    def _keep(self, callback: _Callback, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """What the callback raises waits until `consume` is back: out of the client it would come as no exception at all.

        While the group is left the client does all that is to do; what we asked would find no coordinator for 10 s.
        """
        try:
            if not self._is_closing:
                callback(consumer, partitions)
        except Exception as error:
            self._callback_failed = error

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Start where Kafka says; held until the log has spoken again."""
        if partitions:
            at = positions.stored(consumer, partitions)
            unplaced = {(tp.topic, tp.partition) for tp in at if tp.offset < 0}
            for tp in at:
                # No logical offset: the answer to its lookup may come after the seek of `place`, and undo it.
                tp.offset = max(tp.offset, 0)
            consumer.incremental_assign(at)
            consumer.pause(at)
            keys = {(tp.topic, tp.partition) for tp in partitions}
            self._owned |= keys
            self._held |= keys
            self._unplaced |= unplaced
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
        self._unplaced -= keys
        self.vouched = False
