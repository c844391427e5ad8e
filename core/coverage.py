"""Which partitions the acks of one epoch account for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .cut import Cut, PartitionKey, cut_of, merge


class Stance(StrEnum):
    """What a worker says it does with the partitions it names."""

    RUNNING = "running"
    STILL = "still"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The fold of the acks of the current epoch.

    Partitions are vouched for one by one; a newer ack replaces an older one for the partitions it names. One worker
    that owns everything is just the smallest coverage.
    """

    partitions: Mapping[str, int] = field(default_factory=dict)
    """Input topic → partition count: the highest any ack of this epoch reported, so that growth is never missed."""
    vouched: Cut = ()
    workers: tuple[str, ...] = ()

    def with_ack(self, worker: str, offsets: Cut, partitions: Mapping[str, int]) -> "Coverage":
        """This coverage after one more ack."""
        counts = {t: max(self.partitions.get(t, 0), partitions.get(t, 0)) for t in {**self.partitions, **partitions}}
        workers = tuple(sorted({*self.workers, worker}))
        return Coverage(dict(sorted(counts.items())), merge(self.vouched, offsets), workers)

    @property
    def missing(self) -> tuple[PartitionKey, ...]:
        """Partitions that no ack of this epoch has vouched for."""
        seen = {(topic, partition) for topic, partition, _ in self.vouched}
        return tuple((t, p) for t, n in sorted(self.partitions.items()) for p in range(n) if (t, p) not in seen)

    def is_complete(self, inputs: tuple[str, ...]) -> bool:
        """True when every partition of every input topic is vouched for. An unknown topic is never covered."""
        return all(self.partitions.get(topic, 0) > 0 for topic in inputs) and not self.missing

    @property
    def cut(self) -> Cut:
        """The offsets vouched for, in order."""
        return cut_of(self.vouched)
