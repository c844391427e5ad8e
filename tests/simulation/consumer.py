"""The consumer the product uses, over the simulated broker. At each call a fault may come in, or another strand."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

from confluent_kafka import KafkaError, TopicPartition

from .broker import Broker
from .faults import Faults, refused, timed_out
from .group import Key
from .strands import Process, point, wait_until

MAX_POLL_INTERVAL_S: Final = 300.0
INVALID: Final = -1001


class SimMessage:
    """A record, or an error, as the client hands it out."""

    __slots__ = ("_at", "_error", "_key", "_value")

    def __init__(
        self, at: tuple[str, int, int], key: bytes | None, value: bytes | None, error: KafkaError | None = None
    ) -> None:
        self._at, self._key, self._value, self._error = at, key, value, error

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

    def error(self) -> KafkaError | None:
        return self._error


def keys_of(partitions: list[TopicPartition]) -> dict[Key, int]:
    """Topic partitions as keys and offsets."""
    return {(tp.topic, tp.partition): tp.offset for tp in partitions}


def partitions_of(keys: set[Key]) -> list[TopicPartition]:
    """And back, in order."""
    return [TopicPartition(*key) for key in sorted(keys)]


class SimConsumer:
    """The cooperative protocol: its own thread beats, joins and hears; callbacks run inside `consume`, on the caller's."""

    def __init__(
        self, broker: Broker, faults: Faults, process: Process, error_cb: Callable[[KafkaError], None] | None
    ) -> None:
        self._broker, self._faults, self._process, self._error_cb = broker, faults, process, error_cb
        self._name, self._generation, self._served = "", -1, -1
        self._next: dict[Key, int] = {}
        """What is fetched next of each owned partition."""
        self._consumed: dict[Key, int] = {}
        """`position`: one past the last record handed out since the assignment or the last seek."""
        self._paused: set[Key] = set()
        self._failed: set[Key] = set()
        self._is_lost = self._is_following = self._has_news = False
        self._polled_at = broker.clock()

    # Its own thread.

    def beat(self) -> None:
        if not self._process.is_heard:
            return
        group = self._broker.group
        if self._name and self._name not in group.members:
            # Until the callback is served the member has no id, and does not join anew.
            self._name, self._is_lost = "", True
        if self._name and self._broker.clock() - self._polled_at > MAX_POLL_INTERVAL_S:
            group.leave(self._name)
            self._name, self._is_lost = "", True
        if self._name:
            group.members[self._name].seen_at = self._broker.clock()
            if not group.is_rebalancing:
                self._generation = group.generation
            elif self._served == self._generation and not (self._is_following or group.members[self._name].has_joined):
                group.rejoin(self._name, set(self._next))
                if not group.is_rebalancing:
                    self._generation = group.generation

    # The caller's thread.

    def subscribe(self, topics: list[str], on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        self._on_assign, self._on_revoke, self._on_lost = on_assign, on_revoke, on_lost
        self._broker.clients.append(self)

    def consume(self, count: int, timeout: float) -> list[SimMessage]:
        point("poll")
        self._faults.around("consume", lambda: None, error=None)
        self._polled_at = self._broker.clock()
        self._keep_up()
        if self._has_news and self._error_cb is not None:
            # Of a connection that broke before this poll, or inside one of its callbacks.
            self._has_news = False
            self._error_cb(KafkaError(KafkaError._TRANSPORT))
        found: list[SimMessage] = []
        for key in sorted(set(self._next) - self._paused - self._failed):
            log, at = self._broker.logs[key], self._next[key]
            if not log.first <= at <= len(log.entries):
                self._failed.add(key)
                found.append(SimMessage((*key, at), None, None, KafkaError(KafkaError._AUTO_OFFSET_RESET)))
                continue
            for offset in range(at, min(at + count - len(found), len(log.entries))):
                found.append(SimMessage((*key, offset), log.entries[offset].key, log.entries[offset].value))
                self._next[key] = self._consumed[key] = offset + 1
        if found:
            self._process.deaf_s = max(self._process.deaf_s, self._broker.clock() - self._process.heard_at)
        point("polled")
        return found

    def _keep_up(self) -> None:
        """What a poll finds out about the group."""
        self.beat()
        if self._is_lost:
            self._is_lost = False
            lost = set(self._next)
            if lost:
                self._call(self._on_lost, lost)
        if not self._name:
            self._name = self._broker.group.join()
            self._served = -1
            self.beat()
        if self._served != self._generation and self._name in self._broker.group.members:
            self._served = self._generation
            self._follow(self._broker.group.members[self._name].assigned)

    def _follow(self, assigned: set[Key]) -> None:
        revoked, added = set(self._next) - assigned, assigned - set(self._next)
        name = self._name
        if revoked:
            self._call(self._on_revoke, revoked)
            if name not in self._broker.group.members:
                return  # while it drained: the next poll finds out
        if added or not revoked:
            self._call(self._on_assign, added)
        if revoked:
            self._broker.group.rebalance()

    def _call(self, callback: Any, keys: set[Key]) -> None:
        """A callback; the member does not join meanwhile. One that fails has its partitions assigned or given up for it."""
        self._is_following = True
        try:
            callback(self, partitions_of(keys))
        except Exception:
            gives_up = callback is not self._on_assign
            self._next = {k: at for k, at in self._next.items() if not (gives_up and k in keys)}
            self._next |= {} if gives_up else dict.fromkeys(keys - set(self._next), INVALID)
            raise
        finally:
            self._is_following = False

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        self._next |= keys_of(partitions)

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        for key in keys_of(partitions):
            self._next.pop(key, None)
            self._consumed.pop(key, None)
            self._paused.discard(key)
            self._failed.discard(key)

    def pause(self, partitions: list[TopicPartition]) -> None:
        self._paused |= set(keys_of(partitions))

    def resume(self, partitions: list[TopicPartition]) -> None:
        self._paused -= set(keys_of(partitions))

    def seek(self, tp: TopicPartition) -> None:
        """Measured on librdkafka 2.16: the position is unknown until the next record. An invalid offset fails the fetch."""
        key = (tp.topic, tp.partition)
        self._next[key] = tp.offset
        self._consumed.pop(key, None)
        self._failed.discard(key)

    def position(self, partitions: list[TopicPartition]) -> list[TopicPartition]:
        return [TopicPartition(*key, self._consumed.get(key, INVALID)) for key in keys_of(partitions)]

    def consumer_group_metadata(self) -> tuple[str, int]:
        return self._name, self._generation

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        keys = set(keys_of(partitions))
        offsets = self._broker.offsets
        # OffsetFetch with require_stable: asked again while a transaction may still move one of them.
        found: dict[Key, int] | None = None

        def fetch() -> dict[Key, int] | None:
            return None if keys & offsets.unstable() else dict(offsets.committed)

        while found is None:
            found = self._faults.around("committed", fetch)
            if found is None and not wait_until(lambda: not keys & offsets.unstable(), timeout):
                raise timed_out()
        return [TopicPartition(*key, found.get(key, INVALID)) for key in sorted(keys)]

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> list[TopicPartition]:
        known = {key: offset for key, offset in keys_of(offsets).items() if offset >= 0}
        if not known:
            raise refused(KafkaError._NO_OFFSET)
        name, generation = self._name, self._generation
        if not name:
            raise refused(KafkaError._ASSIGNMENT_LOST if self._is_lost else KafkaError.UNKNOWN_MEMBER_ID)

        def arrives() -> None:
            self._broker.group.check(name, generation)
            self._broker.offsets.commit(known)

        self._faults.around("commit", arrives, wire_broke=self._break)
        return offsets

    def _break(self) -> None:
        self._has_news = True

    def get_watermark_offsets(self, tp: TopicPartition, timeout: float) -> tuple[int, int]:
        log = self._broker.logs[tp.topic, tp.partition]
        return self._faults.around("watermarks", lambda: (log.first, len(log.entries)))  # type: ignore[no-any-return]

    def offsets_for_times(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        self._faults.around("list offsets", lambda: None)
        return partitions

    def list_topics(self, topic: str = "", timeout: float = 0) -> Any:
        """Of one topic, or of all."""
        topics = {name for name, _ in self._broker.logs if topic in {"", name}}
        counts = {name: dict.fromkeys(range(len(self._broker.partitions(name)))) for name in sorted(topics)}
        return SimpleNamespace(
            topics={name: SimpleNamespace(partitions=count, error=None) for name, count in counts.items()}
        )

    def close(self) -> None:
        if self not in self._broker.clients:
            return  # it never joined
        try:
            if self._next:
                self._call(self._on_revoke if self._name in self._broker.group.members else self._on_lost, set(self._next))
        finally:
            name, self._name = self._name, ""
            self._broker.clients.remove(self)
        self._faults.around("leave", lambda: self._broker.group.leave(name))
