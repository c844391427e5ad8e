"""A job's consumer group as Kafka shows it to anyone who asks: members, stable offsets, the bounds of the inputs."""

from collections.abc import Sequence
from typing import Final

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from slackwater.core.cut import Cut, Gap, PartitionKey, cut_of
from slackwater.core.job import Job

from .kafka_connection import KafkaConnection
from .topic_identity import changed_identity, topic_ids

REQUEST_TIMEOUT_S: Final = 10.0
_NOBODY: Final = frozenset({KafkaError.GROUP_ID_NOT_FOUND, KafkaError.INVALID_GROUP_ID})

Bounds = dict[PartitionKey, tuple[int, int]]
"""First offset that is still there, and the end for a `read_committed` reader."""


def group_of(job_id: str) -> str:
    """The name of a job's consumer group."""
    return f"slackwater.{job_id}"


def offsets_of_empty_group(connection: KafkaConnection, job: Job) -> Cut | None:
    """The group's stable committed offsets if it has no members, else None. In this order: see Conclude.

    None also where the inputs are not the topics the job knows: another cluster's silence proves nothing. Raises
    KafkaException, also while a transaction of a dead worker may still end either way.
    """
    admin = connection.admin()
    found = topic_ids(admin, job.spec.inputs)
    if len(found) < len(job.spec.inputs) or changed_identity(job.topics, found) is not None:
        return None
    return stable_offsets(admin, job.id, job.spec.inputs) if _is_empty(admin, group_of(job.id)) else None


def _is_empty(admin: AdminClient, group: str) -> bool:
    (described,) = admin.describe_consumer_groups([group], request_timeout=REQUEST_TIMEOUT_S).values()
    try:
        return not described.result().members
    except KafkaException as error:
        if error.args[0].code() in _NOBODY:
            return True
        raise


def stable_offsets(admin: AdminClient, job_id: str, inputs: Sequence[str]) -> Cut:
    """Committed offsets of the inputs' partitions; those never committed are left out."""
    partitions = [TopicPartition(topic, partition) for topic, partition in _partitions(admin, inputs)]
    asked = [ConsumerGroupTopicPartitions(group_of(job_id), partitions)]
    found = admin.list_consumer_group_offsets(asked, require_stable=True, request_timeout=REQUEST_TIMEOUT_S)
    (answer,) = found.values()
    committed = answer.result().topic_partitions or ()
    return cut_of({(tp.topic, tp.partition): tp.offset for tp in committed if tp.offset >= 0})


def bounds(admin: AdminClient, inputs: Sequence[str]) -> Bounds:
    """First and last offset of every partition of the inputs. A topic that is not there has none."""
    keys = _partitions(admin, inputs)
    firsts = _offsets(admin, keys, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(admin, keys, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    return {key: (firsts[key], ends[key]) for key in keys}


def gaps_between(committed: Cut, there: Bounds) -> tuple[Gap, ...]:
    """What was deleted before it was taken."""
    firsts = ((at, there[at.topic, at.partition][0]) for at in committed if (at.topic, at.partition) in there)
    return tuple(Gap(at.topic, at.partition, at.offset, first) for at, first in firsts if first > at.offset)


def _partitions(admin: AdminClient, inputs: Sequence[str]) -> list[PartitionKey]:
    topics = admin.list_topics(timeout=REQUEST_TIMEOUT_S).topics
    return [(topic, p) for topic in inputs if topic in topics for p in sorted(topics[topic].partitions)]


def _offsets(admin: AdminClient, keys: Sequence[PartitionKey], spec: OffsetSpec) -> dict[PartitionKey, int]:
    asked = {TopicPartition(*key): spec for key in keys}
    if not asked:
        return {}
    level = IsolationLevel.READ_COMMITTED
    found = admin.list_offsets(asked, isolation_level=level, request_timeout=REQUEST_TIMEOUT_S)
    return {(tp.topic, tp.partition): future.result().offset for tp, future in found.items()}
