"""Does the log continue what was published of it? A log restored from an old backup does not.

The published events are the log's witness outside the database: the last of them names its `seq` and its hash. A log that
is shorter, or has another event there, would be published and obeyed with holes.
"""

import json
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from slackwater.persistence.store import EventStore

from ..kafka_connection import KafkaConnection
from ..read_topic import read_committed
from ..topics import ControlTopics

REQUEST_TIMEOUT_S: Final = 15.0
LOOK_BACK: Final = 1000
"""Offsets from the end in which the last event is looked for first: a transaction is at most 500 events and a marker."""


class LogBehindKafka(Exception):
    """The log is not the one that was published here."""

    hint = "restore the newer log, or start a control plane of its own with another SLACKWATER_PREFIX"


class Published(NamedTuple):
    """An event as it stands on the events topic: its place in the log, and its hash in hex."""

    seq: int
    hash: str


def check_anchor(store: EventStore, connection: KafkaConnection, topics: ControlTopics) -> None:
    """Raises LogBehindKafka, KafkaException, StoreError."""
    last = last_published(connection, topics.events)
    if last is None:
        return
    found = store.read(last.seq - 1, 1)
    if not found:
        raise LogBehindKafka(f"{topics.events} has event {last.seq}, the log ends at {store.head().seq}: an older copy?")
    if found[0].hash.hex() != last.hash:
        raise LogBehindKafka(f"event {last.seq} of the log is not the one that was published on {topics.events}")


def last_published(connection: KafkaConnection, topic: str) -> Published | None:
    """The last event on the topic for a `read_committed` reader; None if there is none. Raises KafkaException.

    Passes over what is no event, and over transactions that were aborted, however many.
    """
    low, high = _bounds(connection, topic)
    back = LOOK_BACK
    while True:
        start = max(low, high - back)
        last = _last_from(connection, topic, start)
        if last is not None or start == low:
            return last
        back *= 10


def _bounds(connection: KafkaConnection, topic: str) -> tuple[int, int]:
    consumer = connection.consumer(group_id=f"{topic}.anchor", enable_auto_commit=False)
    try:
        return consumer.get_watermark_offsets(TopicPartition(topic, 0), REQUEST_TIMEOUT_S)
    finally:
        consumer.close()


def _last_from(connection: KafkaConnection, topic: str, start: int) -> Published | None:
    last = None
    try:
        for message in read_committed(connection, topic, {0: start}):
            last = _event_in(message) or last
    except TimeoutError as error:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, str(error))) from error
    return last


def _event_in(message: Message) -> Published | None:
    try:
        body = json.loads(message.value() or b"")
        is_event = str(body["type"]).startswith("io.slackwater.event.")
        found = Published(body["data"]["seq"], body["data"]["hash"])
    except (ValueError, TypeError, KeyError):
        return None
    return found if is_event and isinstance(found.seq, int) and isinstance(found.hash, str) else None
