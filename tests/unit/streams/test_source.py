"""Source: what goes wrong inside a rebalance comes out where the owner can see it."""

import contextlib
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from slackwater.core.sql.parse import parse_job
from slackwater.streams.counts import Counts
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.patience import TRIES_MAX, Patience
from slackwater.streams.source import Source


class Consumer:
    """Joins at the first consume, and cannot say what is committed. A callback's error does not come out of it."""

    def __init__(self) -> None:
        self._joined = False
        self.asked = 0

    def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        self._on_assign = callbacks["on_assign"]

    def consume(self, count: int, timeout_s: float) -> list[Any]:
        if not self._joined:
            self._joined = True
            with contextlib.suppress(Exception):
                self._on_assign(self, [TopicPartition("orders", 0)])
        return []

    def committed(self, asked: list[TopicPartition], timeout_s: float) -> list[TopicPartition]:
        self.asked += 1
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))

    def close(self) -> None:
        """A rebalance that was on its way is served in here."""
        self._on_assign(self, [TopicPartition("orders", 1)])


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setattr(KafkaConnection, "consumer", lambda self, **settings: Consumer())
    plan = parse_job("SELECT * FROM orders", output_topic="out")
    return Source("a", plan, KafkaConnection("127.0.0.1:9"), "w-1", on_assigned=lambda: None, clock=lambda: 0.0)


def test_what_a_rebalance_callback_raises(source: Source) -> None:
    """It comes out of `serve` as it was raised, and is waited for like any other; a new membership starts without it."""
    patience = Patience(Counts())
    for _ in range(3 * TRIES_MAX):
        source.open()
        with pytest.raises(KafkaException) as raised:
            source.serve(0.0)
        assert raised.value.args[0].code() == KafkaError._TIMED_OUT
        assert not source.has_assignment
        patience.failed(raised.value, "")
        source.close()


def test_a_rebalance_served_while_leaving(source: Source) -> None:
    """It asks nothing of the broker: the answer would not come, and leaving would take as long as its timeout."""
    source.open()
    consumer: Any = source.consumer
    source.close()
    assert consumer.asked == 0
