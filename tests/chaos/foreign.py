"""Someone else on the same Kafka: takes our transactional id, leaves a transaction open on our input, deletes our group."""

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any, Final

from confluent_kafka import Producer, TopicPartition
from tests.rig.workers import Rig

TRANSACTION_LOG: Final = "__transaction_state"


def fence(rig: Rig, worker: str) -> str:
    """Begin as a producer under the transactional id of this worker's: from now on Kafka refuses the worker's own.

    The id, which no client is told, is read from the log of the transaction coordinators.
    """
    mine = [id for id in _transactional_ids(rig) if f"{rig.job}.{worker}." in id]
    assert mine, f"{worker} has no transactional id"
    impostor = rig.connection.producer(transactional_id=mine[-1])
    impostor.init_transactions(20)
    return mine[-1]


def _transactional_ids(rig: Rig) -> list[str]:
    """Every id the coordinators know, as far as their log went when asked."""
    consumer = rig.connection.consumer(group_id=f"foreign.{rig.job}", auto_offset_reset="earliest")
    try:
        found = consumer.list_topics(TRANSACTION_LOG, 20).topics[TRANSACTION_LOG].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(TRANSACTION_LOG, p), 20)[1] for p in found}
        consumer.assign([TopicPartition(TRANSACTION_LOG, p, 0) for p, end in ends.items() if end > 0])
        left = {p for p, end in ends.items() if end > 0}
        ids, until = [], time.monotonic() + 60
        while left:
            assert time.monotonic() < until, f"{TRANSACTION_LOG} could not be read"
            for message in consumer.consume(1000, 0.2):
                # Two bytes of version and two of length come before the id.
                ids.append((message.key() or b"")[4:].decode(errors="replace"))
                if (message.offset() or 0) + 1 >= ends[message.partition() or 0]:
                    left.discard(message.partition() or 0)
        return ids
    finally:
        consumer.close()


@contextlib.contextmanager
def open_transaction(rig: Rig, **order: Any) -> Iterator[Producer]:
    """One order in each input partition, of a transaction that stays open; it is committed at the end.

    The orders are too small to pass the job's filter, so that its outputs are as ever.
    """
    producer = rig.connection.producer(transactional_id=f"foreign.{rig.job}", transaction_timeout_ms=600_000)
    producer.init_transactions(20)
    producer.begin_transaction()
    for partition in range(rig.partitions):
        value = json.dumps({"order_id": -1 - partition, "customer": "foreign", "amount": 1.0, **order})
        producer.produce(rig.input, value=value, partition=partition)
    assert producer.flush(20) == 0
    try:
        yield producer
    finally:
        producer.commit_transaction(20)


def forget_offsets(rig: Rig) -> None:
    """Delete the job's group with its committed offsets, as `kafka-consumer-groups --delete` does. It must be empty."""
    (done,) = rig.kafka_admin.delete_consumer_groups([rig.group], request_timeout=20).values()
    done.result()
