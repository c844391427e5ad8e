"""A consumer group of the classic protocol with cooperative rebalances (KIP-429), and its offsets.

Whoever owns a partition keeps it until it has let it go and joined again, or until the group has not heard of it for the
session timeout. A new generation begins when every member has joined; until then commits of the old one count.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import KafkaError

from .faults import refused

Key = tuple[str, int]
NO_MEMBER: Final = ("", -1)
"""What a client names that is in no group: such offsets are not fenced (TxnOffsetCommit before KIP-447)."""


@dataclass(slots=True)
class Member:
    """A consumer as the group knows it."""

    seen_at: float
    has_joined: bool = True
    owned: set[Key] = field(default_factory=set)
    """What it said it has when it joined."""
    assigned: set[Key] = field(default_factory=set)


class Group:
    """Members and generations."""

    def __init__(self, clock: Callable[[], float], session_s: float, partitions: Callable[[], list[Key]]) -> None:
        self.generation = 0
        self.members: dict[str, Member] = {}
        self.is_rebalancing = False
        self._clock, self._session_s = clock, session_s
        self._partitions = partitions
        self._known: list[Key] = partitions()
        self._names = 0

    def join(self) -> str:
        """A new member; the generation waits for all the others."""
        self._names += 1
        name = f"m{self._names}"
        self.members[name] = Member(self._clock())
        self.is_rebalancing = True
        self._complete()
        return name

    def rejoin(self, name: str, owned: set[Key]) -> None:
        """A member comes again, with what it has."""
        member = self.members[name]
        member.has_joined, member.owned = True, set(owned)
        self._complete()

    def leave(self, name: str) -> None:
        """A member goes, by itself or because it was not heard of."""
        if self.members.pop(name, None) is not None:
            self.rebalance()
            self._complete()

    def rebalance(self) -> None:
        """Everybody is to join again, unless that is going on."""
        if self.is_rebalancing:
            return
        self.is_rebalancing = True
        for member in self.members.values():
            member.has_joined = False

    def _complete(self) -> None:
        if not self.is_rebalancing or not all(member.has_joined for member in self.members.values()):
            return
        self.is_rebalancing = False
        self.generation += 1
        self._known = self._partitions()
        targets = self._targets()
        for name, member in self.members.items():
            others = set[Key]().union(*(other.owned for other in self.members.values() if other is not member))
            member.assigned = targets[name] - others
            member.has_joined = False

    def _targets(self) -> dict[str, set[Key]]:
        """Who is to own what: everyone about the same, keeping what they have where that fits (cooperative-sticky)."""
        names = sorted(self.members)
        most = -(-len(self._known) // max(len(names), 1))
        targets = {name: set(sorted(self.members[name].owned)[:most]) for name in names}
        for key in self._known:
            if names and not any(key in target for target in targets.values()):
                targets[min(names, key=lambda name: (len(targets[name]), name))].add(key)
        return targets

    def check(self, name: str, generation: int) -> None:
        """Raises what a group coordinator answers to someone who is not a member of this generation."""
        if (name, generation) == NO_MEMBER:
            return
        if name not in self.members:
            raise refused(KafkaError.UNKNOWN_MEMBER_ID)
        if generation != self.generation:
            raise refused(KafkaError.ILLEGAL_GENERATION)

    def tick(self) -> None:
        """Sessions end; more partitions of the topic are noticed."""
        now = self._clock()
        for name, member in list(self.members.items()):
            if now - member.seen_at > self._session_s:
                self.leave(name)
        if self.members and not self.is_rebalancing and self._partitions() != self._known:
            self.rebalance()


class Offsets:
    """What a group has committed. Of two commits the one that was written later counts, whenever it came into force."""

    def __init__(self) -> None:
        self.committed: dict[Key, int] = {}
        self.on_change: Callable[[Key, int | None, int], None] = lambda key, before, after: None
        self.on_overtaken: Callable[[Key, int, int], None] = lambda key, stays, wanted: None
        self.on_plain: Callable[[Key, int], None] = lambda key, offset: None
        self._written: dict[Key, int] = {}
        self._pending: dict[object, dict[Key, tuple[int, int]]] = {}
        self._count = 0

    def commit(self, offsets: Mapping[Key, int]) -> None:
        """A plain commit: in force at once."""
        self._count += 1
        for key, offset in sorted(offsets.items()):
            self.on_plain(key, offset)
            self._set(key, offset, self._count)

    def add(self, transaction: object, offsets: Mapping[Key, int]) -> None:
        """A commit that comes into force, or does not, when the transaction's marker is written."""
        self._count += 1
        pending = self._pending.setdefault(transaction, {})
        pending |= {key: (offset, self._count) for key, offset in offsets.items()}

    def finish(self, transaction: object, *, commits: bool) -> None:
        """The marker."""
        for key, (offset, written) in sorted(self._pending.pop(transaction, {}).items()):
            if commits and written < self._written.get(key, 0):
                self.on_overtaken(key, self.committed[key], offset)
            elif commits:
                self._set(key, offset, written)

    def of(self, transaction: object) -> dict[Key, int]:
        """What the transaction would commit."""
        return {key: offset for key, (offset, _) in self._pending.get(transaction, {}).items()}

    def unstable(self) -> set[Key]:
        """Where a transaction may still move something, one way or the other."""
        return {key for pending in self._pending.values() for key in pending}

    def forget(self) -> None:
        """Expired: as if nothing had ever been committed."""
        self.committed.clear()
        self._written.clear()

    def _set(self, key: Key, offset: int, written: int) -> None:
        before, self.committed[key], self._written[key] = self.committed.get(key), offset, written
        if before != offset:
            self.on_change(key, before, offset)
