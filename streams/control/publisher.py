"""The log, published: each event once and in order on the events topic, and the reply that a transition is proved.

Events and the cursor go in one Kafka transaction: the cursor is an offset committed for the events topic in a group of
its own, and the transactional id fences a publisher that lives on elsewhere. So a reader with `read_committed` sees every
event exactly once, whatever crashed. Replies go before it, at least once: where they go is the senders' choice, and must
not decide what becomes of the log.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import structlog
from cloudevents.core.bindings.kafka import KafkaMessage
from confluent_kafka import Consumer, Producer, TopicPartition

from slackwater.core import events as e
from slackwater.core.cut import PartitionOffset
from slackwater.core.events import EPOCH_RAISING, name_of
from slackwater.core.evolve import evolve_recorded, replay
from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.policy.events import PolicyEvent
from slackwater.core.recorded import Recorded
from slackwater.core.states import TRANSITIONAL
from slackwater.persistence.errors import UnreadableEvent
from slackwater.persistence.steps import reached
from slackwater.persistence.store import EventStore, Unreadable

from ..kafka_connection import KafkaConnection
from ..send_offsets import send_offsets
from ..topics import ControlTopics
from ..transactional_producer import HIDDEN_RETRY_S, transactional_producer
from .anchor import last_published
from .cloud_events import last_word, published
from .replies import Replies

log = structlog.get_logger()
EVENTS_PER_TRANSACTION_MAX: Final = 500
REQUEST_TIMEOUT_S: Final = 15.0
TRANSACTION_TIMEOUT_S: Final = 10
_PROOFS: Final = (e.JobStarted, e.JobPaused, e.JobResumed, e.JobStopped)


class Publisher:
    """Publishes the log from where the last publisher stopped. One thread; raises KafkaException and is then thrown away."""

    def __init__(self, store: EventStore, connection: KafkaConnection, topics: ControlTopics, replies: Replies) -> None:
        self._store = store
        self._connection = connection
        self._replies = replies
        self._topics = topics
        group = f"{topics.prefix}.publisher"
        self._consumer = Consumer(connection.client(group_id=group, enable_auto_commit=False))
        self._own = {"transactional_id": group, "transaction_timeout_ms": TRANSACTION_TIMEOUT_S * 1000}
        self._producer: Producer | None = None
        self._cursor = 0
        self._muted: set[str] = set()
        self._jobs: dict[str, Job] = {}

    def open(self) -> None:
        """Fence any other publisher and find the last published position.

        Brokers forget the cursor of a group without members after a week without events; what stands on the topic they keep.
        """
        self._fence()
        (found,) = self._consumer.committed([TopicPartition(self._topics.events, 0)], REQUEST_TIMEOUT_S)
        last = last_published(self._connection, self._topics.events)
        self._cursor = max(found.offset, last.seq if last else 0)

    def publish(self) -> int:
        """Publish what the log holds beyond the cursor; returns how many events."""
        found = self._store.scan(self._cursor, EVENTS_PER_TRANSACTION_MAX)
        for unreadable in (one for one in found if isinstance(one, Unreadable)):
            self._mute(unreadable.job_id, f"event {unreadable.seq}: {unreadable.why}")
        if found:
            self._transact([one for one in found if isinstance(one, Recorded)], found[-1].seq)
            self._cursor = found[-1].seq
        return len(found)

    def close(self) -> None:
        """Let go of the clients."""
        if self._producer is not None:
            self._producer.purge()
        self._consumer.close()

    def _fence(self) -> Producer:
        self._producer = transactional_producer(self._connection, self._topics.events, REQUEST_TIMEOUT_S, **self._own)
        return self._producer

    def _transact(self, recorded: Sequence[Recorded], until_seq: int) -> None:
        for event in recorded:
            self._reply(event)
        reached("replied")
        producer = self._producer or self._fence()
        producer.begin_transaction()
        for event in recorded:
            self._publish(producer, published(event))
        producer.flush(TRANSACTION_TIMEOUT_S)
        reached("events_written")
        cursor = PartitionOffset(self._topics.events, 0, until_seq)
        began = time.monotonic()
        send_offsets(producer, (cursor,), self._consumer.consumer_group_metadata(), TRANSACTION_TIMEOUT_S)
        reached("cursor_sent")
        producer.commit_transaction(TRANSACTION_TIMEOUT_S)
        reached("published")
        if time.monotonic() - began >= HIDDEN_RETRY_S:
            # A first copy of what librdkafka repeated unsaid may still close the next transaction: see Sink.commit.
            self._fence()

    def _mute(self, job_id: str, why: str) -> None:
        """No more last words on this job's commands: nobody can know what became of them. Others go on."""
        if job_id not in self._muted:
            self._muted.add(job_id)
            log.error("a job's events cannot be read; its other events are published", job_name=job_id, cause=why)

    def _reply(self, recorded: Recorded) -> None:
        """The last word on the command that this event ends, if it ends one that came by the control topic."""
        if recorded.job_id in self._muted or isinstance(recorded.event, PolicyEvent):
            return
        try:
            before = self._job_before(recorded)
            self._jobs[recorded.job_id] = evolve_recorded(before, recorded)
        except (UnreadableEvent, IllegalTransition) as error:
            self._mute(recorded.job_id, str(error))
            return
        ended = _ended(before, recorded)
        if ended is None:
            return
        kind, command_id = ended
        origin, result = self._store.origin(command_id), self._store.result(command_id)
        if origin is not None and result is not None and origin.channel == "topic":
            self._replies.send(origin.reply_to, last_word(kind, result, recorded))

    def _job_before(self, recorded: Recorded) -> Job | None:
        known = self._jobs.get(recorded.job_id)
        if recorded.version == 1 or (known is not None and known.version == recorded.version - 1):
            return known if recorded.version > 1 else None
        past = self._store.history(recorded.job_id)
        return replay(one for one in past if one.version < recorded.version)

    def _publish(self, producer: Producer, message: KafkaMessage) -> None:
        headers: list[tuple[str, Any]] = list(message.headers.items())
        producer.produce(self._topics.events, key=message.key, value=message.value, headers=headers)


def _ended(before: Job | None, recorded: Recorded) -> tuple[str, str] | None:
    """Which command this event ends, and how. A wish that two events of one command express is not overtaken by itself."""
    event = recorded.event
    if isinstance(event, _PROOFS):
        return "applied", event.completes
    wish = getattr(event, "wish", None) or recorded.command_id
    pending = before is not None and before.state in TRANSITIONAL and before.wish != wish
    if before is None or not pending or name_of(event) not in EPOCH_RAISING:
        return None
    # A worker's own wish is the fallback at a deadline: nobody asked for it.
    return ("failed" if isinstance(event, e.JobFailed) or recorded.channel == "worker" else "overtaken"), before.wish
