"""Adding offsets to a transaction, in a time that ends.

`rd_kafka_send_offsets_to_transaction` does not keep its own timeout (librdkafka #5456) and can wait for ever once the broker
that it knows as the group's coordinator is gone (#5511). Measured here: a worker stood still until its process ended.
"""

import _thread
import queue
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from slackwater.core.cut import Cut

GRACE_S: Final = 1.0
"""What librdkafka is given beyond the timeout it was told."""

RETRY_BACKOFF_MS: Final = 100
HIDDEN_RETRY_S: Final = RETRY_BACKOFF_MS / 1000 * 0.8
"""A request is repeated no sooner than the backoff less its jitter of a fifth: what took less has no second copy. Measured:
`error_cb` is not told when the connection to a coordinator breaks (2.16.1), and the repeat comes after 0.09 to 0.12 s."""

TRANSACTIONAL: Final = {"metadata_recovery_strategy": "none", "retry_backoff_ms": RETRY_BACKOFF_MS}
"""Settings of every transactional producer. "rebootstrap" forgets the group's coordinator when connections break, which is
how a commit comes to wait for ever; a producer that lost its brokers is made anew here, from the bootstrap servers."""


def send_offsets(producer: Producer, offsets: Cut, group: Any, timeout_s: float) -> None:
    """`send_offsets_to_transaction`; raises KafkaException, `_TIMED_OUT` if no answer comes.

    After that the producer must be thrown away: a thread may be inside it for ever.
    """
    positions = [TopicPartition(*position) for position in offsets]
    answer: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            producer.send_offsets_to_transaction(positions, group, timeout_s)
            answer.put(None)
        except BaseException as error:
            answer.put(error)

    # Not `Thread.start`, which waits for the new thread's first word: without memory for it that never comes.
    _thread.start_new_thread(ask, ())
    try:
        failure = answer.get(timeout=timeout_s + GRACE_S)
    except queue.Empty:
        late = f"no answer to the offsets of a transaction within {timeout_s + GRACE_S:g} s"
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, late)) from None
    if failure is not None:
        raise failure
