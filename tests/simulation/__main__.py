"""`make simulate SEEDS=2000 STEPS=500`: a world for each seed; a failing one prints its shortest failing list of moves."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Final

from .moves import moves_of
from .mutations import FIRST_LOOK, MUTATIONS, WRITTEN, mutated
from .run import Broken, fails, run, shortened

SEEDS_TO_CATCH_MAX: Final = 1000


def simulate(first: int, seeds: int, steps: int, without: tuple[str, ...] = ()) -> tuple[int, Counter[str], list[str]]:
    """Steps taken, what was seen on the way, and each seed that broke something."""
    taken, seen, broken = 0, Counter[str](), []
    for seed in range(first, first + seeds):
        try:
            world = run(moves_of(seed, steps, without))
        except Broken as error:
            taken += error.moves
            broken.append(f"seed {seed}: {error}")
            continue
        taken += world.steps
        seen += world.seen
        seen["faults met"] += world.faults.met.total()
        seen["pauses"] += world.rules.pauses
        seen["transactions"] += world.ledger.committed
        seen["records"] += world.produced
        seen["events"] += len(world.rules.folds)
    return taken, seen, broken


def trace_of(seed: int, steps: int, without: tuple[str, ...] = ()) -> str:
    """The shortest failing list of a seed's moves, as people read it."""
    moves = moves_of(seed, steps, without)
    broken = fails(moves)
    if broken is None:
        return f"seed {seed} breaks nothing"
    trace, why = shortened(moves, broken)
    lines = "\n".join(f"  {move}" for move in trace)
    return f"seed {seed}: {broken}\n{len(trace)} of {len(moves)} moves are enough:\n{lines}\n  {why}"


def steps_to_catch(
    name: str, steps: int, seeds: Iterable[int], without: tuple[str, ...] = ()
) -> tuple[int, int, str] | None:
    """How many steps until the bug is found, by which seed and how it showed; None if it never was."""
    taken = 0
    for seed in seeds if name not in WRITTEN else (0,):
        moves = list(WRITTEN[name]) if name in WRITTEN else moves_of(seed, steps, without)
        with mutated(name):
            broken = fails(moves)
        # What the product breaks without the mutation says nothing of it.
        if broken is not None and fails(moves) is None:
            return taken + broken.moves, seed, str(broken)
        taken += len(moves) if broken is None else broken.moves
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--without", default="", help="kinds of moves and of faults to leave out, with commas")
    parser.add_argument("--no-mutations", action="store_true")
    asked = parser.parse_args()
    without = tuple(asked.without.split(",")) if asked.without else ()
    began = time.monotonic()
    taken, seen, broken = simulate(asked.first, asked.seeds, asked.steps, without)
    print(f"{taken:,} steps over {asked.seeds:,} seeds in {time.monotonic() - began:.0f} s: {len(broken)} broke something")
    print(", ".join(f"{count:,} {what}" for what, count in sorted(seen.items())))
    if broken:
        print(*broken, sep="\n")
        print(trace_of(int(broken[0].partition(":")[0].removeprefix("seed ")), asked.steps, without))
    missed = False
    for name in () if asked.no_mutations else MUTATIONS:
        first = FIRST_LOOK.get(name, 0)
        seeds = chain(range(SEEDS_TO_CATCH_MAX), range(max(first, SEEDS_TO_CATCH_MAX), first + SEEDS_TO_CATCH_MAX))
        caught = steps_to_catch(name, asked.steps, seeds, without)
        missed = missed or caught is None
        how = f"caught within {caught[0]:,} steps, by seed {caught[1]}: {caught[2][:110]}" if caught else "NOT CAUGHT"
        print(f"{name}: {how}", flush=True)
    sys.exit(1 if broken or missed else 0)


if __name__ == "__main__":
    main()
