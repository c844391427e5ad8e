"""Offsets of a transaction are sent, refused or late; the caller never waits for ever."""

import threading
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from slackwater.core.cut import PartitionOffset
from slackwater.streams import send_offsets as module
from slackwater.streams.send_offsets import send_offsets

CUT = (PartitionOffset("orders", 0, 7),)


class Producer:
    """Answers as it is told."""

    def __init__(self, answer: Any = None) -> None:
        self.sent: list[Any] = []
        self._answer = answer

    def send_offsets_to_transaction(self, positions: Any, group: Any, timeout_s: float) -> None:
        self.sent.append([(at.topic, at.partition, at.offset) for at in positions])
        if self._answer is not None:
            self._answer()


def send(producer: Producer) -> None:
    send_offsets(producer, CUT, None, 0.01)  # type: ignore[arg-type]


def test_sent() -> None:
    """What was asked is what is sent."""
    producer = Producer()
    send(producer)
    assert producer.sent == [[("orders", 0, 7)]]


def test_refused() -> None:
    """The broker's no comes out as it is."""

    def no() -> None:
        raise KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION))

    with pytest.raises(KafkaException) as refused:
        send(Producer(no))
    assert refused.value.args[0].code() == KafkaError.ILLEGAL_GENERATION


def test_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that librdkafka never ends is given up: the result is unknown, as after any timeout."""
    monkeypatch.setattr(module, "GRACE_S", 0.0)
    never = threading.Event()
    try:
        with pytest.raises(KafkaException) as late:
            send(Producer(never.wait))
        assert late.value.args[0].code() == KafkaError._TIMED_OUT
    finally:
        never.set()
