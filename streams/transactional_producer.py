"""Making a transactional producer: what all of them are set to, and how one takes the place of the one before."""

import contextlib
from typing import Any, Final

from confluent_kafka import KafkaException, Producer

from .kafka_connection import KafkaConnection

CONNECT_TIMEOUT_S: Final = 1.0
RETRY_BACKOFF_MS: Final = 100
HIDDEN_RETRY_S: Final = RETRY_BACKOFF_MS / 1000 * 0.8
"""A request is repeated no sooner than the backoff less its jitter of a fifth: what took less has no second copy. Measured:
`error_cb` is not told when the connection to a coordinator breaks (2.16.1), and the repeat comes after 0.09 to 0.12 s."""

_SETTINGS: Final = {"metadata_recovery_strategy": "none", "retry_backoff_ms": RETRY_BACKOFF_MS}
"""With "rebootstrap" a client forgets the group's coordinator when connections break, which is how a commit comes to wait
for ever; a producer that lost its brokers is made anew here, from the bootstrap servers."""


def transactional_producer(connection: KafkaConnection, topic: str, timeout_s: float, **own: Any) -> Producer:
    """A new producer of the `transactional_id` in `own`, which will write to `topic`.

    Once it is returned an older one of that id is fenced, what it left open is aborted, and its markers are written. Raises
    KafkaException.
    """
    producer = connection.producer(**_SETTINGS, **own)
    # Whom no broker is connected to yet looks for its coordinator again after half a second (librdkafka's
    # rd_kafka_txn_coord_query; measured: 515 ms, 65 with this). That someone answers is all there is to it.
    with contextlib.suppress(KafkaException):
        producer.list_topics(topic, CONNECT_TIMEOUT_S)
    producer.init_transactions(timeout_s)
    return producer
