"""Reading a topic from one end to the other, as a `read_committed` reader sees it."""

import time
import uuid
from collections.abc import Iterator, MutableMapping
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from .kafka_connection import KafkaConnection

REQUEST_TIMEOUT_S: Final = 15.0
READ_TIMEOUT_S: Final = 120.0


def read_committed(
    connection: KafkaConnection, topic: str, positions: MutableMapping[int, int] | None = None
) -> Iterator[Message]:
    """Every committed record that stands in the topic now, in partition order. Raises KafkaException, TimeoutError.

    `positions` says where to begin in each partition (else at 0) and is moved on: a later call gives only what is new.
    """
    positions = {} if positions is None else positions
    consumer = Consumer(
        connection.client(
            group_id=f"slackwater.reader.{uuid.uuid4().hex}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            enable_partition_eof=True,
        )
    )
    try:
        partitions = consumer.list_topics(topic, REQUEST_TIMEOUT_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, positions.get(partition, 0)) for partition in partitions])
        open_partitions = set(partitions)
        deadline = time.monotonic() + READ_TIMEOUT_S
        while open_partitions:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic} could not be read to its end")
            for message in consumer.consume(10_000, 0.5):
                error = message.error()
                if error is None:
                    positions[message.partition() or 0] = (message.offset() or 0) + 1
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_partitions.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
