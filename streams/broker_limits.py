"""Does the broker allow the timeouts that a pause rests on? Asked once, before a worker joins anything."""

from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from .kafka_connection import BadKafkaSettings, KafkaConnection
from .sink import TRANSACTION_TIMEOUT_MS
from .source import SESSION_TIMEOUT_MS

REQUEST_TIMEOUT_S: Final = 15.0
LIMITS: Final = (
    ("group.min.session.timeout.ms", "at most", SESSION_TIMEOUT_MS),
    ("group.max.session.timeout.ms", "at least", SESSION_TIMEOUT_MS),
    ("transaction.max.timeout.ms", "at least", TRANSACTION_TIMEOUT_MS),
)
"""A broker setting, and what it must be for our clients to be let in."""


def check_broker_limits(connection: KafkaConnection) -> None:
    """Raises BadKafkaSettings `broker_limits`. A broker that does not tell is taken as fitting: joining will show."""
    admin = AdminClient(connection.client())
    broker = next(iter(admin.list_topics(timeout=REQUEST_TIMEOUT_S).brokers))
    resource = ConfigResource(ResourceType.BROKER, str(broker))
    try:
        found = admin.describe_configs([resource], request_timeout=REQUEST_TIMEOUT_S)[resource].result()
    except KafkaException:
        return
    for name, bound, ours in LIMITS:
        if name in found and _is_beyond(int(found[name].value), bound, ours):
            message = f"the broker has {name} = {found[name].value}; Slackwater needs {bound} {ours}"
            raise BadKafkaSettings("broker_limits", message, f"set {name} on the broker")


def _is_beyond(theirs: int, bound: str, ours: int) -> bool:
    return theirs > ours if bound == "at most" else theirs < ours
