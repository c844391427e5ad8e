"""The parts of a record path that a simulation makes differently."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from slackwater.core.sql.plan import JobPlan

from .engine import Engine


@dataclass(frozen=True, slots=True)
class Parts:
    """What a simulation puts in the place of the real thing; nobody else does."""

    clock: Callable[[], float] = time.monotonic
    engine: Callable[[JobPlan], Engine] = Engine


REAL = Parts()
