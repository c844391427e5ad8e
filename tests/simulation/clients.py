"""The Kafka clients the product uses, over the simulated broker. Each call is a point where a fault may happen."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from confluent_kafka import KafkaError, TopicPartition

from .broker import Broker, Key, refused


class Killed(BaseException):
    """The process died here. No product code may catch it."""


class Faults:
    """The fault planned for one action: at its nth call to the broker, of this kind."""

    def __init__(self) -> None:
        self._left = 0
        self._kind = ""
        self.reached = ""

    def plan(self, nth: int, kind: str) -> None:
        """Nothing, if `nth` is 0."""
        self._left, self._kind, self.reached = nth, kind, ""

    def around(
        self,
        call: str,
        effect: Callable[[], Any],
        *,
        late: Callable[[], Any] | None = None,
        hidden: Callable[[], Any] | None = None,
    ) -> Any:
        """Do what the call does, unless this is where the fault is. `late`: it arrives after the client gave up; `hidden`:
        the client repeats it and says nothing, and the first copy arrives later."""
        self._left -= 1
        if self._left != 0:
            return effect()
        self.reached = f"{self._kind} {call}"
        match self._kind:
            case "die before":
                raise Killed(call)
            case "die after":
                effect()
                raise Killed(call)
            case "lose request":
                raise refused(KafkaError._TIMED_OUT)
            case "lose reply":
                effect()
                raise refused(KafkaError._TIMED_OUT)
            case "hide retry":
                found = effect()
                (hidden or (lambda: None))()
                return found
            case _:
                (late or effect)()
                raise refused(KafkaError._TIMED_OUT)


KINDS = ("die before", "die after", "lose request", "lose reply", "arrive late", "hide retry")


class SimMessage:
    """A record as the client hands it out."""

    __slots__ = ("_at", "_key", "_value")

    def __init__(self, at: tuple[str, int, int], key: bytes | None, value: bytes | None) -> None:
        self._at, self._key, self._value = at, key, value

    def topic(self) -> str:
        return self._at[0]

    def partition(self) -> int:
        return self._at[1]

    def offset(self) -> int:
        return self._at[2]

    def key(self) -> bytes | None:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def error(self) -> None:
        return None


def _keys(partitions: list[TopicPartition]) -> dict[Key, int]:
    return {(tp.topic, tp.partition): tp.offset for tp in partitions}


class SimConsumer:
    """A consumer with the cooperative protocol: callbacks run inside `consume`, on the caller's thread."""

    def __init__(self, broker: Broker, faults: Faults, names: set[str]) -> None:
        self._broker, self._faults, self._names = broker, faults, names
        self.name: str | None = None
        self._generation = -1
        self._owned: dict[Key, int] = {}
        self._paused: set[Key] = set()
        self._topic = ""
        self._told = False

    def subscribe(self, topics: list[str], on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        (self._topic,) = topics
        self._on_assign, self._on_revoke, self._on_lost = on_assign, on_revoke, on_lost

    def consume(self, count: int, timeout: float) -> list[SimMessage]:
        self._faults.around("consume", lambda: None)
        self._keep_up()
        found: list[SimMessage] = []
        for key in sorted(set(self._owned) - self._paused):
            log = self._broker.logs[key]
            at = self._owned[key]
            for offset in range(at, min(at + count - len(found), len(log))):
                found.append(SimMessage((*key, offset), log[offset].key, log[offset].value))
                self._owned[key] = offset + 1
        return found

    def _keep_up(self) -> None:
        """What a poll finds out about the group."""
        broker = self._broker
        if self.name is not None and self.name not in broker.members:
            lost, self.name = self._tps(set(self._owned)), None
            if lost:
                self._on_lost(self, lost)
        if self.name is None:
            self.name = broker.join()
            self._names.add(self.name)
            self._told = False
        member = broker.members[self.name]
        self._generation = member.generation = broker.generation
        target = broker.target(self._topic)[self.name]
        revoked = set(self._owned) - target
        if revoked:
            self._on_revoke(self, self._tps(revoked))
            if self.name in broker.members:
                member.owned -= revoked
                broker.generation += 1
                self._generation = member.generation = broker.generation
        free = {key for key in target if not any(key in m.owned for m in broker.members.values())}
        if free or not self._told:
            self._told = True
            member.owned |= free
            self._on_assign(self, self._tps(free))

    @staticmethod
    def _tps(keys: set[Key]) -> list[TopicPartition]:
        return [TopicPartition(*key) for key in sorted(keys)]

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        self._owned |= _keys(partitions)

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        for key in _keys(partitions):
            self._owned.pop(key, None)
            self._paused.discard(key)

    def pause(self, partitions: list[TopicPartition]) -> None:
        self._paused |= set(_keys(partitions))

    def resume(self, partitions: list[TopicPartition]) -> None:
        self._paused -= set(_keys(partitions))

    def seek(self, tp: TopicPartition) -> None:
        self._owned[tp.topic, tp.partition] = tp.offset

    def position(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        return [TopicPartition(*key, self._owned.get(key, -1001)) for key in _keys(partitions)]

    def consumer_group_metadata(self) -> tuple[str, int]:
        return self.name or "", self._generation

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        keys = set(_keys(partitions))
        found = self._faults.around("committed", lambda: self._broker.stable(keys))
        return [TopicPartition(*key, found.get(key, -1001)) for key in sorted(keys)]

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        name, generation = self.consumer_group_metadata()
        self._faults.around("commit", lambda: self._broker.commit_offsets(name, generation, _keys(offsets)))
        return []

    def get_watermark_offsets(self, tp: TopicPartition, timeout: float) -> tuple[int, int]:
        return 0, len(self._broker.logs[tp.topic, tp.partition])

    def list_topics(self, topic: str, timeout: float) -> Any:
        return SimAdmin(self._broker).list_topics()

    def close(self) -> None:
        if self.name in self._broker.members and self._owned:
            self._on_revoke(self, self._tps(set(self._owned)))
        self._names.discard(self.name or "")
        self._faults.around("leave", lambda: self._broker.leave(self.name or ""))


class SimProducer:
    """A transactional producer."""

    def __init__(self, broker: Broker, faults: Faults, id: str, error_cb: Callable[[KafkaError], None]) -> None:
        self._broker, self._faults, self._id = broker, faults, id
        self._error_cb = error_cb
        self._epoch = -1
        self._has_news = False

    def init_transactions(self, timeout: float) -> None:
        self._epoch = self._faults.around("init", lambda: self._broker.init(self._id))

    def begin_transaction(self) -> None:
        """Nothing goes over the wire."""

    def produce_batch(self, topic: str, rows: list[dict[str, Any]]) -> int:
        pairs = [(row.get("key"), row.get("value")) for row in rows]
        self._faults.around("produce", lambda: self._broker.write(self._id, self._epoch, topic, pairs))
        return len(rows)

    def send_offsets_to_transaction(self, offsets: list[TopicPartition], group: tuple[str, int], timeout: float) -> None:
        add = lambda: self._broker.add_offsets(self._id, self._epoch, _keys(offsets), *group)  # noqa: E731
        self._faults.around("send offsets", add)

    def commit_transaction(self, timeout: float) -> None:
        self._end(commits=True)

    def abort_transaction(self, timeout: float) -> None:
        self._end(commits=False)

    def _end(self, *, commits: bool) -> None:
        self._faults.around(
            "commit transaction" if commits else "abort transaction",
            lambda: self._broker.end(self._id, self._epoch, commits=commits),
            late=lambda: self._broker.delay_end(self._id, self._epoch, commits=commits),
            hidden=lambda: self._repeat(commits=commits),
        )

    def _repeat(self, *, commits: bool) -> None:
        self._broker.delay_end(self._id, self._epoch, commits=commits)
        self._has_news = True

    def poll(self, timeout: float) -> int:
        if self._has_news:
            self._has_news = False
            self._error_cb(KafkaError(KafkaError._TRANSPORT))
        return 0

    def flush(self, timeout: float) -> int:
        """What was written is there already."""
        return 0

    def purge(self) -> None:
        """What was not sent is forgotten."""


class SimAdmin:
    """Questions about topics."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def list_topics(self, timeout: float = 0) -> Any:
        topics: dict[str, Any] = {}
        for topic, partition in self._broker.logs:
            topics.setdefault(topic, SimpleNamespace(partitions={}, error=None)).partitions[partition] = None
        return SimpleNamespace(topics=topics)

    def list_offsets(self, asked: Any, **_: Any) -> dict[Any, Any]:
        return {tp: SimpleNamespace(result=lambda tp=tp: SimpleNamespace(offset=self._end(tp))) for tp in asked}

    def _end(self, tp: TopicPartition) -> int:
        return len(self._broker.logs[tp.topic, tp.partition])

    def describe_topics(self, topics: Any, request_timeout: float) -> dict[str, Any]:
        one = SimpleNamespace(result=lambda: SimpleNamespace(topic_id="t-1"), exception=lambda: None)
        return {"in": one}


class SimConnection:
    """What the product makes its clients from."""

    def __init__(self, broker: Broker, faults: Faults, names: set[str]) -> None:
        self._broker, self._faults, self._names = broker, faults, names
        self.session_timeout_ms = int(broker.session_s * 1000)
        self.transaction_timeout_ms = int(broker.transaction_s * 1000)

    def group_of(self, job_id: str) -> str:
        return f"sim.job.{job_id}"

    def consumer(self, **_: Any) -> SimConsumer:
        return SimConsumer(self._broker, self._faults, self._names)

    def producer(self, transactional_id: str, error_cb: Any, **_: Any) -> SimProducer:
        return SimProducer(self._broker, self._faults, transactional_id, error_cb)

    def admin(self) -> SimAdmin:
        return SimAdmin(self._broker)
