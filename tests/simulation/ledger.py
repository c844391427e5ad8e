"""What the broker's own books say of the job: I6, I8 and I9, checked at the moment something happens, not after the move.

The truth is kept beside the broker: where the job stands in each partition is what committed transactions said, whatever
became of the group's offsets since.
"""

from collections import Counter

from slackwater.core.cut import Cut, Gap

from .broker import Broker
from .group import Key
from .transactions import Transaction


def output_of(partition: int, offset: int) -> bytes:
    """The one output, or dead letter, that a record comes to."""
    return b"%d:%d" % (partition, offset)


class Ledger:
    """`trouble` is where it says what is wrong."""

    def __init__(self, broker: Broker, trouble: list[str]) -> None:
        self.trouble = trouble
        self.position: dict[Key, int] = {}
        """Where the job stands."""
        self.visible: Counter[bytes] = Counter()
        """What a reader that was there all along got."""
        self.committed = 0
        """Transactions."""
        self.lost = 0
        """Records whose loss was accepted, or that were gone before the job began."""
        self._broker = broker
        self.repeated: Counter[bytes] = Counter()
        """What may be written once more, because somebody accepted that."""
        self._repeats: dict[Key, int] = {}
        self._begun: dict[Key, int] = {}
        self._forgotten: dict[Key, int] = {}
        self._newest: dict[tuple[Key, int], int] = {}
        self._accepted: list[Gap] = []
        self._is_still = ""
        broker.transactions.on_decided = self._decided
        broker.offsets.on_plain = self._plainly_committed
        broker.offsets.on_overtaken = self._overtaken
        broker.offsets.on_change = self._moved
        broker.on_visible = self._became_visible

    # I8, I9: what is committed is what lies between the old offsets and the new, each once.

    def _decided(self, transaction: Transaction) -> None:
        due: Counter[bytes | None] = Counter()
        moves = False
        for key, offset in sorted(self._broker.offsets.of(transaction).items()):
            before = self.position.get(key, 0)
            self._begun.setdefault(key, 0)
            if offset < before:
                self.trouble.append(f"I9: {_name(key)} was at {before} and went back to {offset}")
            due.update(output_of(key[1], n) for n in range(before, offset))
            moves = moves or offset != before
            self.position[key] = offset
        seen = Counter(entry.value for entries in transaction.entries.values() for entry in entries)
        if seen != due:
            skipped, twice = sorted((due - seen).elements()), sorted((seen - due).elements(), key=str)
            self.trouble.append(f"I8: skipped {skipped[:3]}, twice {twice[:3]}")
        self.committed += 1
        if self._is_still and (seen or moves):
            self.trouble.append(f"I6: a transaction that moves something was committed after {self._is_still}")

    def _plainly_committed(self, key: Key, offset: int) -> None:
        first = self._broker.logs[key].first
        before = self.position.get(key)
        if before is None:
            if offset > first:
                self.trouble.append(f"I9: {_name(key)} begins at {offset}, its first record is {first}")
            self.lost += offset
            before = self._begun[key] = offset
        if offset < before and self._repeats.pop(key, None) == offset:
            self.repeated.update(output_of(key[1], n) for n in range(offset, before))
            before = offset
        if offset < before:
            self.trouble.append(f"I9: {_name(key)} was at {before} and was set back to {offset} by a plain commit")
        skipped = [n for n in range(before, offset) if not self._is_accepted(key, n)]
        if skipped:
            self.trouble.append(f"I9: {_name(key)} skips {skipped[0]} to {skipped[-1]}, whose loss nobody accepted")
        self.lost += max(offset - before, 0)
        self.position[key] = max(offset, before)

    def _is_accepted(self, key: Key, offset: int) -> bool:
        return any((gap.topic, gap.partition) == key and gap.first <= offset < gap.until for gap in self._accepted)

    def accept(self, gaps: tuple[Gap, ...]) -> None:
        """Somebody took this loss."""
        for gap in gaps:
            first = self._broker.logs[gap.topic, gap.partition].first
            if not 0 <= gap.first < gap.until <= first:
                self.trouble.append(f"I9: {_name((gap.topic, gap.partition))}: no gap {gap.first} to {gap.until}")
        self._accepted += gaps

    def accept_repeats(self, cut: Cut) -> None:
        """Somebody took it that the job begins again at its last cut: where it stood after that nobody knows any more."""
        self._repeats = dict.fromkeys(self.position, 0) | {(topic, partition): offset for topic, partition, offset in cut}

    def forget(self, known: set[Key]) -> None:
        """The group's offsets are gone. Where nothing was taken and the log has no word of it, the job never began."""
        for key in self.position.keys() - known:
            if self.position[key] == self._begun[key]:
                self.lost -= self._begun.pop(key)
                self._forgotten[key] = self.position.pop(key)

    def _overtaken(self, key: Key, stays: int, wanted: int) -> None:
        if wanted != stays:
            self.trouble.append(f"I9: {_name(key)} stays at {stays}: a plain commit overtook a transaction's {wanted}")

    def is_complete(self, produced: int) -> bool:
        """True when every record has come to what it comes to."""
        return self.visible.total() == produced - self.lost + self.repeated.total()

    def count(self, produced: int) -> str:
        """In words."""
        return f"{self.visible.total()} of {produced} written, {self.lost} lost, {self.repeated.total()} repeated"

    # I6: a pause is silent.

    def hold_still(self, proof: str, cut: Cut) -> None:
        """From here on no output becomes visible and no offset moves; `cut` is what is committed, and all of it is seen."""
        self._is_still = proof
        stated = {(topic, partition): offset for topic, partition, offset in cut}
        for key, offset in sorted(self.position.items()):
            # What was never taken from may be unknown to a proof that is older than the partition.
            # Where somebody accepted that this is forgotten, the job stands where it will begin again.
            if stated.get(key, self._begun[key]) not in {offset, self._repeats.get(key)}:
                self.trouble.append(f"I6: {proof} with {_name(key)} at {stated.get(key)}, committed is {offset}")
        for key in sorted(stated.keys() - self.position.keys()):
            if stated[key] == self._forgotten.get(key):
                continue  # said before the group's offsets were gone, and still so
            self.trouble.append(f"I6: {proof} with {_name(key)} at {stated[key]}, nothing is committed")
        for key, transactions in self._broker.to_become_visible().items():
            hidden = [transaction for transaction in transactions if not transaction.is_closed(key)]
            why = "its marker is not written yet" if hidden else "it lies behind an open transaction"
            self.trouble.append(f"I6: {proof}, and a committed output of {_name(key)} is not visible yet: {why}")
        for transaction, _ in self._broker.transactions.decided():
            pending = self._broker.offsets.of(transaction) if transaction.commits else {}
            if any(self._broker.offsets.committed.get(key) != offset for key, offset in pending.items()):
                self.trouble.append(f"I6: {proof}, and committed offsets are not stable yet")

    def let_go(self) -> None:
        """The job is wanted to run."""
        self._is_still = ""

    def _moved(self, key: Key, before: int | None, after: int) -> None:
        # A partition that nothing was ever committed for may be told where it will begin; that moves nothing.
        if self._is_still and before is not None:
            self.trouble.append(f"I6: {_name(key)} moved from {before} to {after} after {self._is_still}")

    def _became_visible(self, key: Key, value: bytes) -> None:
        self.visible[value] += 1
        if self._is_still:
            self.trouble.append(f"I6: an output became visible after {self._is_still}")
        if self.visible[value] > 1 + self.repeated[value]:
            self.trouble.append(f"I8: {value!r} is visible twice")
        partition, offset = (int(part) for part in value.split(b":"))
        if offset <= self._newest.get((key, partition), -1) and not self.repeated[value]:
            self.trouble.append(f"I8: {value!r} comes after a later record of its partition in {_name(key)}")
        self._newest[key, partition] = offset


def _name(key: Key) -> str:
    return f"{key[0]}[{key[1]}]"
