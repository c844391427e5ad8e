"""Which topic a name means: Kafka gives each topic an id when it is made, and another one when it is made anew."""

from collections.abc import Mapping
from typing import Final

from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient

from slackwater.core.sql.plan import JobPlan

from .kafka_connection import KafkaConnection
from .standing import Unmendable
from .topics import ensure_job_topics

REQUEST_TIMEOUT_S: Final = 10.0


def topic_ids(admin: AdminClient, topics: tuple[str, ...]) -> dict[str, str]:
    """Kafka's own id of each topic that exists."""
    found = admin.describe_topics(TopicCollection(list(topics)), request_timeout=REQUEST_TIMEOUT_S)
    return {name: str(future.result().topic_id) for name, future in found.items() if future.exception() is None}


def changed_identity(known: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """In words, which topic is not the one the job knew; None if all are.

    A topic that is not there says nothing: a broker that has just come back does not know its topics for a moment, and from
    one that stays away nothing can be read.
    """
    anew = next((topic for topic, id in sorted(known.items()) if found.get(topic, id) != id), None)
    return None if anew is None else f"the topic {anew} was deleted and made anew"


def arrive(connection: KafkaConnection, plan: JobPlan, known: Mapping[str, str]) -> dict[str, str]:
    """Make what topics a job lacks; the ids of its inputs, which must be those the log knows. Raises Unmendable."""
    ensure_job_topics(connection, plan)
    found = topic_ids(connection.admin(), plan.input_topics)
    why = changed_identity(known, found)
    if why is not None:
        raise Unmendable("topic_identity_changed", why)
    return found
