"""What was done to a log, told from its runs: events edited, removed, inserted or put in another order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .chain_runs import TRIES_MAX, VERSIONS_MAX, ChainRuns, Run, was_at
from .store import Head


class Fault(NamedTuple):
    """Events before `seq` are proven."""

    seq: int
    text: str


class _Gap:
    """Places between two runs that no event of the line has."""

    def __init__(self, before: Run, after: Run) -> None:
        self.before = before
        self.after = after
        self.places: Sequence[int] = range(before.after, after.place or 0)

    def seq_of(self, place: int) -> int:
        """The number of a place, as the events before it are numbered now."""
        return place - self.before.shift

    def fill(self, places: Sequence[int]) -> None:
        """They were found elsewhere."""
        self.places = [place for place in self.places if place not in places]


def faults_of(chain: ChainRuns, head: Head | None) -> list[Fault]:
    """By seq. Without a head: of as much of the log as was taken."""
    runs = [run for run in chain.runs if run.length or run is chain.runs[0]]
    line = _line(runs)
    loose = [run for run in runs if run not in line]
    faults = list(_with_end(line, loose, head)) if head is not None else []
    gaps = [_Gap(before, after) for before, after in pairwise(line)]
    faults += _joints(line, loose)
    faults += _moved(gaps, loose)
    faults += _replaced(gaps, loose)
    faults += _inserted(line, loose)
    faults += _missing(gaps)
    inserted = {seq for before, after in pairwise(line) for seq in _overlap(before, after)}
    edited = (seq for run in line for seq in run.edited if seq not in inserted)
    return sorted([*faults, *map(_edited, edited)])


def _edited(seq: int) -> Fault:
    return Fault(seq, f"event {seq} was edited: its hash does not fit")


def _line(runs: list[Run]) -> list[Run]:
    """Of the runs that stand in the order in which they were written, those that have the most events."""
    best = {0: (runs[0].length, [runs[0]])}
    for n, run in enumerate(runs[1:], 1):
        if run.place is not None:
            before = [
                (events - max(line[-1].after - run.place, 0), line)
                for events, line in best.values()
                if (line[-1].place or 0) <= run.place
            ]
            events, line = max(before, key=lambda found: found[0])  # the first run may be before any other
            best[n] = (events + run.length, [*line, run])
    return max(best.values(), key=lambda found: found[0])[1]


def _with_end(line: list[Run], loose: list[Run], head: Head) -> Iterator[Fault]:
    """Puts the chain row behind the line, as a run of no events: what it says is the last must be there."""
    last = line[-1]
    is_last = head.hash in last.ends
    place = last.after if is_last or head.seq == last.last_seq else head.seq + 1
    if place < last.after or (is_last and head.seq not in {last.last_seq, last.after - 1, *(run.last_seq for run in loose)}):
        yield Fault(min(head.seq, last.last_seq) + 1, f"the chain row says {head.seq}, the events end at {last.last_seq}")
    else:
        line.append(Run(place - last.shift, place, head.hash))


def _moved(gaps: list[_Gap], loose: list[Run]) -> Iterator[Fault]:
    """Events that stand elsewhere than they were written, each taken out of `loose`."""
    moves = {}
    for run in tuple(loose):
        if (found := _home(run, gaps)) is not None:
            gap, place = found
            gap.fill(range(place, place + run.length))
            loose.remove(run)
            moves[run.seq] = (run.length, gap.seq_of(place))
    for seq, (length, home) in moves.items():
        is_swap = length == 1 and (abs(seq - home) == 1 or moves.get(home) == (1, seq))
        if is_swap and not (home < seq and home in moves):
            yield Fault(min(seq, home), f"events {min(seq, home)} and {max(seq, home)} changed places")
        elif not is_swap:
            said = f"event {home} was moved" if length == 1 else f"{length} events from {home} on were moved"
            yield Fault(min(seq, home), f"{said}: now at {seq}")


def _home(run: Run, gaps: list[_Gap]) -> tuple[_Gap, int] | None:
    for gap in gaps:
        if run.place is not None and run.place in gap.places and run.after - 1 in gap.places:
            return gap, run.place
        if run.place is None and run.length == 1 and len(gap.places) <= VERSIONS_MAX:
            place = next((place for place in gap.places if was_at(run, place)), None)
            if place is not None:
                return gap, place
    return None


def _replaced(gaps: list[_Gap], loose: list[Run]) -> Iterator[Fault]:
    """Events that stand where others did, and name others: edited in more than one column."""
    for gap in gaps:
        for run in tuple(loose):
            stands_there = gap.before.last_seq < run.seq < gap.after.seq
            if stands_there and run.length <= min(len(gap.places), TRIES_MAX):
                gap.fill(gap.places[: run.length])
                loose.remove(run)
                yield from map(_edited, range(run.seq, run.last_seq + 1))


def _inserted(line: list[Run], loose: list[Run]) -> Iterator[Fault]:
    """What has no place among the others, or another's."""
    for run in loose:
        if run.place is None and run.length > TRIES_MAX:
            which = f"events {run.seq} to {run.last_seq}"
            yield Fault(run.seq, f"{which} fit no numbers near theirs: many events before them are missing or were inserted")
        else:
            yield from _said_inserted(range(run.seq, run.last_seq + 1))
    for before, after in pairwise(line):
        yield from _said_inserted(_overlap(before, after))


def _said_inserted(seqs: range) -> Iterator[Fault]:
    if len(seqs) == 1:
        yield Fault(seqs[0], f"event {seqs[0]} was inserted")
    elif seqs:
        yield Fault(seqs[0], f"events {seqs[0]} to {seqs[-1]} were inserted")


def _overlap(before: Run, after: Run) -> range:
    """The last events of a run, if what comes after it was written in their place."""
    return range(before.last_seq + 1 - max(before.after - (after.place or 0), 0), before.last_seq + 1)


def _joints(line: list[Run], loose: list[Run]) -> Iterator[Fault]:
    """Where no place is between two runs, and yet they are two."""
    for before, after in pairwise(line):
        if before.after != after.place:
            continue
        if after.prev_hash in before.ends:
            is_between = any(before.last_seq < run.seq < after.seq for run in loose)
            if after.length and not is_between:
                yield Fault(after.seq, f"the events from {after.seq} on were renumbered")
        elif not after.length:
            yield Fault(before.last_seq, f"event {before.last_seq} or the chain row was edited: their hashes differ")
        elif after.seq in after.edited or before.last_seq in before.edited:
            continue  # so it is said already
        elif before.length:
            yield Fault(before.last_seq, f"event {before.last_seq} was edited: event {after.seq} follows another")
        else:
            yield Fault(after.seq, f"event {after.seq} was edited: it is the first and follows another")


def _missing(gaps: list[_Gap]) -> Iterator[Fault]:
    for gap in gaps:
        count = len(gap.places)
        if not count:
            continue
        if gap.before.shift != gap.after.shift:
            many = "an event is" if count == 1 else f"{count} events are"
            text = f"{many} missing before event {gap.after.seq}: what follows was renumbered"
        else:
            first, last = gap.seq_of(gap.places[0]), gap.seq_of(gap.places[-1])
            text = f"event {first} is missing" if count == 1 else f"events {first} to {last} are missing"
        yield Fault(gap.before.last_seq + 1, text)
