"""How long to wait before the next try, and when to give up.

What the broker's absence causes is tried again for ever: the job keeps its last known wish. What fails again and again
while the broker answers is no accident; after so many tries without one committed batch the job fails with the cause.
"""

from typing import Final

import duckdb
from confluent_kafka import KafkaError, KafkaException

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


class Patience:
    """Counts tries since the last success. One thread at a time."""

    def __init__(self) -> None:
        self._tries = 0

    def succeeded(self) -> None:
        """A batch was committed, or the path stands still as it should: all is well again."""
        self._tries = 0

    def failed(self, error: Exception, doing: str) -> float:
        """Seconds to wait before the next try. Raises Unmendable when there is no point in one; `doing` says at what."""
        if isinstance(error, Unmendable):
            raise error
        # A rebalance callback that fails comes out of `close` and `consume` as a bare KafkaError.
        kafka = error if isinstance(error, KafkaError) else error.args[0] if isinstance(error, KafkaException) else None
        if kafka is not None:
            final = as_unmendable(kafka)
            if final is not None:
                raise final from error
        self._tries += 1
        if self._tries >= TRIES_MAX and isinstance(error, NotYet):
            raise error.becomes from error
        if self._tries >= TRIES_MAX and kafka is None:
            is_memory = isinstance(error, duckdb.OutOfMemoryException | MemoryError)
            failure = "resource_limit" if is_memory else "record_path"
            message = f"{type(error).__name__}: {error}; {self._tries} tries, {doing}"
            raise Unmendable(failure, message) from error
        return min(FIRST_PAUSE_S * 2.0 ** (self._tries - 1), PAUSE_S_MAX)
