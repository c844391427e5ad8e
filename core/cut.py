"""The cut: where a job stands in its inputs."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class PartitionOffset(NamedTuple):
    """`offset` is the next record to take from `topic`[`partition`]: everything before it is committed."""

    topic: str
    partition: int
    offset: int


Cut = tuple[PartitionOffset, ...]
"""Committed offset of each partition, in (topic, partition) order."""

PartitionKey = tuple[str, int]


class Gap(NamedTuple):
    """Records `first` to `until` - 1 of `topic`[`partition`] were deleted before the job had taken them."""

    topic: str
    partition: int
    first: int
    until: int


def gaps_text(gaps: Iterable[Gap]) -> str:
    """orders[0]: 120 records (500 to 619) are gone."""
    return ", ".join(f"{t}[{p}]: {until - first} records ({first} to {until - 1}) are gone" for t, p, first, until in gaps)


def cut_text(cut: Cut) -> str:
    """orders[0..2] at 702 698 711."""
    topics: dict[str, list[int]] = {}
    for topic, _, offset in cut:
        topics.setdefault(topic, []).append(offset)
    parts = [
        f"{t}[0..{len(o) - 1}] at {' '.join(map(str, o))}" if len(o) > 1 else f"{t}[0] at {o[0]}" for t, o in topics.items()
    ]
    return ", ".join(parts) or "nothing taken yet"


def lost_text(partitions: Iterable[PartitionKey]) -> str:
    """What it means that committed offsets are gone of a job that was running."""
    names = ", ".join(f"{topic}[{partition}]" for topic, partition in partitions)
    return f"the committed offsets of {names} are gone, and what was taken since the last cut is not known"


def cut_of(offsets: Mapping[PartitionKey, int] | Iterable[PartitionOffset]) -> Cut:
    """A cut in its one order. Of two offsets for one partition the later given wins."""
    pairs = offsets.items() if isinstance(offsets, Mapping) else (((t, p), o) for t, p, o in offsets)
    return tuple(PartitionOffset(topic, partition, offset) for (topic, partition), offset in sorted(dict(pairs).items()))


def furthest(one: Cut, other: Cut) -> Cut:
    """Of two words for the same partition the one that goes further."""
    return cut_of(sorted((*one, *other)))


def merge(older: Cut, newer: Cut) -> Cut:
    """The newer word for every partition it names, the older one elsewhere."""
    return cut_of((*older, *newer))
