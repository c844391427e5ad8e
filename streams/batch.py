"""Batch: records of one input topic, as they go from Source to Engine."""

from collections.abc import Sequence
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
