"""A job's consumer group as Kafka shows it to anyone who asks: members, stable offsets, the bounds of the inputs."""

from collections.abc import Iterable, Sequence
from typing import Final

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from slackwater.core.cut import Cut, Gap, PartitionKey, cut_of
from slackwater.core.observation import PartitionLag

from .kafka_connection import CLIENT_PREFIX, KafkaConnection

REQUEST_TIMEOUT_S: Final = 10.0
_NOBODY: Final = frozenset({KafkaError.GROUP_ID_NOT_FOUND, KafkaError.INVALID_GROUP_ID})

Bounds = dict[PartitionKey, tuple[int, int]]
"""First offset that is still there, and the end for a `read_committed` reader."""


def members(admin: AdminClient, group: str) -> dict[str, tuple[PartitionKey, ...]]:
    """Which partitions each member of the group owns, by worker. Raises KafkaException."""
    (described,) = admin.describe_consumer_groups([group], request_timeout=REQUEST_TIMEOUT_S).values()
    try:
        found = described.result().members
    except KafkaException as error:
        if error.args[0].code() in _NOBODY:
            return {}
        raise
    owned = {one.client_id.removeprefix(CLIENT_PREFIX): one.assignment for one in found}
    return {
        worker: tuple(sorted((tp.topic, tp.partition) for tp in assignment.topic_partitions)) if assignment else ()
        for worker, assignment in sorted(owned.items())
    }


def stable_offsets(connection: KafkaConnection, job_id: str, inputs: Sequence[str]) -> Cut:
    """Committed offsets of the inputs' partitions; those never committed are left out. Raises KafkaException."""
    return committed_by(connection, connection.group_of(job_id), inputs)


def committed_by(connection: KafkaConnection, group: str, topics: Sequence[str]) -> Cut:
    """The same of any group and topics.

    Asked by a consumer that never joins. The admin client's question for the same is answered partition by partition, with
    "unstable" looking like "never committed", and can crash the process (librdkafka #5040). Raises KafkaException.
    """
    consumer = connection.consumer(group_id=group, isolation_level="read_committed")
    try:
        keys = _partitions(consumer, topics)
        committed = ask_committed(consumer, keys) if keys else []
    finally:
        consumer.close()
    return cut_of({(tp.topic, tp.partition): tp.offset for tp in committed if tp.offset >= 0})


def ask_committed(consumer: Consumer, keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    """Each partition with its stable committed offset, in order; -1001 where there is none. Raises KafkaException."""
    found = consumer.committed([TopicPartition(*key) for key in sorted(keys)], REQUEST_TIMEOUT_S)
    for tp in found:
        if tp.error is not None:
            raise KafkaException(tp.error)
    return found


def bounds(admin: AdminClient, inputs: Sequence[str]) -> Bounds:
    """First and last offset of every partition of the inputs. A topic that is not there has none."""
    keys = _partitions(admin, inputs)
    firsts = _offsets(admin, keys, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = stable_ends(admin, keys)
    return {key: (firsts[key], ends[key]) for key in keys}


def undecided(admin: AdminClient, topics: Sequence[str]) -> dict[PartitionKey, int]:
    """The end of every partition in which a transaction is open, or decided and not yet marked so."""
    keys = _partitions(admin, topics)
    ends = _offsets(admin, keys, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)  # type: ignore[no-untyped-call]
    stable = stable_ends(admin, keys)
    return {key: end for key, end in ends.items() if stable[key] < end}


def stable_ends(admin: AdminClient, keys: Sequence[PartitionKey]) -> dict[PartitionKey, int]:
    """The end of each partition for a `read_committed` reader."""
    return _offsets(admin, keys, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def lags_between(committed: Cut, there: Bounds) -> tuple[PartitionLag, ...]:
    """How far the group is behind in each partition."""
    stands = {(at.topic, at.partition): at.offset for at in committed}
    return tuple(PartitionLag(*key, stands.get(key), end, first) for key, (first, end) in sorted(there.items()))


def gaps_between(committed: Cut, there: Bounds) -> tuple[Gap, ...]:
    """What was deleted before it was taken."""
    firsts = ((at, there[at.topic, at.partition][0]) for at in committed if (at.topic, at.partition) in there)
    return tuple(Gap(at.topic, at.partition, at.offset, first) for at, first in firsts if first > at.offset)


def _partitions(client: AdminClient | Consumer, topics: Sequence[str]) -> list[PartitionKey]:
    known = client.list_topics(timeout=REQUEST_TIMEOUT_S).topics
    return [(topic, p) for topic in topics if topic in known for p in sorted(known[topic].partitions)]


def _offsets(
    admin: AdminClient,
    keys: Sequence[PartitionKey],
    spec: OffsetSpec,
    level: IsolationLevel = IsolationLevel.READ_COMMITTED,
) -> dict[PartitionKey, int]:
    asked = {TopicPartition(*key): spec for key in keys}
    if not asked:
        return {}
    found = admin.list_offsets(asked, isolation_level=level, request_timeout=REQUEST_TIMEOUT_S)
    return {(tp.topic, tp.partition): future.result().offset for tp, future in found.items()}
