"""Where a job begins in partitions of which Kafka has no committed offset."""

from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from slackwater.core.coverage import Stance
from slackwater.core.cut import Cut, cut_of
from slackwater.core.want import Want
from slackwater.streams.positions import committed, place
from slackwater.streams.standing import NotYet, Unmendable

LOW, HIGH = 40, 90


class Consumer:
    """Knows some committed offsets; every partition reaches from LOW to HIGH."""

    def __init__(self, found: Cut = (), error: KafkaError | None = None) -> None:
        self.found = {(topic, partition): offset for topic, partition, offset in found}
        self.seeks: dict[tuple[str, int], int] = {}
        self._error = error

    def committed(self, asked: list[TopicPartition], timeout_s: float) -> list[Any]:
        for tp in asked:
            tp.offset = self.found.get((tp.topic, tp.partition), -1001)
        if self._error is None:
            return asked
        return [type("Answer", (), {"topic": tp.topic, "error": self._error, "offset": -1001}) for tp in asked]

    def get_watermark_offsets(self, tp: TopicPartition, timeout_s: float) -> tuple[int, int]:
        return LOW, HIGH

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> None:
        self.found |= {(tp.topic, tp.partition): tp.offset for tp in offsets}

    def seek(self, tp: TopicPartition) -> None:
        self.seeks[tp.topic, tp.partition] = tp.offset


def begin(consumer: Consumer, *keys: tuple[str, int], at_end: bool = False, **says: Any) -> dict[tuple[str, int], int]:
    """Where they are put, which is where they are committed too."""
    place(consumer, keys, Want(Stance.RUNNING, 1, **says), at_end=at_end)  # type: ignore[arg-type]
    assert consumer.seeks.items() <= consumer.found.items()
    return consumer.seeks


@pytest.mark.parametrize(("at_end", "begins"), [(False, LOW), (True, HIGH)])
def test_what_the_log_knows_nothing_of(at_end: bool, begins: int) -> None:
    """As the deployment says; also what is left over from a start that others never saw proved."""
    assert begin(Consumer(), ("a", 0), at_end=at_end) == {("a", 0): begins}
    consumer = Consumer(cut_of({("a", 0): 50}))
    known: dict[str, Any] = {"cut": cut_of({("a", 0): 50}), "taken": cut_of({("a", 0): 50}), "first_partitions": {"a": 2}}
    assert begin(consumer, ("a", 1), at_end=at_end, **known) == {("a", 1): begins}


def test_what_was_added() -> None:
    """At 0, whatever is left of it and whatever the deployment says, also before the first start is proved."""
    assert begin(Consumer(), ("a", 2), at_end=True, first_partitions={"a": 2}) == {("a", 2): 0}


def test_the_cut_stands_in() -> None:
    """Of a job that stood still the log says where it stands, after the gaps that somebody accepted."""
    cut, skips = cut_of({("a", 0): 50, ("a", 1): 50}), cut_of({("a", 1): 60})
    assert begin(Consumer(), ("a", 0), ("a", 1), cut=cut, skips=skips) == {("a", 0): 50, ("a", 1): 60}


def test_what_may_have_been_taken() -> None:
    """Nobody knows where it stood: no place is guessed at, and nothing is committed."""
    consumer, stood = Consumer(), cut_of({("a", 0): 50})
    with pytest.raises(Unmendable, match=r"a\[0\] are gone") as failed:
        begin(consumer, ("a", 0), cut=stood, taken=stood)
    assert (failed.value.code, consumer.found) == ("offsets_lost", {})


def test_a_group_that_is_forgotten() -> None:
    """A partition the log has no word of is lost with the others of its topic; topics are judged one by one."""
    stood = cut_of({("a", 0): 50, ("b", 0): 50})
    with pytest.raises(Unmendable, match=r"a\[3\] are gone"):
        begin(Consumer(cut_of({("b", 0): 55})), ("a", 3), taken=stood, first_partitions={"a": 1, "b": 1})
    assert begin(Consumer(cut_of({("b", 0): 55})), ("b", 3), taken=stood, first_partitions={"a": 1, "b": 1}) == {("b", 3): 0}
    assert begin(Consumer(), ("c", 0), taken=stood) == {("c", 0): LOW}


def test_offsets_that_are_gone_and_answers_that_are_none() -> None:
    """Neither is taken for an offset."""
    with pytest.raises(NotYet) as gone:
        committed(Consumer(), [("a", 0)])  # type: ignore[arg-type]
    assert gone.value.becomes.code == "offsets_lost"
    with pytest.raises(KafkaException):
        committed(Consumer(error=KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), [("a", 0)])  # type: ignore[arg-type]
