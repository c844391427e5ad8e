"""Batches as they come from Kafka, without Kafka."""

from slackwater.streams.batch import Batch


class Place:
    """Where a record stood, as a Kafka message says it."""

    def __init__(self, offset: int) -> None:
        self._offset = offset

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000 + self._offset


def batch_of(topic: str, values: list[str | None], first: int = 0) -> Batch:
    """Keys k0, k1, … by offset, beginning at `first`."""
    places = [Place(offset) for offset in range(first, first + len(values))]
    keys: list[bytes | None] = [f"k{place.offset()}".encode() for place in places]
    return Batch(topic, keys, [None if value is None else value.encode() for value in values], places)  # type: ignore[arg-type]
