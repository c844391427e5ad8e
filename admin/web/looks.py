"""How a state looks: a word, a colour and a shape, so that none of the three alone must be seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from slackwater.core.states import JobState as S


@dataclass(frozen=True, slots=True)
class Look:
    """`name` is both the CSS class and the id of the shape; `means` is for whoever asks."""

    name: str
    means: str


LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        S.DEPLOYED: Look("deployed", "it exists; nothing runs yet"),
        S.STARTING: Look("starting", "workers are joining; not every partition is taken"),
        S.RUNNING: Look("running", "every partition is taken, records flow"),
        S.PAUSING: Look("pausing", "workers finish what they took; not every partition is still"),
        S.PAUSED: Look("paused", "proved still: all work committed, nothing taken"),
        S.RESUMING: Look("resuming", "the last hold went; not every partition flows again"),
        S.STOPPING: Look("stopping", "workers finish, commit and give up their partitions"),
        S.STOPPED: Look("stopped", "released; the next start continues at the cut"),
        S.FAILED: Look("failed", "it cannot go on; the failure says why"),
    }
)
UNKNOWN: Final = Look("unknown", "a newer Slackwater wrote this; here it is only shown")


def look_of(state: str) -> Look:
    """A state nobody here knows is shown as the word it is."""
    return LOOKS.get(state, UNKNOWN)
