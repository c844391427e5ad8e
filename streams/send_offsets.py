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
