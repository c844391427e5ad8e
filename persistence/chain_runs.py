"""The log as runs: events that follow each other by their hashes. Where one run ends, something was done to the log.

A hash is over the event's own numbers, so whoever renumbers events does not hide what they were: see `places`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from slackwater.core.codec import RowHash
from slackwater.core.recorded import GENESIS, Recorded

from .rows import hash_under
from .store import Unreadable

SHIFT_MAX: Final = 1000
"""So many events removed or inserted at one place, with what follows renumbered, are told from other changes."""
VERSIONS_MAX: Final = 32
"""The same of one job's versions."""
TRIES_MAX: Final = 3
"""Events of a run that are looked for under other numbers: the first of them may be edited too."""
RUNS_MAX: Final = 40
EDITS_MAX: Final = 20
_NEAR: Final = tuple(sorted(range(-VERSIONS_MAX, VERSIONS_MAX + 1), key=abs))


@dataclass(slots=True, eq=False)
class Run:
    """`place` is the number that its first event was written under, None if it fits none; `seq` the one that it has."""

    seq: int
    place: int | None
    prev_hash: bytes
    first: Recorded | Unreadable | None = None
    length: int = 0
    ends: tuple[bytes, ...] = ()
    """What the next event may name: the hash of the last, as it stands and as it must be."""
    edited: list[int] = field(default_factory=list)

    @property
    def last_seq(self) -> int:
        """The number that its last event has."""
        return self.seq + self.length - 1

    @property
    def after(self) -> int:
        """The place after its last event."""
        return (self.place or 0) + self.length

    @property
    def shift(self) -> int:
        """What was taken from its numbers."""
        return (self.place or self.seq) - self.seq


class ChainRuns:
    """Takes every event of the log once, in order. Keeps a few numbers for each run, and no event but its first."""

    def __init__(self) -> None:
        self.runs = [Run(1, 1, GENESIS, ends=(GENESIS,))]
        self._versions: dict[str, int] = {}
        """What was taken from the versions of a job."""

    @property
    def is_whole(self) -> bool:
        """Nothing was found so far."""
        return len(self.runs) == 1 and not self.runs[0].edited

    @property
    def is_enough(self) -> bool:
        """So much was found that more would tell nobody anything."""
        return len(self.runs) > RUNS_MAX or sum(len(run.edited) for run in self.runs) >= EDITS_MAX

    def take(self, found: Recorded | Unreadable) -> bool:
        """Is it what was written, whatever number it has now?"""
        run, names = self.runs[-1], found.prev_hash
        is_next = found.seq == run.last_seq + 1
        if is_next and names not in run.ends:
            # Was all that was changed the hash that it names?
            names = next((end for end in run.ends if self._fits_after(found, end, run)), names)
        if not is_next or names not in run.ends:
            run = self._begin(found, run)
        row_hash = hash_under(found, names)
        fits = row_hash is not None and self._fits(found, row_hash, run)
        run.length += 1
        run.ends = (found.hash,)
        if row_hash is not None and not fits:
            run.ends += (row_hash.at(found.seq + run.shift, self._version(found)),)
        is_intact = fits and names == found.prev_hash
        if not is_intact and (run.place is not None or run.length <= TRIES_MAX):
            run.edited.append(found.seq)
        return is_intact

    def _begin(self, found: Recorded | Unreadable, before: Run) -> Run:
        run = Run(found.seq, None, found.prev_hash, found)
        if (row_hash := hash_under(found, found.prev_hash)) is not None:
            run.place = self._place(found, row_hash, before)
        self.runs.append(run)
        return run

    def _fits_after(self, found: Recorded | Unreadable, end: bytes, run: Run) -> bool:
        row_hash = hash_under(found, end)
        return bool(row_hash and row_hash.at(found.seq + run.shift, self._version(found)) == found.hash)

    def _fits(self, found: Recorded | Unreadable, row_hash: RowHash, run: Run) -> bool:
        seq = found.seq + run.shift
        if run.place is not None and row_hash.at(seq, self._version(found)) == found.hash:
            return True
        if run.place is None:
            place = self._place(found, row_hash, run) if 0 < run.length < TRIES_MAX else None
            run.place = place and place - run.length
            return place is not None
        version = next((v for v in _NEAR if row_hash.at(seq, found.version + v) == found.hash), None)
        if version is not None:
            self._versions[found.job_id] = version
        return version is not None

    def _place(self, found: Recorded | Unreadable, row_hash: RowHash, before: Run) -> int | None:
        """The number that it was written under."""
        for shift, version in places(before.shift, self._versions.get(found.job_id, 0)):
            if row_hash.at(found.seq + shift, found.version + version) == found.hash:
                self._versions[found.job_id] = version
                return found.seq + shift
        return None

    def _version(self, found: Recorded | Unreadable) -> int:
        return found.version + self._versions.get(found.job_id, 0)


def places(shift: int, version: int) -> Iterator[tuple[int, int]]:
    """What may have been taken from the numbers of an event and of its job: the likely first."""
    yield from ((shift, version), (0, 0))
    yield from ((likely, near) for likely in {shift, 0} for near in _NEAR)
    for far in range(1, SHIFT_MAX + 1):
        for near in {*range(min(far, VERSIONS_MAX) + 1), far}:
            yield from ((shift + far, version + near), (shift - far, version - near))


def was_at(run: Run, place: int) -> bool:
    """Was its first event, for all its hash says, written under that number?"""
    first = run.first
    row_hash = None if first is None else hash_under(first, first.prev_hash)
    if first is None or row_hash is None:
        return False
    return any(row_hash.at(place, first.version + near) == first.hash for near in _NEAR)
