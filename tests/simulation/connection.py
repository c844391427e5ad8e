"""The admin client the product uses, over the simulated broker, and what the product makes its clients from."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from .broker import INPUT, Broker
from .consumer import INVALID, SimConsumer
from .faults import Faults
from .producer import SimProducer
from .strands import Process


class Answer:
    """A future that has been answered."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._error: KafkaException | None = None
        try:
            self._value = ask()
        except KafkaException as error:
            self._error = error

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._value

    def exception(self) -> KafkaException | None:
        return self._error


class SimAdmin:
    """Questions. Each is a call of its own: the world may change between two."""

    def __init__(self, broker: Broker, faults: Faults) -> None:
        self._broker, self._faults = broker, faults

    def _ask(self, call: str, effect: Callable[[], Any]) -> Answer:
        return Answer(lambda: self._faults.around(call, effect))

    def list_topics(self, timeout: float = 0) -> Any:
        topics: dict[str, Any] = {}
        for topic, partition in self._broker.logs:
            topics.setdefault(topic, SimpleNamespace(partitions={}, error=None)).partitions[partition] = None
        return SimpleNamespace(topics=topics)

    def describe_topics(self, topics: Any, request_timeout: float) -> dict[str, Answer]:
        return {INPUT: self._ask("describe topics", lambda: SimpleNamespace(topic_id="t-1"))}

    def describe_consumer_groups(self, groups: list[str], request_timeout: float) -> dict[str, Answer]:
        (name,) = groups

        def described() -> Any:
            return SimpleNamespace(
                members=[SimpleNamespace(client_id=one, assignment=None) for one in sorted(self._broker.group.members)]
            )

        return {name: self._ask("describe group", described)}

    def list_consumer_group_offsets(
        self, asked: list[Any], require_stable: bool, request_timeout: float
    ) -> dict[str, Answer]:
        """Answered partition by partition; what is not stable has an error of its own and no offset."""
        (one,) = asked
        return {one.group_id: self._ask("list offsets", lambda: self._offsets(one.topic_partitions, require_stable))}

    def _offsets(self, partitions: list[TopicPartition], require_stable: bool) -> Any:
        unstable = self._broker.offsets.unstable() if require_stable else set()
        found = []
        for tp in partitions:
            key = (tp.topic, tp.partition)
            error = KafkaError(KafkaError.UNSTABLE_OFFSET_COMMIT) if key in unstable else None
            offset = INVALID if error else self._broker.offsets.committed.get(key, INVALID)
            found.append(SimpleNamespace(topic=tp.topic, partition=tp.partition, offset=offset, error=error))
        return SimpleNamespace(topic_partitions=found)

    def list_offsets(self, asked: dict[TopicPartition, Any], isolation_level: Any, request_timeout: float) -> Any:
        """First offset, end, or what a `read_committed` reader takes for the end."""

        def offset(tp: TopicPartition, spec: Any) -> int:
            log = self._broker.logs[tp.topic, tp.partition]
            if isinstance(spec, type(OffsetSpec.earliest())):  # type: ignore[no-untyped-call]
                return log.first
            is_input = tp.topic == INPUT
            return len(log.entries) if is_input or isolation_level != IsolationLevel.READ_COMMITTED else log.stable

        return {
            tp: self._ask("bounds", lambda tp=tp, spec=spec: SimpleNamespace(offset=offset(tp, spec)))  # type: ignore[misc]
            for tp, spec in asked.items()
        }

    def describe_configs(self, resources: list[Any], request_timeout: float) -> dict[Any, Answer]:
        """Kept for ever, as far as time goes."""
        kept = {"retention.ms": SimpleNamespace(value="-1"), "cleanup.policy": SimpleNamespace(value="delete")}
        return {resource: Answer(lambda: kept) for resource in resources}


class SimConnection:
    """A KafkaConnection of one process."""

    def __init__(self, broker: Broker, faults: Faults, process: Process) -> None:
        self._broker, self._faults, self._process = broker, faults, process
        self.session_timeout_ms = int(broker.session_s * 1000)
        self.transaction_timeout_ms = int(broker.transaction_s * 1000)

    def group_of(self, job_id: str) -> str:
        return f"sim.{job_id}"

    def consumer(self, error_cb: Any = None, **_: Any) -> SimConsumer:
        return SimConsumer(self._broker, self._faults, self._process, error_cb)

    def producer(self, transactional_id: str, error_cb: Any, **_: Any) -> SimProducer:
        return SimProducer(self._broker, self._faults, transactional_id, error_cb)

    def admin(self) -> SimAdmin:
        return SimAdmin(self._broker, self._faults)
