"""`make simulate SEEDS=2000 STEPS=500`: a world for each seed; a failing one prints its shortest failing list of moves."""

import argparse
import logging
import sys
import time
from collections import Counter

import structlog

from .mutations import MUTATIONS, mutated
from .world import Broken, actions_of, fails, run, shortened


def simulate(first: int, seeds: int, steps: int) -> tuple[int, Counter[str]]:
    """Steps taken and what was seen on the way. Raises Broken with the seed and the shortest trace."""
    taken, seen = 0, Counter[str]()
    for seed in range(first, first + seeds):
        actions = actions_of(seed, steps)
        try:
            world = run(actions)
        except Broken as broken:
            trace = shortened(actions)
            lines = "\n".join(f"  {action}" for action in trace)
            raise Broken(
                f"seed {seed}: {broken}\n{len(trace)} of {len(actions)} moves are enough:\n{lines}\n  {fails(trace)}"
            ) from None
        taken += world.steps
        seen += world.seen
        seen["pauses"] += world.pauses
        seen["records"] += world.produced
    return taken, seen


def steps_to_catch(name: str, steps: int, seeds_max: int) -> tuple[int, str] | None:
    """How many steps until the bug is found, and how it showed; None if it never was."""
    taken = 0
    with mutated(name):
        for seed in range(seeds_max):
            actions = actions_of(seed, steps)
            broken = fails(actions)
            if broken is not None:
                return taken + len(actions), broken
            taken += len(actions)
    return None


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=500)
    asked = parser.parse_args()
    began = time.monotonic()
    try:
        taken, seen = simulate(asked.first, asked.seeds, asked.steps)
    except Broken as broken:
        sys.exit(str(broken))
    print(f"{taken:,} steps over {asked.seeds:,} seeds in {time.monotonic() - began:.0f} s: no invariant broken")
    print(", ".join(f"{count:,} {what}" for what, count in sorted(seen.items())))
    for name in MUTATIONS:
        caught = steps_to_catch(name, asked.steps, 400)
        print(f"{name}: " + (f"caught within {caught[0]:,} steps: {caught[1][:110]}" if caught else "NOT CAUGHT"))


if __name__ == "__main__":
    main()
