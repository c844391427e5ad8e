"""Batch: records of one input topic, as they go from Source to Engine."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confluent_kafka import Message


@dataclass(frozen=True, slots=True)
class Batch:
    """Keys and values in the order taken; `messages` is where a poison record's place is looked up."""

    topic: str
    keys: list[bytes | None]
    values: list[bytes | None]
    messages: Sequence[Message]

    @classmethod
    def from_messages(cls, topic: str, messages: Sequence[Message]) -> "Batch":
        """The batch of messages that all came from `topic`."""
        return cls(topic, [m.key() for m in messages], [m.value() for m in messages], messages)

    def where(self, numbers: Iterable[int] | None = None) -> str:
        """For people: the first and the last offset of each partition, of the records so numbered or of all."""
        found: dict[int, list[int]] = defaultdict(list)
        for message in self.messages if numbers is None else (self.messages[n] for n in numbers):
            found[message.partition() or 0].append(message.offset() or 0)
        spans = ((partition, min(offsets), max(offsets)) for partition, offsets in sorted(found.items()))
        return ", ".join(f"{self.topic}[{p}] offset {a}" + (f" to {b}" if b > a else "") for p, a, b in spans)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that could not be used: where it stood, what it was, and why."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    code: str
    message: str
