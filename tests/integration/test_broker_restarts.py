"""The embedded broker, ended while transactions end: what it said was committed is visible afterwards."""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from tests.chaos.house import kill

from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ensure_topics

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
WRITERS: Final = 8
LIVES: Final = 2
LIFE_S: Final = 1.5
TOPIC: Final = "written"


class _Writer(threading.Thread):
    """Commits one record after the other until the broker is gone, and knows which of them Kafka said are there."""

    def __init__(self, connection: KafkaConnection, n: int, life: int) -> None:
        super().__init__(daemon=True)
        self.said: set[bytes] = set()
        self._connection, self._n, self._life = connection, n, life

    def producer(self) -> Producer:
        """Its producer; whatever was open of the one before is ended, and its markers are there."""
        producer = self._connection.producer(transactional_id=f"w-{self._n}", transaction_timeout_ms=5000)
        producer.init_transactions(30)
        return producer

    def run(self) -> None:
        with contextlib.suppress(KafkaException):
            producer = self.producer()
            while True:
                value = f"{self._life}.{self._n}.{len(self.said)}".encode()
                producer.begin_transaction()
                producer.produce(TOPIC, value, partition=self._n % 4)
                producer.commit_transaction(2)
                self.said.add(value)


@pytest.mark.parametrize("end", [kill, EmbeddedKafka.stop], ids=["killed", "stopped"])
def test_what_was_decided_is_visible_after_a_restart(tmp_path: Path, end: Callable[[EmbeddedKafka], None]) -> None:
    """What Kafka called committed is visible, and nothing stays undecided, however the broker ended."""
    broker = EmbeddedKafka(tmp_path)
    with broker:
        ensure_topics(KafkaConnection(broker.bootstrap), {TOPIC: 4})
        for life in range(LIVES):
            connection = KafkaConnection(broker.bootstrap)
            writers = [_Writer(connection, n, life) for n in range(WRITERS)]
            for writer in writers:
                writer.start()
            # On a slow machine the first of them takes longer than a life: what nobody wrote would be asked for below.
            until = time.monotonic() + 60
            while not all(writer.said for writer in writers):
                assert time.monotonic() < until, "nothing was committed at all"
                time.sleep(0.05)
            time.sleep(LIFE_S)
            end(broker)
            for writer in writers:
                writer.join(30)
            broker.start()
            again = KafkaConnection(broker.bootstrap)
            for n in range(WRITERS):
                _Writer(again, n, life).producer()
            seen, undecided = _read(again)
            assert not undecided, f"these end behind a transaction that nobody ends: {undecided}"
            missing = set[bytes]().union(*(writer.said for writer in writers)) - seen
            assert not missing, f"committed, and not visible: {sorted(missing)[:9]}"


def _read(connection: KafkaConnection) -> tuple[set[bytes], list[int]]:
    """All that is committed, and the partitions of which not all is decided."""
    found: set[bytes] = set()
    undecided = []
    ends = [_ends(connection, isolation) for isolation in ("read_committed", "read_uncommitted")]
    how = {"group_id": "reader", "isolation_level": "read_committed", "enable_partition_eof": True}
    consumer, until = connection.consumer(**how), time.monotonic() + 60
    for partition, (stable, end) in enumerate(zip(*ends, strict=True)):
        if stable < end:
            undecided.append(partition)
        consumer.assign([TopicPartition(TOPIC, partition, 0)])
        is_read = False
        while not is_read:
            assert time.monotonic() < until, f"partition {partition} is not read to its end"
            for message in consumer.consume(1000, 0.2):
                error = message.error()
                is_read = error is not None and error.code() == KafkaError._PARTITION_EOF
                found |= {message.value() or b""} if error is None else set()
    consumer.close()
    return found, undecided


def _ends(connection: KafkaConnection, isolation: str) -> list[int]:
    consumer = connection.consumer(group_id="reader", isolation_level=isolation)
    ends = [consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), 10)[1] for partition in range(4)]
    consumer.close()
    return ends
