"""The control-plane topics, and making topics before anyone subscribes to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from slackwater.core.sql.plan import JobPlan

from .kafka_connection import KafkaConnection
from .standing import NotYet, Unmendable

REQUEST_TIMEOUT_S: Final = 15.0
FOR_EVER: Final = MappingProxyType({"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"})
"""Settings of a topic that keeps what it is given."""


@dataclass(frozen=True, slots=True)
class ControlTopics:
    """Names of the control plane's topics under one prefix."""

    prefix: str = "slackwater"

    @property
    def control(self) -> str:
        """Commands in."""
        return f"{self.prefix}.control"

    @property
    def replies(self) -> str:
        """Answers to commands that came by the control topic."""
        return f"{self.prefix}.replies"

    @property
    def events(self) -> str:
        """The log, published."""
        return f"{self.prefix}.events"

    def all(self) -> dict[str, int]:
        """Name → partitions. One partition each: order is worth more than width at control rates."""
        return {self.control: 1, self.replies: 1, self.events: 1}

    def settings(self) -> dict[str, Mapping[str, str]]:
        """Name → settings where the broker's own would not do: what was published says where to go on, however long ago."""
        return {self.events: FOR_EVER}


def partition_counts(connection: KafkaConnection, admin: AdminClient | None = None) -> dict[str, int]:
    """Every topic of the cluster with its partition count. Raises KafkaException if no broker answers in time."""
    metadata = (admin or connection.admin()).list_topics(timeout=REQUEST_TIMEOUT_S)
    return {name: len(topic.partitions) for name, topic in metadata.topics.items() if topic.error is None}


def ensure_job_topics(connection: KafkaConnection, plan: JobPlan) -> None:
    """Make a job's missing outputs, each as wide as the widest of its inputs, and its dead-letter topics.

    Raises NotYet `no_such_topic` for an input that does not exist: an empty one would hide a misspelt name.
    """
    known = partition_counts(connection)
    missing = [topic for topic in plan.input_topics if topic not in known]
    if missing:
        raise NotYet(Unmendable("no_such_topic", f"there is no topic {', '.join(missing)} to read from"))
    width = {out: max(known[i] for i, o in plan.lineage if o == out) for out in plan.output_topics}
    if plan.options.on_error == "dead_letter":
        width = {plan.dead_letter_topic(topic): 1 for topic in plan.input_topics} | width
    ensure_topics(connection, width)


def ensure_topics(
    connection: KafkaConnection,
    wanted: Mapping[str, int],
    settings: Mapping[str, Mapping[str, str]] | None = None,
    admin: AdminClient | None = None,
) -> None:
    """Create what does not exist, with the broker's default replication and `settings` by name; leave what exists as it is.

    A Faust agent never gets a topic that is made after its worker started, so this comes first. Whoever asks often keeps
    an `admin` for it.
    """
    admin = admin or connection.admin()
    known = partition_counts(connection, admin)
    own = settings or {}
    missing = [NewTopic(name, n, config=dict(own.get(name, {}))) for name, n in wanted.items() if name not in known]
    if not missing:
        return
    for future in admin.create_topics(missing, request_timeout=REQUEST_TIMEOUT_S).values():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
