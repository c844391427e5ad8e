"""Where a job stands in its inputs: where to begin, what is committed, what is gone. On the consumer owner's thread."""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from slackwater.core.control.fail import OFFSETS_LOST
from slackwater.core.cut import Cut, PartitionKey, cut_of, furthest, lost_text
from slackwater.core.want import Want

from .job_group import gaps_between
from .standing import DataGap, NotYet, Unmendable

REQUEST_TIMEOUT_S: Final = 10.0


def partitions_of(keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    """The keys as the client takes them, in order."""
    return [TopicPartition(topic, partition) for topic, partition in sorted(keys)]


def committed(consumer: Consumer, keys: Iterable[PartitionKey]) -> Cut:
    """The stable committed offset of each partition that was begun, as Kafka has it. Raises NotYet if one is gone."""
    found = _committed(consumer, keys)
    gone = [(tp.topic, tp.partition) for tp in found if tp.offset < 0]
    if gone:
        # Whether the job may go on at its cut is decided in one place: `place`, after they are assigned anew.
        raise NotYet(Unmendable(OFFSETS_LOST, lost_text(_names(gone))))
    return cut_of({(tp.topic, tp.partition): tp.offset for tp in found})


def stored(consumer: Consumer, partitions: list[TopicPartition]) -> list[TopicPartition]:
    """The partitions at their committed offsets. One that has none is put where nothing is to be fetched, for `place`."""
    found = _committed(consumer, ((tp.topic, tp.partition) for tp in partitions))
    for tp in found:
        tp.offset = tp.offset if tp.offset >= 0 else OFFSET_END
    return found


def place(consumer: Consumer, keys: Iterable[PartitionKey], want: Want, *, at_end: bool) -> None:
    """Begin where the log says, after the gaps that were accepted; a topic it knows nothing of at the end or the beginning.

    A partition that was added to a topic begins at 0, whatever is left of it: what is gone must be found. Raises Unmendable
    where the offsets are lost of what may have been taken from since the log's cut.
    """
    cut = {(topic, partition): offset for topic, partition, offset in furthest(want.cut, want.skips)}
    taken = {(topic, partition) for topic, partition, _ in want.taken}
    lost = sorted(taken.intersection(keys))
    unknown = sorted(set(keys) - taken - cut.keys())
    if unknown and not lost and taken and all(tp.offset < 0 for tp in _committed(consumer, taken)):
        # Not partitions that are new: the whole group was forgotten, and with it how far these were taken.
        lost = unknown
    if lost:
        raise Unmendable(OFFSETS_LOST, lost_text(_names(lost)))
    topics = {topic for topic, _ in cut}
    begins = partitions_of(keys)
    for tp in begins:
        if tp.topic in topics:
            tp.offset = cut.get((tp.topic, tp.partition), 0)
        else:
            tp.offset = watermarks(consumer, tp.topic, tp.partition)[at_end]
    # Committed before anything is taken: a later crash must not decide anew where "latest" is.
    consumer.commit(offsets=begins, asynchronous=False)
    for tp in begins:
        consumer.seek(tp)


def _committed(consumer: Consumer, keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    return consumer.committed(partitions_of(keys), REQUEST_TIMEOUT_S)


def _names(keys: Iterable[PartitionKey]) -> str:
    return ", ".join(f"{topic}[{partition}]" for topic, partition in keys)


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
