"""The states of a job as a picture: where it is, and which way it came. Drawn from the transition table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from slackwater.core.states import JobState as S
from slackwater.core.transition_table import JOB_TRANSITIONS

WIDTH: Final = 728
HEIGHT: Final = 252
NODE: Final = (108, 36)
PLACES: Final[Mapping[S, tuple[int, int]]] = {
    S.DEPLOYED: (64, 36),
    S.STARTING: (214, 36),
    S.RUNNING: (364, 36),
    S.PAUSING: (514, 36),
    S.PAUSED: (664, 36),
    S.RESUMING: (514, 126),
    S.FAILED: (64, 216),
    S.STOPPED: (214, 216),
    S.STOPPING: (364, 216),
}
"""Middles of the boxes."""
USUAL: Final = frozenset(
    {
        (S.DEPLOYED, S.STARTING),
        (S.STARTING, S.RUNNING),
        (S.RUNNING, S.PAUSING),
        (S.PAUSING, S.PAUSED),
        (S.PAUSED, S.RESUMING),
        (S.RESUMING, S.RUNNING),
        (S.RUNNING, S.STOPPING),
        (S.STOPPING, S.STOPPED),
        (S.STOPPED, S.STARTING),
    }
)
"""Always shown; every other way only where it was taken. All of them at once are a thicket."""
_BEND: Final = 14


def _targets() -> Mapping[str, S]:
    found: dict[str, set[S]] = defaultdict(set)
    for row in JOB_TRANSITIONS:
        if row.source is not row.target:
            found[row.event].add(row.target)
    return {event: targets.pop() for event, targets in found.items() if len(targets) == 1}


TARGETS: Final = _targets()
"""Where an event leads, whatever went before. What moves nothing is not in it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A state; `x` and `y` are its upper left."""

    state: str
    x: int
    y: int
    is_here: bool


@dataclass(frozen=True, slots=True)
class Way:
    """A move. `path` is SVG's; of the ways that were taken one is the last."""

    path: str
    is_taken: bool
    is_last: bool


def states_after(events: Sequence[str]) -> list[S]:
    """The states that events led through, each move once."""
    states: list[S] = []
    for target in (TARGETS.get(event) for event in events):
        if target is not None and (not states or states[-1] is not target):
            states.append(target)
    return states


def boxes(state: str) -> tuple[Box, ...]:
    """Every state; none is here if `state` is one that nobody knows."""
    width, height = NODE
    return tuple(Box(str(at), x - width // 2, y - height // 2, at == state) for at, (x, y) in PLACES.items())


def ways(events: Sequence[str]) -> tuple[Way, ...]:
    """The usual ways and those that these events took, the last on top."""
    states = states_after(events)
    taken = list(pairwise(states))
    last = taken[-1] if taken else None
    drawn = sorted({*USUAL, *taken}, key=lambda way: (way == last, way in taken, way))
    return tuple(Way(_path(*way), way in taken, way == last) for way in drawn)


def _path(source: S, target: S) -> str:
    """A slight bend to the left of the way, so that there and back are two lines."""
    (x1, y1), (x2, y2) = PLACES[source], PLACES[target]
    length = max(((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5, 1.0)
    is_next_door = y1 == y2 and abs(x2 - x1) <= 150
    bend = 0 if is_next_door else _BEND + length / 20
    middle = ((x1 + x2) / 2 + (y2 - y1) / length * bend, (y1 + y2) / 2 - (x2 - x1) / length * bend)
    begin, end = _border((x1, y1), middle, 2), _border((x2, y2), middle, 6)
    return f"M{begin[0]:.1f} {begin[1]:.1f} Q{middle[0]:.1f} {middle[1]:.1f} {end[0]:.1f} {end[1]:.1f}"


def _border(centre: tuple[float, float], towards: tuple[float, float], gap: float) -> tuple[float, float]:
    """Where a line from the middle of a box leaves it, and `gap` further."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    width, height = NODE[0] / 2 + gap, NODE[1] / 2 + gap
    scale = min(width / abs(dx) if dx else 1e9, height / abs(dy) if dy else 1e9)
    return centre[0] + dx * scale, centre[1] + dy * scale
