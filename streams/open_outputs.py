"""Outputs that are committed and not yet visible: what stands between a drained worker and a silent job.

The coordinator decides a transaction, and then writes its markers partition by partition. A worker waits for its own
(`Sink.settle`); one that died in between left some to come. So the partitions themselves are asked.
"""

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from confluent_kafka.admin import AdminClient

from slackwater.core.cut import PartitionKey

from .job_group import stable_ends, undecided
from .kafka_connection import KafkaConnection

log = structlog.get_logger()

ABORT_INTERVAL_S: Final = 10.0
"""How often a broker looks for transactions whose time is up (transaction.abort.timed.out…cleanup.interval.ms)."""
MARKERS_S: Final = 15.0
"""For the markers of what it aborts then: a matter of milliseconds, but of a few seconds beside a broker that comes back."""


class OpenOutputs:
    """Whether everything that was written to a job's outputs is visible or gone. One thread."""

    def __init__(self, connection: KafkaConnection, topics: Sequence[str], clock: Callable[[], float]) -> None:
        self._connection = connection
        self._topics = topics
        self._clock = clock
        # What is open longer than one of ours can be is somebody else's, and does not keep a job from being still.
        self._ours_s = connection.transaction_timeout_ms / 1000 + ABORT_INTERVAL_S + MARKERS_S
        self._admin: AdminClient | None = None
        self._waits_for: dict[PartitionKey, int] = {}
        self._asked_for: object = None
        self._since = 0.0

    def are_closed(self, asked_for: object) -> bool:
        """False while something written before the first call with this `asked_for` may still become visible.

        Must be another value whenever somebody may have written since: what was waited for before says nothing of that.
        Raises KafkaException.
        """
        if asked_for != self._asked_for:
            self._asked_for, self._waits_for = asked_for, {}
        if self._admin is None:
            self._admin = self._connection.admin()
        if not self._waits_for:
            self._waits_for, self._since = undecided(self._admin, self._topics), self._clock()
        elif self._clock() - self._since > self._ours_s:
            log.warning(
                "a transaction on an output is open for longer than one of ours can be, and readers wait behind it",
                partitions=[f"{topic}[{partition}]" for topic, partition in sorted(self._waits_for)],
                hint="kafka-transactions.sh find-hanging says whose it is, and whether Kafka forgot to end it",
            )
            self._waits_for = {}
        else:
            stable = stable_ends(self._admin, sorted(self._waits_for))
            self._waits_for = {key: end for key, end in self._waits_for.items() if stable[key] < end}
        return not self._waits_for
