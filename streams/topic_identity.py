"""Which topic a name means: Kafka gives each topic an id when it is made, and another one when it is made anew."""

from collections.abc import Mapping
from typing import Final

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

REQUEST_TIMEOUT_S: Final = 10.0


def topic_ids(admin: AdminClient, topics: tuple[str, ...]) -> dict[str, str]:
    """Kafka's own id of each topic that exists."""
    found = admin.describe_topics(TopicCollection(list(topics)), request_timeout=REQUEST_TIMEOUT_S)
    return {name: str(future.result().topic_id) for name, future in found.items() if future.exception() is None}


def changed_identity(known: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """In words, which topic is not the one the job knew; None if all are."""
    for topic, id in sorted(known.items()):
        if found.get(topic) != id:
            return f"the topic {topic} is gone" if topic not in found else f"the topic {topic} was deleted and made anew"
    return None
