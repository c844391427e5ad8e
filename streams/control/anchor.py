"""Does the log continue what was published of it? A log restored from an old backup does not.

The published events are the log's witness outside the database: the last of them names its `seq` and its hash. A log that
is shorter, or has another event there, would be published and obeyed with holes.
"""

import json
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, TopicPartition

from slackwater.persistence.store import EventStore

from ..kafka_connection import KafkaConnection
from ..topics import ControlTopics

REQUEST_TIMEOUT_S: Final = 15.0
LOOK_BACK: Final = 1000
"""Offsets from the end in which the last event is looked for: a transaction is at most 500 events and a marker."""


class LogBehindKafka(Exception):
    """The log is not the one that was published here."""

    hint = "restore the newer log, or start a control plane of its own with another SLACKWATER_PREFIX"


def check_anchor(store: EventStore, connection: KafkaConnection, topics: ControlTopics) -> None:
    """Raises LogBehindKafka, KafkaException, StoreError."""
    last = _last_published(connection, topics.events)
    if last is None:
        return
    seq, digest = int(last["seq"]), str(last["hash"])
    found = store.read(seq - 1, 1)
    if not found:
        raise LogBehindKafka(f"{topics.events} has event {seq}, the log ends at {store.head().seq}: an older copy?")
    if found[0].hash.hex() != digest:
        raise LogBehindKafka(f"event {seq} of the log is not the one that was published on {topics.events}")


def _last_published(connection: KafkaConnection, topic: str) -> dict[str, Any] | None:
    consumer = Consumer(connection.client(group_id=f"{topic}.anchor", enable_auto_commit=False, enable_partition_eof=True))
    try:
        where = TopicPartition(topic, 0)
        low, high = consumer.get_watermark_offsets(where, REQUEST_TIMEOUT_S)
        consumer.assign([TopicPartition(topic, 0, max(low, high - LOOK_BACK))])
        return _last_event(consumer)
    finally:
        consumer.close()


def _last_event(consumer: Consumer) -> dict[str, Any] | None:
    last = None
    while (message := consumer.poll(REQUEST_TIMEOUT_S)) is not None:
        error, value = message.error(), message.value()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            break
        if error is None and value:
            last = json.loads(value)["data"]
    return last
