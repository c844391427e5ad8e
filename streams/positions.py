"""Where a job stands in its inputs: where to begin, what is committed, what is gone. On the consumer owner's thread."""

import contextlib
from collections.abc import Iterable, Set
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from slackwater.core.control.fail import OFFSETS_LOST
from slackwater.core.cut import Cut, PartitionKey, cut_of, furthest, lost_text
from slackwater.core.want import Want

from .job_group import ask_committed, gaps_between
from .standing import DataGap, NotYet, Unmendable

REQUEST_TIMEOUT_S: Final = 10.0
WAKE_TIMEOUT_S: Final = 1.0


def partitions_of(keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    """The keys as the client takes them, in order."""
    return [TopicPartition(topic, partition) for topic, partition in sorted(keys)]


def committed(consumer: Consumer, keys: Iterable[PartitionKey]) -> Cut:
    """The stable committed offset of each partition that was begun, as Kafka has it. Raises NotYet if one is gone."""
    found = ask_committed(consumer, keys)
    gone = [(tp.topic, tp.partition) for tp in found if tp.offset < 0]
    if gone:
        # Whether the job may go on at its cut is decided in one place: `place`, after they are assigned anew.
        raise NotYet(Unmendable(OFFSETS_LOST, lost_text(gone)))
    return cut_of({(tp.topic, tp.partition): tp.offset for tp in found})


def stored(consumer: Consumer, partitions: list[TopicPartition]) -> list[TopicPartition]:
    """The partitions at their committed offsets; one that has none is at -1001, for `place`."""
    return ask_committed(consumer, ((tp.topic, tp.partition) for tp in partitions))


def place(consumer: Consumer, keys: Iterable[PartitionKey], want: Want, *, at_end: bool) -> None:
    """Begin where the log says, after the gaps that were accepted; what it knows nothing of at the end or the beginning.

    A partition that was added to a topic begins at 0, whatever is left of it: what is gone must be found. Raises Unmendable
    where the offsets are lost of what may have been taken from since the log's cut.
    """
    begins = partitions_of(keys)
    for topic in sorted({tp.topic for tp in begins}):
        _refuse_lost(consumer, {tp.partition for tp in begins if tp.topic == topic}, topic, want)
    cut = {(topic, partition): offset for topic, partition, offset in furthest(want.cut, want.skips)}
    for tp in begins:
        if (tp.topic, tp.partition) in cut:
            tp.offset = cut[tp.topic, tp.partition]
        elif tp.partition >= want.first_partitions.get(tp.topic, tp.partition + 1):
            tp.offset = 0
        else:
            tp.offset = watermarks(consumer, tp.topic, tp.partition)[at_end]
    move(consumer, cut_of({(tp.topic, tp.partition): tp.offset for tp in begins}))


def _refuse_lost(consumer: Consumer, without: Set[int], topic: str, want: Want) -> None:
    """Partitions of a topic are `without` offsets: raises if they may have been taken from since the log's cut."""
    taken = {partition for name, partition, _ in want.taken if name == topic}
    known = {partition for name, partition, _ in want.cut if name == topic} | taken
    lost = without & taken
    if not lost and taken and not without <= known:
        # Partitions that are new; unless the group was forgotten, and with it how far these were taken.
        found = ask_committed(consumer, ((topic, partition) for partition in taken))
        lost = without - known if all(tp.offset < 0 for tp in found) else set()
    if lost:
        raise Unmendable(OFFSETS_LOST, lost_text((topic, partition) for partition in sorted(lost)))


def ahead(stands: Cut, skips: Cut) -> Cut:
    """Where to continue after gaps that someone accepted: each partition that stands before its offset there."""
    ours = {(at.topic, at.partition) for at in stands}
    return tuple(at for at in furthest(stands, skips) if at not in stands and (at.topic, at.partition) in ours)


def move(consumer: Consumer, to: Cut) -> None:
    """Stand there. Committed before anything is taken: a later crash must not decide anew where "latest" is."""
    consumer.commit(offsets=[TopicPartition(*at) for at in to], asynchronous=False)
    seek(consumer, to)


def seek(consumer: Consumer, to: Cut) -> None:
    """Go on taking there."""
    for at in to:
        consumer.seek(TopicPartition(*at))


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


def wake_fetchers(consumer: Consumer, keys: Iterable[PartitionKey]) -> None:
    """After a resume: have the first fetch go out now. Its answer tells nothing, and its failure neither.

    librdkafka's resume does not wake the thread of the partition's broker, which looks again only when something moves on
    its connection or a second is over (rd_kafka_broker_consumer_serve; measured: 1.0 s from the last answer to the first
    fetch). One request to each leader is something that moves.
    """
    first = [TopicPartition(topic, partition, 0) for topic, partition in sorted(keys)]
    with contextlib.suppress(KafkaException):
        consumer.offsets_for_times(first, WAKE_TIMEOUT_S)


def lag(consumer: Consumer, stands: Cut) -> int:
    """How many records lie before the job."""
    return sum(max(watermarks(consumer, topic, partition)[1] - offset, 0) for topic, partition, offset in stands)


def partition_counts(consumer: Consumer, topics: Iterable[str]) -> dict[str, int]:
    """Partition count of every topic. Raises KafkaException."""
    found = {topic: consumer.list_topics(topic, REQUEST_TIMEOUT_S).topics[topic] for topic in topics}
    for metadata in found.values():
        # A broker that has just come back may not know the topic for a moment: no partition would be to vouch for.
        if metadata.error is not None or not metadata.partitions:
            raise KafkaException(metadata.error or KafkaError(KafkaError.LEADER_NOT_AVAILABLE))
    return {topic: len(metadata.partitions) for topic, metadata in found.items()}


def watermarks(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The first offset that is still there, and the end."""
    return consumer.get_watermark_offsets(TopicPartition(topic, partition), REQUEST_TIMEOUT_S)
