"""A Kafka of one thread and no wire: logs with retention, one consumer group, transactions, and a reader of all outputs.

It follows the rules that the product leans on (KIP-98, KIP-429, KIP-447); tests/integration and `make chaos` check the same
product code against the real one.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from .group import Group, Key, Offsets
from .transactions import Entry, Transaction, Transactions

INPUT: Final = "in"


@dataclass(slots=True)
class Log:
    """A partition. `first` is the oldest record that is still there; `stable` is where a `read_committed` reader stands."""

    entries: list[Entry] = field(default_factory=list)
    first: int = 0
    stable: int = 0


class Client(Protocol):
    """A consumer's own thread."""

    def beat(self) -> None:
        """A heartbeat, if the process is heard."""


class Broker:
    """What clients ask. `on_visible` hears of each output at the moment a `read_committed` reader gets it."""

    def __init__(self, clock: Callable[[], float], topics: dict[str, int], session_s: float, transaction_s: float) -> None:
        self.clock = clock
        self.session_s, self.transaction_s = session_s, transaction_s
        self.logs: dict[Key, Log] = {(t, p): Log() for t, n in topics.items() for p in range(n)}
        self.offsets = Offsets()
        self.group = Group(clock, session_s, lambda: self.partitions(INPUT))
        self.transactions = Transactions(clock, transaction_s, self.offsets)
        self.transactions.on_marked = self._marked
        self.clients: list[Client] = []
        self.on_visible: Callable[[Key, bytes], None] = lambda key, value: None

    def partitions(self, topic: str) -> list[Key]:
        """The partitions of a topic, in order."""
        return sorted(key for key in self.logs if key[0] == topic)

    # Inputs.

    def produce(self, count: int, before: int) -> None:
        """`count` records over all input partitions."""
        keys = self.partitions(INPUT)
        for n in range(before, before + count):
            self.logs[keys[n % len(keys)]].entries.append(Entry(b"k", b"v"))

    def grow(self, most: int) -> None:
        """One more input partition."""
        count = len(self.partitions(INPUT))
        if count < most:
            self.logs[INPUT, count] = Log()

    def delete_before(self, key: Key, offset: int) -> None:
        """Retention."""
        log = self.logs[key]
        log.first = max(log.first, min(offset, len(log.entries)))

    def expire_offsets(self) -> bool:
        """Kafka forgets the offsets of a group that has had no members for long, and of no other."""
        if self.group.members or self.offsets.unstable():
            return False
        self.offsets.forget()
        return True

    # Transactions.

    def write(self, id: str, epoch: int, topic: str, rows: list[tuple[bytes | None, bytes | None]]) -> None:
        """Records that nobody with `read_committed` sees yet."""
        transaction = self.transactions.begun(id, epoch)
        keys = self.partitions(topic)
        for key, value in rows:
            entry = Entry(key, value, transaction)
            where = keys[zlib.crc32(value or b"") % len(keys)]
            transaction.entries.setdefault(where, []).append(entry)
            self.logs[where].entries.append(entry)

    def add_offsets(self, id: str, epoch: int, offsets: dict[Key, int], name: str, generation: int) -> None:
        """Offsets that commit with the transaction, if the group still counts the member."""
        transaction = self.transactions.begun(id, epoch)
        transaction.has_offsets = True
        self.group.check(name, generation)
        self.offsets.add(transaction, offsets)

    def _marked(self, key: Key) -> None:
        log = self.logs.get(key)
        while log is not None and log.stable < len(log.entries):
            entry = log.entries[log.stable]
            if entry.transaction is not None and not entry.transaction.is_closed(key):
                return
            log.stable += 1
            if entry.transaction is None or entry.transaction.commits:
                self.on_visible(key, entry.value or b"")

    def to_become_visible(self) -> dict[Key, list[Transaction]]:
        """Transactions that are committed, and of which a `read_committed` reader does not see everything yet."""
        found: dict[Key, list[Transaction]] = {}
        for key, log in sorted(self.logs.items()):
            for entry in log.entries[log.stable :]:
                if entry.transaction is not None and entry.transaction.commits:
                    found.setdefault(key, []).append(entry.transaction)
        return found

    # Time.

    def tick(self) -> None:
        """Heartbeats, sessions, transaction timeouts."""
        for client in list(self.clients):
            client.beat()
        self.group.tick()
        self.transactions.tick()
