"""The transactional producer the product uses, over the simulated broker."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from .broker import Broker
from .consumer import keys_of
from .faults import Faults, timed_out
from .strands import wait_until

Pair = tuple[bytes | None, bytes | None]


class SimProducer:
    """Records wait in the client until something asks for them to be there, as in librdkafka."""

    def __init__(self, broker: Broker, faults: Faults, id: str, error_cb: Callable[[KafkaError], None]) -> None:
        self._broker, self._faults, self._id = broker, faults, id
        self._error_cb = error_cb
        self._epoch = -1
        self._unsent: list[tuple[str, list[Pair]]] = []
        self._has_begun = self._has_news = False

    def list_topics(self, topic: str, timeout: float) -> None:
        """Somebody answers: no state of the broker changes by it."""

    def init_transactions(self, timeout: float) -> None:
        self._epoch = self._patiently("init", lambda: self._broker.transactions.init(self._id), timeout)

    def begin_transaction(self) -> None:
        self._has_begun = False

    def produce_batch(self, topic: str, rows: list[dict[str, Any]]) -> int:
        self._unsent.append((topic, [(row.get("key"), row.get("value")) for row in rows]))
        return len(rows)

    def produce(self, topic: str, value: bytes | None, key: bytes | None, headers: Any) -> None:
        self._unsent.append((topic, [(key, value)]))

    def _flush(self, timeout: float) -> None:
        while self._unsent:
            topic, pairs = self._unsent[0]
            self._reach("produce", self._once(topic, pairs), timeout)
            self._unsent.pop(0)

    def _once(self, topic: str, pairs: list[Pair]) -> Callable[[int], None]:
        """Idempotent: a second copy of what has arrived is dropped by its sequence number."""
        arrived: list[None] = []

        def arrives(epoch: int) -> None:
            if not arrived:
                self._broker.write(self._id, epoch, topic, pairs)
                arrived.append(None)
                # A late EndTxn would close this transaction between its records and its offsets (Jepsen, 2024).
                self._faults.strike("commit transaction")

        return arrives

    def send_offsets_to_transaction(self, offsets: list[TopicPartition], group: tuple[str, int], timeout: float) -> None:
        self._flush(timeout)
        known = {key: offset for key, offset in keys_of(offsets).items() if offset >= 0}
        self._reach("send offsets", lambda epoch: self._broker.add_offsets(self._id, epoch, known, *group), timeout)

    def commit_transaction(self, timeout: float) -> None:
        self._flush(timeout)
        self._end(commits=True)

    def abort_transaction(self, timeout: float) -> None:
        self._unsent.clear()
        self._end(commits=False)

    def _end(self, *, commits: bool) -> None:
        if not self._has_begun:
            return  # nothing that the broker knows of
        epoch = self._epoch
        call = "commit transaction" if commits else "abort transaction"
        arrives = lambda: self._broker.transactions.end(self._id, epoch, commits=commits)  # noqa: E731
        self._faults.around(call, arrives, wire_broke=self._break)

    def _reach(self, call: str, arrives: Callable[[int], None], timeout: float) -> None:
        epoch = self._epoch
        self._has_begun = True
        self._patiently(call, lambda: arrives(epoch), timeout)

    def _patiently(self, call: str, arrives: Callable[[], Any], timeout: float) -> Any:
        """Again while the coordinator is not done with the last transaction, as librdkafka does."""
        while True:
            try:
                return self._faults.around(call, arrives, wire_broke=self._break)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.CONCURRENT_TRANSACTIONS:
                    raise
            if not wait_until(lambda: not self._broker.transactions.is_busy(self._id), timeout):
                raise timed_out()

    def _break(self) -> None:
        self._has_news = True

    def poll(self, timeout: float) -> int:
        if self._has_news:
            self._has_news = False
            self._error_cb(KafkaError(KafkaError._TRANSPORT))
        return 0

    def purge(self) -> None:
        self._unsent.clear()
