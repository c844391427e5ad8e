"""What a consumer hands out: records taken and not yet committed, or an error that no retry mends."""

import threading
from collections import defaultdict
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, Message

from slackwater.core.cut import Cut, cut_of

from .batch import Batch
from .patience import as_unmendable
from .standing import NotYet, Unmendable


class OutOfRange(NotYet):
    """There are no records where the job stands: deleted before it, or the topic ends earlier."""

    def __init__(self, where: str) -> None:
        super().__init__(Unmendable("data_gap", where))


class Taken:
    """Records handed out and not yet committed. `offsets` is where the job stands once they are."""

    __slots__ = ("lost", "messages", "offsets")

    def __init__(self, messages: list[Message], offsets: Cut, lost: threading.Event) -> None:
        self.messages = messages
        self.offsets = offsets
        self.lost = lost

    @property
    def records(self) -> int:
        """How many."""
        return len(self.messages)

    @property
    def first(self) -> str:
        """Where the first of them stood, for people."""
        message = self.messages[0]
        return f"{message.topic()}[{message.partition()}] offset {message.offset()}"

    @property
    def begins(self) -> Cut:
        """Where the job stood in each partition before they were taken."""
        at = {}
        for message in reversed(self.messages):
            at[message.topic() or "", message.partition() or 0] = message.offset() or 0
        return cut_of(at)

    @property
    def where(self) -> str:
        """For people: the first and the last offset taken from each partition."""
        return ", ".join(batch.where() for batch in self.batches())

    def batches(self) -> Iterable[Batch]:
        """One batch for each input topic."""
        topics = {topic for topic, _, _ in self.offsets}
        if len(topics) == 1:
            yield Batch.from_messages(topics.pop(), self.messages)
            return
        by_topic: dict[str, list[Message]] = defaultdict(list)
        for message in self.messages:
            by_topic[message.topic() or ""].append(message)
        for topic in sorted(by_topic):
            yield Batch.from_messages(topic, by_topic[topic])


def only_records(messages: list[Message]) -> list[Message]:
    """Only records; an error among them is raised if it is one that no retry mends."""
    if not messages:
        return messages
    first, last = messages[0].error(), messages[-1].error()
    if first is None and last is None and len(messages) > 1 and not any(m.error() for m in messages):
        return messages
    for message in messages:
        error = message.error()
        if error is not None:
            _raise_if_final(error, message)
    return [message for message in messages if message.error() is None]


def _raise_if_final(error: KafkaError, message: Message) -> None:
    if error.code() in {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}:
        raise OutOfRange(f"{message.topic()}[{message.partition()}]: {error.str()}")
    unmendable = as_unmendable(error)
    if unmendable is not None:
        raise unmendable
    if error.fatal():
        raise KafkaException(error)
