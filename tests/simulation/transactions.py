"""The transaction coordinator: epochs fence, EndTxn decides, and markers follow partition by partition, later and in any
order (KIP-98). No transaction of an id begins, and no `init` returns, before all markers of the last one are written.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import KafkaError

from .faults import refused
from .group import Key, Offsets

ABORT_INTERVAL_S: Final = 10.0
"""How often the coordinator looks for transactions whose time is up."""
LAG_S: Final = 12.0
"""A marker is written after so long at the latest, once time goes on."""
OFFSETS: Final[Key] = ("__consumer_offsets", 0)
"""Where the marker goes that makes the group's offsets stable."""


@dataclass(slots=True)
class Entry:
    """A record in a log."""

    key: bytes | None
    value: bytes | None
    transaction: "Transaction | None" = None


@dataclass(slots=True, eq=False)
class Transaction:
    """`commits` is None while it is open; `unwritten` are the partitions that wait for their marker after that."""

    id: str
    since: float
    entries: dict[Key, list[Entry]] = field(default_factory=dict)
    has_offsets: bool = False
    commits: bool | None = None
    decided_at: float = 0.0
    unwritten: set[Key] = field(default_factory=set)

    def is_closed(self, key: Key) -> bool:
        """True once the marker is written there."""
        return self.commits is not None and key not in self.unwritten


@dataclass(slots=True)
class Producing:
    """A transactional id."""

    epoch: int = 0
    last: Transaction | None = None


class Transactions:
    """State and rules. `on_decided` hears of each commit, `on_marked` of each partition that a marker was written to."""

    def __init__(self, clock: Callable[[], float], timeout_s: float, offsets: Offsets) -> None:
        self.lags = False
        """Markers wait for `mark`; else they are written at once."""
        self.producing: dict[str, Producing] = {}
        self.on_decided: Callable[[Transaction], None] = lambda transaction: None
        self.on_marked: Callable[[Key], None] = lambda key: None
        self._clock, self._timeout_s = clock, timeout_s
        self._offsets = offsets
        self._looks_at = clock() + ABORT_INTERVAL_S

    def _of(self, id: str, epoch: int) -> Producing:
        one = self.producing.get(id)
        if one is None or epoch != one.epoch:
            raise refused(KafkaError._FENCED)
        return one

    def init(self, id: str) -> int:
        """A new epoch; what the id left open is aborted. Raises CONCURRENT_TRANSACTIONS until its markers are written."""
        one = self.producing.setdefault(id, Producing())
        if one.last is not None and one.last.commits is None:
            one.epoch += 1
            self._decide(one.last, commits=False)
        self._refuse_busy(one)
        one.epoch += 1
        return one.epoch

    @staticmethod
    def _refuse_busy(one: Producing) -> None:
        if one.last is not None and one.last.commits is not None and one.last.unwritten:
            raise refused(KafkaError.CONCURRENT_TRANSACTIONS)

    def is_busy(self, id: str) -> bool:
        """True while a decided transaction of the id waits for markers."""
        one = self.producing.get(id)
        return one is not None and one.last is not None and one.last.commits is not None and bool(one.last.unwritten)

    def begun(self, id: str, epoch: int) -> Transaction:
        """The open transaction, begun now if there is none."""
        one = self._of(id, epoch)
        self._refuse_busy(one)
        if one.last is None or one.last.commits is not None:
            one.last = Transaction(id, self._clock())
        return one.last

    def end(self, id: str, epoch: int, *, commits: bool) -> None:
        """EndTxn: decided. Asked again it is already so."""
        last = self._of(id, epoch).last
        if last is None or last.commits not in {None, commits}:
            raise refused(KafkaError.INVALID_TXN_STATE)
        if last.commits is None:
            self._decide(last, commits=commits)

    def _decide(self, one: Transaction, *, commits: bool) -> None:
        one.commits, one.decided_at = commits, self._clock()
        one.unwritten = {*one.entries, *([OFFSETS] if one.has_offsets else [])}
        if commits:
            self.on_decided(one)
        if not self.lags:
            for key in sorted(one.unwritten):
                self._mark(one, key)

    def decided(self) -> list[tuple[Transaction, Key]]:
        """The markers that are to be written."""
        lasts = [one.last for _, one in sorted(self.producing.items()) if one.last is not None]
        return [(last, key) for last in lasts if last.commits is not None for key in sorted(last.unwritten)]

    def mark(self, which: int | None = None) -> None:
        """Write one of the markers, or all."""
        waiting = self.decided()
        if which is not None and waiting:
            waiting = [waiting[which % len(waiting)]]
        for transaction, key in waiting:
            self._mark(transaction, key)

    def _mark(self, one: Transaction, key: Key) -> None:
        one.unwritten.discard(key)
        if key == OFFSETS:
            self._offsets.finish(one, commits=bool(one.commits))
        self.on_marked(key)

    def tick(self) -> None:
        """What takes too long is aborted, now and then, and its producer fenced."""
        now = self._clock()
        for transaction, key in self.decided():
            if now - transaction.decided_at > LAG_S:
                self._mark(transaction, key)
        if now < self._looks_at:
            return
        self._looks_at = now + ABORT_INTERVAL_S
        for one in self.producing.values():
            last = one.last
            if last is not None and last.commits is None and now - last.since > self._timeout_s:
                one.epoch += 1
                self._decide(last, commits=False)
