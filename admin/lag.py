"""What Kafka says about a job's group: committed offsets against the ends of its inputs."""

from collections.abc import Sequence
from typing import Final

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from slackwater.streams.kafka_connection import KafkaConnection

from .errors import Unavailable
from .job_views import KafkaJobState

REQUEST_TIMEOUT_S: Final = 10.0


def read_kafka_state(connection: KafkaConnection, job_id: str, inputs: Sequence[str]) -> KafkaJobState:
    """Lag and offsets of the job's group. Raises Unavailable if the broker does not answer."""
    group = f"slackwater.{job_id}"
    try:
        admin = AdminClient(connection.client())
        topics = admin.list_topics(timeout=REQUEST_TIMEOUT_S).topics
        partitions = [TopicPartition(t, p) for t in inputs if t in topics for p in topics[t].partitions]
        asked = [ConsumerGroupTopicPartitions(group, partitions)]
        (found,) = admin.list_consumer_group_offsets(asked, request_timeout=REQUEST_TIMEOUT_S).values()
        committed = {(tp.topic, tp.partition): tp.offset for tp in found.result().topic_partitions or ()}
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        specs = {TopicPartition(tp.topic, tp.partition): latest for tp in partitions}
        ends = admin.list_offsets(specs, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=REQUEST_TIMEOUT_S)
        lag = sum(
            max(future.result().offset - max(committed.get((tp.topic, tp.partition), 0), 0), 0)
            for tp, future in ends.items()
        )
    except KafkaException as error:
        raise Unavailable(
            "broker_unreachable",
            f"Kafka at {connection.bootstrap} does not answer: {error.args[0].str()}",
            hint="set SLACKWATER_KAFKA or --kafka to a reachable broker",
        ) from error
    at = tuple(f"{topic}[{partition}]" for (topic, partition), offset in sorted(committed.items()) if offset >= 0)
    last = max((offset - 1 for offset in committed.values()), default=-1)
    return KafkaJobState(group, lag, last, at)
