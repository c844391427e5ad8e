"""Sink: outputs, dead letters and offsets of one batch in one Kafka transaction.

The rule of reliability: after any unknown result of a commit or abort the producer is dropped and rebuilt
(`init_transactions` bumps the epoch and fences a late EndTxn, KIP-98); the caller then rewinds to the stable committed
offsets. librdkafka has no KIP-890, so nothing else makes an unknown result safe.
"""

import contextlib
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from slackwater.core.cut import Cut
from slackwater.core.sql.plan import JobPlan
from slackwater.persistence.steps import reached

from .batch import DeadLetter
from .engine import Outcome
from .kafka_connection import WIRE_BROKE, KafkaConnection
from .send_offsets import send_offsets
from .standing import Unmendable
from .transactional_producer import HIDDEN_RETRY_S, transactional_producer

ABORT_TIMEOUT_S: Final = 2.0
QUEUE_MESSAGES_MAX: Final = 2_000_000
_TOO_LARGE: Final = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE})


_INCARNATION: Final = secrets.token_hex(4)
"""Of this process. Two workers that were given one name must not fence each other for ever; what an older process of this
name left open is refused by the group (KIP-447) and aborted at its timeout."""


class Sink:
    """One transactional producer. Used by the working thread alone."""

    def __init__(
        self,
        job_id: str,
        connection: KafkaConnection,
        worker: str,
        plan: JobPlan,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job_id = job_id
        self._dead_letter_topic = plan.dead_letter_topic
        self._output = plan.output_topics[0]
        self._connection = connection
        self._clock = clock
        # After the transaction's own timeout the coordinator has aborted it anyway.
        self._commit_timeout_s = connection.transaction_timeout_ms / 1000
        self._settings: dict[str, Any] = {
            "transactional_id": f"{connection.group_of(job_id)}.{worker}.{_INCARNATION}",
            "transaction_timeout_ms": connection.transaction_timeout_ms,
            "message_timeout_ms": connection.transaction_timeout_ms,
            "queue_buffering_max_messages": QUEUE_MESSAGES_MAX,
            "queue_buffering_max_kbytes": 512 * 1024,
            "linger_ms": 5,
            "batch_num_messages": 10_000,
            "batch_size": 1_000_000,
            "compression_type": "lz4",
        }
        self._producer: Producer | None = None
        self._in_transaction = self._has_committed = False
        self._too_large = self._wire_broke = False

    @property
    def is_open(self) -> bool:
        """True between `open` and `drop`."""
        return self._producer is not None

    def open(self) -> None:
        """Fence this slot's older producer, abort what it left open, wait for its markers. Raises KafkaException."""
        self._in_transaction = self._has_committed = False
        self._too_large = self._wire_broke = False
        told = {"on_delivery": self._delivered, "error_cb": self._heard}
        session_s = self._connection.session_timeout_ms / 1000
        self._producer = transactional_producer(self._connection, self._output, session_s, **self._settings, **told)

    def write(self, outcome: Outcome) -> None:
        """Hand the outputs and dead letters to the open transaction. Raises Unmendable, KafkaException."""
        self._begin()
        for topic, rows in outcome.outputs.items():
            self._produce(topic, rows)
        for letter in outcome.dead_letters:
            self._bury(letter)

    def commit(self, offsets: Cut, group: Any) -> None:
        """Make the batch visible and its offsets committed, both or neither.

        Raises KafkaException: the result is then unknown, and `rebuild` comes before anything else.
        """
        producer = self._begin()
        # What the outputs take is no sign of a hidden retry: theirs have sequence numbers. What breaks here the commit says
        # better: a callback inside a fatal error comes out as a SystemError.
        with contextlib.suppress(Exception):
            producer.flush(self._commit_timeout_s)
        began = self._clock()
        send_offsets(producer, offsets, group, self._commit_timeout_s)
        reached("offsets_sent")
        try:
            producer.commit_transaction(self._commit_timeout_s)
        except KafkaException as error:
            if self._too_large:
                raise Unmendable("output_too_large", "the broker refused an output as too large") from error
            raise
        self._in_transaction, self._has_committed = False, True
        producer.poll(0)
        if self._wire_broke or self._clock() - began >= HIDDEN_RETRY_S:
            # librdkafka repeats a request whose connection broke and says nothing; the first copy may still arrive and
            # would then close, or move the offsets of, the next transaction. A new producer epoch fences it.
            self.rebuild()

    def settle(self, offsets: Cut, group: Any) -> None:
        """Prove that `offsets` stand, that the group counts us as their owner, and that all we committed is visible.

        A commit is answered once it is decided; the coordinator writes the markers afterwards, partition by partition, so
        the offsets can be stable before an output is visible. It lets no further transaction of this id begin before all
        are written (CONCURRENT_TRANSACTIONS), and takes offsets only from a member of the current generation (KIP-447): a
        transaction that commits the same offsets once more proves both. Nothing may be in work meanwhile. Raises
        KafkaException as `commit` does.
        """
        if offsets:
            self.commit(offsets, group)
        elif self._has_committed:
            self.rebuild()
        self._has_committed = False

    def abort(self) -> None:
        """Give up what was written since the last commit; it never becomes visible. Raises KafkaException."""
        if self._producer is not None and self._in_transaction:
            self._producer.abort_transaction(ABORT_TIMEOUT_S)
            self._in_transaction = False

    def rebuild(self) -> None:
        """Drop the producer, whatever it thinks, and open a new one under the same id."""
        self.drop()
        self.open()

    def drop(self) -> None:
        """Forget the producer without waiting for what it holds. Dropping twice is fine."""
        if self._producer is not None:
            self._producer.purge()
            self._producer = None
        self._in_transaction = False

    def _begin(self) -> Producer:
        if self._producer is None:
            raise RuntimeError("the sink is not open")
        if not self._in_transaction:
            self._producer.begin_transaction()
            self._in_transaction = True
        return self._producer

    def _produce(self, topic: str, rows: list[dict[str, Any]]) -> None:
        producer = self._begin()
        accepted = producer.produce_batch(topic, rows)
        while accepted < len(rows):
            rows = [row for row in rows if "_error" in row]
            codes = {row.pop("_error").code() for row in rows}
            if codes & _TOO_LARGE:
                raise Unmendable("output_too_large", f"an output to {topic} is larger than message.max.bytes")
            if codes != {KafkaError._QUEUE_FULL}:
                raise KafkaException(KafkaError(min(codes)))
            producer.poll(0.1)
            accepted = producer.produce_batch(topic, rows)

    def _bury(self, letter: DeadLetter) -> None:
        """A value that is too large for one message, with our headers around it, stays where it stood: they say where."""
        try:
            self._produce_one(letter, letter.value)
        except KafkaException as error:
            if error.args[0].code() not in _TOO_LARGE:
                raise
            self._produce_one(letter, None)

    def _produce_one(self, letter: DeadLetter, value: bytes | None) -> None:
        producer = self._begin()
        headers: list[tuple[str, str | bytes | None]] = [
            ("slackwater-job", self._job_id),
            ("slackwater-code", letter.code),
            ("slackwater-reason", letter.message),
            ("slackwater-topic", letter.topic),
            ("slackwater-partition", str(letter.partition)),
            ("slackwater-offset", str(letter.offset)),
        ]
        if value is not letter.value:
            headers.append(("slackwater-value-bytes", str(len(letter.value or b""))))
        while True:
            try:
                return producer.produce(self._dead_letter_topic(letter.topic), value, letter.key, headers=headers)
            except BufferError:
                producer.poll(0.1)

    def _heard(self, error: KafkaError) -> None:
        self._wire_broke = self._wire_broke or error.code() in WIRE_BROKE

    def _delivered(self, error: KafkaError | None, _message: Any) -> None:
        if error is not None and error.code() in _TOO_LARGE:
            self._too_large = True
