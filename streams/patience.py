"""How long to wait before the next try, and when to give up.

What the broker's absence causes is tried again for ever: the job keeps its last known wish. What fails again and again
while the broker answers is no accident; after so many tries without one committed batch the job fails with the cause.
"""

from collections import Counter
from enum import StrEnum
from typing import Final

import duckdb
from confluent_kafka import KafkaError, KafkaException

from .counts import Counts
from .standing import NotYet, Unmendable

TRIES_MAX: Final = 6
FIRST_PAUSE_S: Final = 0.2
PAUSE_S_MAX: Final = 5.0

_REFUSED: Final = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "not_authorized",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "not_authorized",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "not_authorized",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "not_authorized",
    KafkaError.INVALID_SESSION_TIMEOUT: "broker_limits",
    KafkaError.INVALID_TRANSACTION_TIMEOUT: "broker_limits",
    KafkaError.MSG_SIZE_TOO_LARGE: "output_too_large",
}
"""What a broker answers that no retry mends, and the failure code it becomes."""


def as_unmendable(error: KafkaError) -> Unmendable | None:
    """The error as one that no retry mends, if it is."""
    code = _REFUSED.get(error.code())
    return None if code is None else Unmendable(code, error.str())


_PASSING: Final = frozenset(
    {
        KafkaError.CONCURRENT_TRANSACTIONS,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.INVALID_TXN_STATE,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
    }
)
"""Not for a retry of the same request, but a new producer or a new membership mends them."""


_TOO_MUCH: Final = (duckdb.OutOfMemoryException, duckdb.InterruptException, MemoryError, TimeoutError)
"""A batch that takes more memory or time than a job may have."""


class Kind(StrEnum):
    """What an error says about the next try."""

    ABSENT = "absent"
    """Kafka is not there, or counts us out: waited for, however long."""
    NOT_YET = "not yet"
    """Looks final and may pass: `becomes` is what it is once patience is out."""
    FAULT = "fault"
    """No accident if it comes again and again."""


class Patience:
    """Counts the tries of each kind since it last went well. One thread at a time."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._tries: Counter[Kind] = Counter()

    def succeeded(self) -> None:
        """A batch was committed: all is well again."""
        self._tries.clear()

    def stands(self) -> None:
        """Kafka answers, and the inputs are what they should be. Says nothing of a batch that fails."""
        del self._tries[Kind.ABSENT], self._tries[Kind.NOT_YET]

    def failed(self, error: Exception, doing: str) -> float:
        """Seconds to wait before the next try. Raises Unmendable when there is no point in one; `doing` says at what."""
        self._counts.errors += 1
        if isinstance(error, Unmendable):
            raise error
        kafka = error.args[0] if isinstance(error, KafkaException) else None
        final = None if kafka is None else as_unmendable(kafka)
        if final is not None:
            raise final from error
        kind = Kind.NOT_YET if isinstance(error, NotYet) else Kind.ABSENT if _may_pass(kafka) else Kind.FAULT
        self._tries[kind] += 1
        tries = self._tries[kind]
        if tries >= TRIES_MAX and isinstance(error, NotYet):
            raise error.becomes from error
        if tries >= TRIES_MAX and kind is Kind.FAULT:
            is_too_much = isinstance(error, _TOO_MUCH)
            failure = "resource_limit" if is_too_much else "record_path"
            raise Unmendable(failure, f"{type(error).__name__}: {error}; {tries} tries, {doing}") from error
        return min(FIRST_PAUSE_S * 2.0 ** min(tries - 1, 30), PAUSE_S_MAX)


def _may_pass(kafka: KafkaError | None) -> bool:
    """True for what Kafka's absence or a lost membership causes. Negative codes are the client's own."""
    return kafka is not None and (kafka.code() < 0 or kafka.retriable() or kafka.code() in _PASSING)
