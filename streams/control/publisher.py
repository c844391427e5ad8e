"""The log, published: each event once and in order on the events topic, and the reply that a transition is proved.

Messages and the cursor go in one Kafka transaction: the cursor is an offset committed for the events topic in a group of
its own, and the transactional id fences a publisher that lives on elsewhere. So a reader with `read_committed` sees every
event exactly once, whatever crashed.
"""

from collections.abc import Sequence
from typing import Any, Final

from cloudevents.core.bindings.kafka import KafkaMessage
from confluent_kafka import Consumer, Producer, TopicPartition

from slackwater.core import events as e
from slackwater.core.cut import PartitionOffset
from slackwater.core.events import EPOCH_RAISING, name_of
from slackwater.core.evolve import evolve_recorded, replay
from slackwater.core.job import Job
from slackwater.core.recorded import Recorded
from slackwater.core.states import TRANSITIONAL
from slackwater.persistence.store import EventStore

from ..kafka_connection import KafkaConnection
from ..send_offsets import TRANSACTIONAL, send_offsets
from ..topics import ControlTopics
from .cloud_events import last_word, published

EVENTS_PER_TRANSACTION_MAX: Final = 500
REQUEST_TIMEOUT_S: Final = 15.0
TRANSACTION_TIMEOUT_S: Final = 10
_PROOFS: Final = (e.JobStarted, e.JobPaused, e.JobResumed, e.JobStopped)


class Publisher:
    """Publishes the log from where the last publisher stopped. One thread; raises KafkaException and is then thrown away."""

    def __init__(self, store: EventStore, connection: KafkaConnection, topics: ControlTopics) -> None:
        self._store = store
        self._topics = topics
        group = f"{topics.prefix}.publisher"
        self._consumer = Consumer(connection.client(group_id=group, enable_auto_commit=False))
        own = {"transactional_id": group, "transaction_timeout_ms": TRANSACTION_TIMEOUT_S * 1000, **TRANSACTIONAL}
        self._producer = Producer(connection.client(**own))
        self._cursor = 0
        self._jobs: dict[str, Job] = {}

    def open(self) -> None:
        """Fence any other publisher and find the last published position."""
        self._producer.init_transactions(REQUEST_TIMEOUT_S)
        (found,) = self._consumer.committed([TopicPartition(self._topics.events, 0)], REQUEST_TIMEOUT_S)
        self._cursor = max(found.offset, 0)

    def publish(self) -> int:
        """Publish what the log holds beyond the cursor; returns how many events."""
        recorded = self._store.read(self._cursor, EVENTS_PER_TRANSACTION_MAX)
        if recorded:
            self._transact(recorded)
            self._cursor = recorded[-1].seq
        return len(recorded)

    def close(self) -> None:
        """Let go of the clients."""
        self._producer.purge()
        self._consumer.close()

    def _transact(self, recorded: Sequence[Recorded]) -> None:
        self._producer.begin_transaction()
        for event in recorded:
            self._send(self._topics.events, published(event))
            self._reply(event)
        cursor = PartitionOffset(self._topics.events, 0, recorded[-1].seq)
        send_offsets(self._producer, (cursor,), self._consumer.consumer_group_metadata(), TRANSACTION_TIMEOUT_S)
        self._producer.commit_transaction(TRANSACTION_TIMEOUT_S)

    def _reply(self, recorded: Recorded) -> None:
        """The last word on the command that this event ends, if it ends one that came by the control topic."""
        before = self._job_before(recorded)
        self._jobs[recorded.job_id] = evolve_recorded(before, recorded)
        ended = _ended(before, recorded)
        if ended is None:
            return
        kind, command_id = ended
        origin, result = self._store.origin(command_id), self._store.result(command_id)
        if origin is not None and result is not None and origin.channel == "topic":
            self._send(origin.reply_to or self._topics.replies, last_word(kind, result, recorded))

    def _job_before(self, recorded: Recorded) -> Job | None:
        known = self._jobs.get(recorded.job_id)
        if recorded.version == 1 or (known is not None and known.version == recorded.version - 1):
            return known if recorded.version > 1 else None
        past = self._store.history(recorded.job_id)
        return replay(one for one in past if one.version < recorded.version)

    def _send(self, topic: str, message: KafkaMessage) -> None:
        headers: list[tuple[str, Any]] = list(message.headers.items())
        self._producer.produce(topic, key=message.key, value=message.value, headers=headers)


def _ended(before: Job | None, recorded: Recorded) -> tuple[str, str] | None:
    """Which command this event ends, and how. A wish that two events of one command express is not overtaken by itself."""
    event = recorded.event
    if isinstance(event, _PROOFS):
        return "applied", event.completes
    pending = before is not None and before.state in TRANSITIONAL and before.wish != recorded.command_id
    if before is None or not pending or name_of(event) not in EPOCH_RAISING:
        return None
    # A worker's own wish is the fallback at a deadline: nobody asked for it.
    return ("failed" if isinstance(event, e.JobFailed) or recorded.channel == "worker" else "overtaken"), before.wish
