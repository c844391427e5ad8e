"""The moves that a seed makes. All chance is in here: a list of moves replays exactly, and can be made shorter."""

import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .faults import CALLS, KINDS

WORKERS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Move:
    """One move. A `fault` plans `kind` for the next `call` of that name, whoever makes it; a strand with a `call` goes on
    until it is about to make that one.

    `amount` is how many points a strand goes on for, how many seconds pass, how many records, which of several, or how an
    operator asks.
    """

    what: str
    worker: int = 0
    amount: float = 1.0
    call: str = ""
    kind: str = ""

    def __str__(self) -> str:
        if self.what == "fault":
            return f"fault: {self.kind} at the next {self.call}"
        who = f" w{self.worker}" if self.what in WORKERS_OWN else ""
        return f"{self.what}{who} {self.amount:g}" + (f", up to {self.call}" if self.call else "")


WORKERS_OWN: Final = (
    "round", "read", "look", "own", "work", "vigil", "kill", "freeze", "thaw", "leave", "join", "slow", "lose mail",
)  # fmt: skip
"""Moves of one worker."""

_ALWAYS: Final = {
    "everyone": 20,
    "round": 40,
    "own": 24,
    "work": 18,
    "read": 6,
    "look": 10,
    "tick": 14,
    "produce": 12,
    "pause": 6,
    "resume": 8,
    "start": 5,
    "join": 7,
    "race": 4,
    "calm": 4,
}
_AT_TIMES: Final = {
    "stop": 1,
    "kill": 1,
    "freeze": 1,
    "thaw": 3,
    "leave": 1,
    "fault": 10,
    "lag": 6,
    "mark": 9,
    "deliver": 4,
    "repeat": 2,
    "ask group": 2,
    "admin": 4,
    "vigil": 2,
    "slow": 1,
    "wall": 1,
    "grow": 1,
    "retain": 1,
    "expire": 2,
    "lose mail": 1,
    "nap": 2,
    "zombie": 1,
    "overtake": 4,
    "blackout": 1,
}
"""Left out of some seeds, so that what one of them hides shows in others (swarm testing, Groce et al. 2012)."""

_SCENES: Final = {
    "calm": "everyone tick=0.2 everyone mark=0 everyone everyone",
    "nap": "join? everyone produce=4 everyone round? freeze tick=11 everyone tick=0.2 everyone everyone thaw round? round=5",
    "zombie": "join? own>polled freeze tick=11 everyone everyone everyone produce=4 pause thaw "
    "read look=12 own=12 own=12 look=12 read look=12 own? work? own? work?",
    "overtake": "everyone produce=4 everyone everyone? pause resume=2 read look? race?",
    "blackout": "produce=4 everyone everyone? leave=12 everyone kill? kill? kill? pause tick? tick=11 ask_group=12 admin=12 "
    "join? everyone",
}
"""What takes several moves to come to anything: kind, then `=amount` or `>call`; with `?` amount and worker are left to
chance, else it is the same worker again."""
_RACING: Final = ("own", "own", "work", "work", "look", "read")
_STOPS: Final = {
    "own": ("commit", "committed", "send offsets", "commit transaction", "polled"),
    "work": ("computed", "produce", "send offsets", "commit transaction"),
    "look": ("log",),
}
"""Where it matters most who comes first."""
_TICKS: Final = ((0.05, 8), (0.2, 8), (0.5, 6), (3.0, 3), (11.0, 2), (31.0, 1))
_KINDS: Final = (*KINDS, "lose request", "lose reply", "arrive late", "hide retry", "hide retry")
"""Deaths are dear: what comes after one is mostly the same."""
_WRITTEN: Final = re.compile(r"([a-z_ ]+)(?:>([a-z ]+))?(?:=([0-9.]+))?[?!]?")
_WALL: Final = (-86_400.0, -3_600.0, 3_600.0, 86_400.0)


DEAF: Final = (
    *(Move(what) for what in ("join", "deploy", "start")),
    *[Move("round", amount=5)] * 4,
    Move("produce", amount=5),
    *[Move("round", amount=5)] * 2,
    *[Move(what, amount=amount) for what, amount in (("tick", 31.0), ("own", 12), ("work", 12))] * 4,
    Move("produce", amount=5),
    *[Move("own", amount=12), Move("work", amount=12)] * 5,
)
"""A worker that runs, and hears nothing more of the log while its link to the broker is sound."""


def moves_of(seed: int, count: int, without: tuple[str, ...] = ()) -> list[Move]:
    """The moves of a seed: a function of nothing else. `without` leaves kinds of moves and faults out."""
    chance = random.Random(seed)
    weights = _ALWAYS | {what: weight * chance.choice((0, 1, 1, 2)) for what, weight in _AT_TIMES.items()}
    found = [Move("join"), Move("deploy"), Move("start")]
    slots = _Slots(chance)
    found += [_move(chance, slots, written) for written in _kinds(chance, weights, count)]
    return [move for move in found if move.what not in without and move.kind not in without]


def _kinds(chance: random.Random, weights: dict[str, int], count: int) -> Iterator[str]:
    """What kinds of moves, in order, written as scenes write them."""
    left = count
    while left > 0:
        (what,) = chance.choices(list(weights), list(weights.values()))
        for move in itertools.islice(_scene(chance, what), left):
            left -= 1
            yield move


def _scene(chance: random.Random, what: str) -> Iterator[str]:
    if what == "race":
        # Two threads of one worker: many short turns, one after the other.
        for _ in range(chance.randint(4, 16)):
            yield chance.choice(_RACING) + "!"
        return
    for move in _SCENES.get(what, "").split():
        yield from _scene(chance, "race") if move == "race?" else (move,)
    if what not in _SCENES:
        yield what + ("!" if what in _RACING and chance.random() < 0.6 else "?")


def _move(chance: random.Random, slots: "_Slots", written: str) -> Move:
    """`?`: any worker, any amount; `!`: the same worker, any amount."""
    what, call, amount = _WRITTEN.fullmatch(written).groups()  # type: ignore[union-attr]
    what = what.replace("_", " ")
    worker = slots.pick(what, again=not written.endswith("?"))
    if call is not None:
        return Move(what, worker, 20, call=call)
    if amount is not None:
        return Move(what, worker, float(amount))
    if not written.endswith(("?", "!")):
        return Move(what, worker, 5 if what == "everyone" else 1)
    if what == "fault":
        (at,) = chance.choices(list(CALLS), list(CALLS.values()))
        return Move(what, call=at, kind=chance.choice(_KINDS))
    if what in _STOPS and chance.random() < 0.4:
        return Move(what, worker, 20, call=chance.choice(_STOPS[what]))
    return Move(what, worker, _amount(chance, what))


class _Slots:
    """Which workers there should be by now, so that few moves are in vain."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._up, self._frozen = [0], list[int]()
        self._last = 0

    def pick(self, what: str, *, again: bool) -> int:
        """A worker for this move (the last one `again`, where that can be), and what becomes of it."""
        if what not in WORKERS_OWN:
            return 0
        up, frozen = self._up, self._frozen
        choice = frozen if what == "thaw" else up
        if what == "join":
            # Anywhere: who died of a fault is not known here.
            choice = list(range(WORKERS_MAX))
        if not choice:
            return 0
        one = self._last = self._last if again and self._last in choice else self._chance.choice(choice)
        if what in {"kill", "freeze"}:
            up.remove(one)
        if what in {"join", "thaw"} and one not in up:
            up.append(one)
        if what == "freeze":
            frozen.append(one)
        if what in {"join", "thaw"} and one in frozen:
            frozen.remove(one)
        return one


def _amount(chance: random.Random, what: str) -> float:
    match what:
        case "tick":
            return chance.choices([s for s, _ in _TICKS], [weight for _, weight in _TICKS])[0]
        case "wall":
            return chance.choice(_WALL)
        case "slow":
            return 45.0
        case "mark":
            return float(chance.choice((0, 0, chance.randint(1, 60))))
        case "lag":
            return float(chance.randrange(2))
        case "repeat" | "deliver":
            return float(chance.randrange(60))
        case "ask group":
            return float(chance.choice((3, 12)))
        case "own" | "work" | "look" | "admin" | "vigil":
            return float(chance.choice((0, 1, 1, 2, 3, 5, 12)))
        case _:
            return float(chance.randint(1, 5))
