"""What Kafka says about a job's group: committed offsets against the ends of its inputs, and whether anyone is in it."""

from collections.abc import Sequence

from confluent_kafka import KafkaException

from slackwater.core.cut import Cut
from slackwater.core.job import Job
from slackwater.streams.job_group import bounds, offsets_of_empty_group, stable_offsets
from slackwater.streams.kafka_connection import KafkaConnection

from .errors import Unavailable
from .job_views import KafkaJobState


def read_kafka_state(connection: KafkaConnection, job_id: str, inputs: Sequence[str]) -> KafkaJobState:
    """Lag and offsets of the job's group. Raises Unavailable if the broker does not answer."""
    try:
        admin = connection.admin()
        committed = {(at.topic, at.partition): at.offset for at in stable_offsets(connection, job_id, inputs)}
        there = bounds(admin, inputs)
    except KafkaException as error:
        raise Unavailable(
            "broker_unreachable",
            f"Kafka at {connection.bootstrap} does not answer: {error.args[0].str()}",
            hint="set SLACKWATER_KAFKA or --kafka to a reachable broker",
        ) from error
    lag = sum(max(end - max(committed.get(key, first), first), 0) for key, (first, end) in there.items())
    at = tuple(f"{topic}[{partition}]" for topic, partition in sorted(committed))
    last = max((offset - 1 for offset in committed.values()), default=-1)
    return KafkaJobState(connection.group_of(job_id), lag, last, at)


def empty_group(connection: KafkaConnection, job: Job) -> Cut | None:
    """The stable committed offsets of a job whose group has no members; None if it has, or if Kafka cannot say."""
    try:
        return offsets_of_empty_group(connection, job)
    except KafkaException:
        return None
