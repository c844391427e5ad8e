"""A Kafka of one thread and no wire: groups with generations, transactions with producer epochs, last stable offsets.

It follows the rules the product leans on (KIP-98, KIP-429, KIP-447): an offset commit or transaction of a member that the
group no longer counts is refused; `init_transactions` fences and aborts; an open transaction hides what lies behind it and
makes its offsets unstable; a transaction that takes too long is aborted by the broker. tests/integration and `make chaos`
check the same product code against the real one.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException

Key = tuple[str, int]


def refused(code: int) -> KafkaException:
    """What a broker's error becomes in the client."""
    return KafkaException(KafkaError(code))


@dataclass(slots=True)
class Entry:
    """A record in a log; `transaction` while it is open, `aborted` if that ended so."""

    key: bytes | None
    value: bytes | None
    transaction: str | None = None
    aborted: bool = False


@dataclass(slots=True)
class Member:
    """A consumer as the group knows it."""

    seen_at: float
    generation: int = -1
    owned: set[Key] = field(default_factory=set)


@dataclass(slots=True)
class Producing:
    """A transactional id."""

    epoch: int = 0
    is_open: bool = False
    since: float = 0.0
    written: list[Entry] = field(default_factory=list)
    offsets: dict[Key, int] = field(default_factory=dict)
    late_end: tuple[int, bool] | None = None
    """An EndTxn on its way that the client has given up on: for which epoch, and whether it commits."""


class Broker:
    """State and rules. `on_commit` hears of each transaction that becomes visible."""

    def __init__(self, clock: Callable[[], float], topics: dict[str, int], session_s: float, transaction_s: float) -> None:
        self.clock = clock
        self.logs: dict[Key, list[Entry]] = {(t, p): [] for t, n in topics.items() for p in range(n)}
        self.session_s, self.transaction_s = session_s, transaction_s
        self.generation = 0
        self.members: dict[str, Member] = {}
        self.committed: dict[Key, int] = {}
        self.producing: dict[str, Producing] = defaultdict(Producing)
        self.on_commit: Callable[[dict[Key, int], list[Entry]], None] = lambda offsets, entries: None
        self.on_offsets: Callable[[dict[Key, int]], None] = lambda offsets: None
        self._names = 0

    def partitions(self, topic: str) -> list[Key]:
        """The partitions of a topic, in order."""
        return sorted(key for key in self.logs if key[0] == topic)

    # Group.

    def join(self) -> str:
        """A new member; everyone is to find out."""
        self._names += 1
        name = f"m{self._names}"
        self.members[name] = Member(self.clock())
        self.generation += 1
        return name

    def leave(self, name: str) -> None:
        """A member goes, by itself or because it was not heard of."""
        if self.members.pop(name, None) is not None:
            self.generation += 1

    def target(self, topic: str) -> dict[str, set[Key]]:
        """Who is to own what: everyone about the same, keeping what they have where that fits (cooperative-sticky)."""
        names = sorted(self.members)
        if not names:
            return {}
        keys = self.partitions(topic)
        most = -(-len(keys) // len(names))
        wanted: dict[str, set[Key]] = {name: set(sorted(self.members[name].owned)[:most]) for name in names}
        for key in keys:
            if not any(key in owned for owned in wanted.values()):
                wanted[min(names, key=lambda name: (len(wanted[name]), name))].add(key)
        return wanted

    def counts(self, name: str, generation: int) -> None:
        """Raises what a group coordinator answers to someone who is not a member of this generation."""
        if name not in self.members:
            raise refused(KafkaError.UNKNOWN_MEMBER_ID)
        if generation != self.generation:
            raise refused(KafkaError.ILLEGAL_GENERATION)

    def commit_offsets(self, name: str, generation: int, offsets: dict[Key, int]) -> None:
        """A plain offset commit."""
        self.counts(name, generation)
        self.on_offsets({key: offset for key, offset in offsets.items() if self.committed.get(key) != offset})
        self.committed |= offsets

    def stable(self, keys: set[Key]) -> dict[Key, int]:
        """Committed offsets; raises while a transaction may still move one of them."""
        if any(keys & set(one.offsets) for one in self.producing.values()):
            raise refused(KafkaError._TIMED_OUT)
        return {key: self.committed[key] for key in keys if key in self.committed}

    # Transactions.

    def init(self, id: str) -> int:
        """A new producer epoch; what the id left open is aborted."""
        one = self.producing[id]
        self._end(one, commits=False)
        one.epoch += 1
        return one.epoch

    def _of(self, id: str, epoch: int) -> Producing:
        one = self.producing[id]
        if epoch != one.epoch:
            raise refused(KafkaError._FENCED)
        return one

    def begin(self, id: str, epoch: int) -> None:
        """The first write of a transaction."""
        one = self._of(id, epoch)
        if not one.is_open:
            one.is_open, one.since = True, self.clock()

    def write(self, id: str, epoch: int, topic: str, rows: list[tuple[bytes | None, bytes | None]]) -> None:
        """Records that nobody with `read_committed` sees yet."""
        self.begin(id, epoch)
        keys = self.partitions(topic)
        for key, value in rows:
            entry = Entry(key, value, id)
            self.producing[id].written.append(entry)
            self.logs[keys[hash(key) % len(keys)]].append(entry)

    def add_offsets(self, id: str, epoch: int, offsets: dict[Key, int], name: str, generation: int) -> None:
        """Offsets that commit with the transaction, if the group still counts the member."""
        self.begin(id, epoch)
        self.counts(name, generation)
        one = self.producing[id]
        if one.late_end is not None and one.late_end[0] == one.epoch:
            # The worst moment for what is late: it closes this transaction between its records and its offsets.
            self._end(one, commits=one.late_end[1])
            self.begin(id, epoch)
        one.offsets |= offsets

    def end(self, id: str, epoch: int, *, commits: bool) -> None:
        """EndTxn."""
        self._end(self._of(id, epoch), commits=commits)

    def delay_end(self, id: str, epoch: int, *, commits: bool) -> None:
        """An EndTxn that arrives later, unless the id is fenced by then."""
        self._of(id, epoch).late_end = (epoch, commits)

    def _end(self, one: Producing, *, commits: bool) -> None:
        for entry in one.written:
            entry.transaction, entry.aborted = None, not commits
        if commits and (one.offsets or one.written):
            self.on_commit(dict(one.offsets), list(one.written))
            self.committed |= one.offsets
        one.is_open, one.written, one.offsets, one.late_end = False, [], {}, None

    # Time.

    def tick(self, is_heard: Callable[[str], bool]) -> None:
        """Sessions, transaction timeouts, requests that were late."""
        now = self.clock()
        for name, member in list(self.members.items()):
            if is_heard(name):
                member.seen_at = now
            elif now - member.seen_at > self.session_s:
                self.leave(name)
        for one in self.producing.values():
            if one.is_open and now - one.since > self.transaction_s:
                self._end(one, commits=False)
                one.epoch += 1
            elif one.late_end is not None and one.is_open:
                # Where no transaction is open it would do no harm: it waits for one.
                epoch, commits = one.late_end
                one.late_end = None
                if epoch == one.epoch:
                    self._end(one, commits=commits)
