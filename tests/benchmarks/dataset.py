"""The input all contenders read: orders of about 100 bytes, and how long reading and writing took."""

import json
import random
import time

from confluent_kafka import Consumer, Producer, TopicPartition

from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ensure_topics

PARTITIONS = 4
INPUT = "bench_orders"


def fill(connection: KafkaConnection, count: int) -> None:
    """Write `count` orders, evenly over the partitions."""
    ensure_topics(connection, {INPUT: PARTITIONS})
    producer = Producer(connection.client(linger_ms=20, batch_size=1_000_000, queue_buffering_max_messages=2_000_000))
    rng = random.Random(1)
    for start in range(0, count, 50_000):
        rows = [
            {"key": b"%d" % i, "value": json.dumps(_order(i, rng)).encode()}
            for i in range(start, min(start + 50_000, count))
        ]
        for partition in range(PARTITIONS):
            producer.produce_batch(INPUT, rows[partition::PARTITIONS], partition=partition)
        producer.flush(60)


def _order(i: int, rng: random.Random) -> dict[str, object]:
    amount = round(rng.random() * 1000, 2)
    return {"order_id": i, "customer": f"customer-{rng.randrange(5000)}", "amount": amount, "ts": 1_760_000_000_000 + i}


def end_offsets(connection: KafkaConnection, topic: str) -> int:
    """Sum of the topic's end offsets: how far writing has come, markers included."""
    consumer = Consumer(connection.client(group_id="bench-watch"))
    try:
        partitions = consumer.list_topics(topic, 10).topics[topic].partitions
        return sum(consumer.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in partitions)
    finally:
        consumer.close()


def bare_loop_s(connection: KafkaConnection, count: int) -> float:
    """(a) The ceiling of one Python process: consume in batches and do nothing."""
    settings = {"group_id": f"bare-{time.time()}", "enable_auto_commit": False, "auto_offset_reset": "earliest"}
    consumer = Consumer(connection.client(**settings, isolation_level="read_committed", queued_min_messages=100_000))
    consumer.assign([TopicPartition(INPUT, p, 0) for p in range(PARTITIONS)])
    taken, began = 0, 0.0
    try:
        while taken < count:
            messages = consumer.consume(20_000, 1.0)
            began = began or time.perf_counter()
            taken += len(messages)
        return time.perf_counter() - began
    finally:
        consumer.close()
