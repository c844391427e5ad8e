"""Where a job stands in its inputs: where to begin, what is committed, what is gone. On the consumer owner's thread."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, TopicPartition

from slackwater.core.control.fail import OFFSETS_LOST
from slackwater.core.cut import Cut, PartitionKey, cut_of, lost_text

from .job_group import gaps_between
from .standing import DataGap, NotYet, Unmendable

REQUEST_TIMEOUT_S: Final = 10.0


def partitions_of(keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    """The keys as the client takes them, in order."""
    return [TopicPartition(topic, partition) for topic, partition in sorted(keys)]


def committed(consumer: Consumer, keys: Iterable[PartitionKey]) -> Cut:
    """The stable committed offset of each partition, as Kafka has it; -1001 where nothing was ever committed."""
    found = consumer.committed(partitions_of(keys), REQUEST_TIMEOUT_S)
    return cut_of({(tp.topic, tp.partition): tp.offset for tp in found})


@dataclass(frozen=True, slots=True)
class Begin:
    """Where to begin where Kafka has no committed offset: at `cut` if it still `holds`, else at the end or the beginning."""

    cut: Cut
    holds: bool
    at_end: bool


def starting_positions(consumer: Consumer, partitions: list[TopicPartition], begin: Begin) -> list[TopicPartition]:
    """Where Kafka says, else where `begin` does. Raises Unmendable for a partition whose offset is lost."""
    logged = {(topic, partition): offset for topic, partition, offset in begin.cut}
    found = consumer.committed(partitions_of((tp.topic, tp.partition) for tp in partitions), REQUEST_TIMEOUT_S)
    fresh = [tp for tp in found if tp.offset < 0]
    lost = [f"{tp.topic}[{tp.partition}]" for tp in fresh if (tp.topic, tp.partition) in logged and not begin.holds]
    if lost:
        raise Unmendable(OFFSETS_LOST, lost_text(", ".join(lost)))
    for tp in fresh:
        low, high = consumer.get_watermark_offsets(tp, REQUEST_TIMEOUT_S)
        tp.offset = logged.get((tp.topic, tp.partition), high if begin.at_end else low)
    if fresh:
        # Committed before anything is taken: a later crash must not decide anew where "latest" is.
        consumer.commit(offsets=fresh, asynchronous=False)
    return found


def skip(consumer: Consumer, stands: Cut, skips: Cut) -> None:
    """Continue after gaps that someone accepted: a partition that stands before its offset there is moved to it."""
    ahead = {(topic, partition): offset for topic, partition, offset in skips}
    behind = [at for at in stands if ahead.get((at.topic, at.partition), 0) > at.offset]
    moved = [TopicPartition(at.topic, at.partition, ahead[at.topic, at.partition]) for at in behind]
    if moved:
        consumer.commit(offsets=moved, asynchronous=False)
        for tp in moved:
            consumer.seek(tp)


def refuse_gaps(consumer: Consumer, stands: Cut) -> None:
    """Raises DataGap if records that lie before the job are gone, NotYet if the topic ends before it."""
    there = {(at.topic, at.partition): watermarks(consumer, at.topic, at.partition) for at in stands}
    gaps = gaps_between(stands, there)
    if gaps:
        raise DataGap(gaps)
    for topic, partition, offset in stands:
        end = there[topic, partition][1]
        if offset > end:
            where = f"{topic}[{partition}] ends at {end}, the job stands at {offset}"
            # A broker that has just come back shows an older end for a moment.
            raise NotYet(Unmendable("topic_identity_changed", f"{where}: these are not the records it was reading"))


def lag(consumer: Consumer, stands: Cut) -> int:
    """How many records lie before the job."""
    return sum(max(watermarks(consumer, topic, partition)[1] - offset, 0) for topic, partition, offset in stands)


def watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The first offset that is still there, and the end."""
    return consumer.get_watermark_offsets(TopicPartition(topic, partition), REQUEST_TIMEOUT_S)
