"""Running lists of moves: whether they break something, and how few of them do."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from .moves import Move
from .wiring import wired
from .world import Broken, World


@contextmanager
def living() -> Iterator[World]:
    """A world with the product wired into it; its threads end with it."""
    world = World()
    try:
        with wired(world.clock, world.wall, lambda plan: world.engine(plan), world.unexpected):
            yield world
    finally:
        world.end()


def run(moves: list[Move]) -> World:
    """A world after these moves and after it has settled down. Raises Broken."""
    with living() as world:
        for move in moves:
            world.take(move)
        world.settle_down()
        return world


def fails(moves: list[Move]) -> Broken | None:
    """In what way these moves break an invariant; None if they do not."""
    try:
        run(moves)
    except Broken as broken:
        return broken
    return None


def kind_of(broken: Broken) -> str:
    """What is wrong first, whatever the numbers."""
    return re.sub(r"\d+|\{.*?\}|\[.*?\]", "#", str(broken).partition("; ")[0])


def shortened(moves: list[Move], broken: Broken) -> tuple[list[Move], Broken]:
    """Moves that still break the same in the same way, from which no further run of moves can be left out (delta
    debugging, Zeller 1999)."""

    def still(fewer: list[Move]) -> Broken | None:
        found = fails(fewer)
        return found if found is not None and kind_of(found) == kind_of(broken) else None

    moves = moves[: broken.moves]
    moves, broken = _without_runs(moves, broken, still)
    for at in range(len(moves)):
        simpler = replace(moves[at], amount=1.0)
        fewer = [*moves[:at], simpler, *moves[at + 1 :]]
        if simpler != moves[at] and (found := still(fewer)):
            moves, broken = fewer, found
    return _without_runs(moves, broken, still)


def _without_runs(
    moves: list[Move], broken: Broken, still: Callable[[list[Move]], Broken | None]
) -> tuple[list[Move], Broken]:
    size = max(len(moves) // 2, 1)
    while True:
        at = 0
        while at < len(moves):
            found = still(moves[:at] + moves[at + size :])
            if found is not None:
                moves, broken = moves[:at] + moves[at + size :], found
            else:
                at += size
        if size == 1:
            return moves, broken
        size = max(size // 2, 1)
