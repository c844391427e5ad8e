"""Does the broker allow the timeouts that a pause rests on? Asked once, before a worker joins anything."""

from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import ConfigResource, ResourceType  # type: ignore[attr-defined]

from .kafka_connection import BadKafkaSettings, KafkaConnection

REQUEST_TIMEOUT_S: Final = 5.0
"""Short: whoever calls asks again, and says in between that it waits."""


def check_broker_limits(connection: KafkaConnection) -> None:
    """Raises BadKafkaSettings `broker_limits`. A broker that does not tell is taken as fitting: joining will show."""
    admin = connection.admin()
    session_ms, transaction_ms = connection.session_timeout_ms, connection.transaction_timeout_ms
    broker = next(iter(admin.list_topics(timeout=REQUEST_TIMEOUT_S).brokers))
    resource = ConfigResource(ResourceType.BROKER, str(broker))
    try:
        found = admin.describe_configs([resource], request_timeout=REQUEST_TIMEOUT_S)[resource].result()
    except KafkaException:
        return
    for name, bound, ours in (
        ("group.min.session.timeout.ms", "at most", session_ms),
        ("group.max.session.timeout.ms", "at least", session_ms),
        ("transaction.max.timeout.ms", "at least", transaction_ms),
    ):
        if name in found and _is_beyond(int(found[name].value), bound, ours):
            message = f"the broker has {name} = {found[name].value}; Slackwater needs {bound} {ours}"
            raise BadKafkaSettings("broker_limits", message, f"set {name} on the broker, or SLACKWATER_SESSION_TIMEOUT_S")


def _is_beyond(theirs: int, bound: str, ours: int) -> bool:
    return theirs > ours if bound == "at most" else theirs < ours
