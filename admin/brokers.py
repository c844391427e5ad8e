"""A broker's errors as the admin API's own: a setting that cannot be, somebody it does not let in, or nobody there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import KafkaError, KafkaException

from slackwater.streams.kafka_connection import KafkaConnection

from .errors import InvalidCommand, NotAllowed, SlackwaterError, Unavailable

REACH_TIMEOUT_S: Final = 5.0
TRY_TIMEOUT_S: Final = 0.5
_DENIED: Final = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)


def reach(connection: KafkaConnection) -> None:
    """Look whether a broker answers us. Raises InvalidCommand, NotAllowed, and Unavailable after REACH_TIMEOUT_S.

    That a login was refused is told to a callback alone; whoever asks anything only sees that no answer comes.
    """
    from confluent_kafka.admin import AdminClient

    said: list[KafkaError] = []
    until = time.monotonic() + REACH_TIMEOUT_S
    with answering(connection):
        client = AdminClient(connection.client(error_cb=said.append))
        while True:
            try:
                client.list_topics(timeout=TRY_TIMEOUT_S)
                return
            except KafkaException as error:
                client.poll(0)
                denied = [one for one in said if one.code() in _DENIED]
                if denied or time.monotonic() > until:
                    # The first words say most: what follows is that all brokers are down.
                    raise KafkaException((denied or said or error.args)[0]) from error


@contextmanager
def answering(connection: KafkaConnection) -> Iterator[None]:
    """What is asked of the broker inside raises our errors instead of Kafka's."""
    try:
        yield
    except (KafkaException, TimeoutError) as error:
        raise _ours(connection, error) from error


def _ours(connection: KafkaConnection, error: KafkaException | TimeoutError) -> SlackwaterError:
    cause = error.args[0]
    code, said = (cause.code(), cause.str().strip()) if isinstance(cause, KafkaError) else (None, str(cause))
    if code == KafkaError._INVALID_ARG:
        return InvalidCommand("bad_kafka_setting", said, hint="kafka_settings are those of librdkafka, by its names")
    if code in _DENIED:
        hint = "check sasl.* in kafka_settings, and what the broker lets this user do"
        return NotAllowed("access_denied", f"Kafka at {connection.bootstrap} does not let us in: {said}", hint=hint)
    message = f"Kafka at {connection.bootstrap} does not answer: {said}"
    return Unavailable("broker_unreachable", message, hint="is it running? SLACKWATER_KAFKA or --kafka names another")
