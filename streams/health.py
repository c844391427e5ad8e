"""Health of a worker, as probes ask for it. Alive: its loop turns. Ready: it could read the log within the lease."""

import time
from collections.abc import Callable
from typing import Final

LOOP_STUCK_S: Final = 60.0
"""The worker's loop turns once a second, whoever waits for the log or the broker; at its end it has 40 s."""
LOG_OLD_S: Final = 30.0
"""As long as a word from the log holds: after that the worker's jobs hold still by themselves."""


class Health:
    """Told by the supervisor, asked by anyone. `clock` is monotonic seconds. A worker that has yet to begin is alive."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned_at: float | None = None
        self._read_at: float | None = None

    def turned(self) -> None:
        """The loop turns."""
        self._turned_at = self._clock()

    def read(self) -> None:
        """The log was read."""
        self._read_at = self._clock()

    @property
    def is_alive(self) -> bool:
        """False means that only a restart helps."""
        return self._turned_at is None or self._clock() - self._turned_at <= LOOP_STUCK_S

    @property
    def is_ready(self) -> bool:
        """False while the worker waits for log or broker, or has lost the log."""
        return self.is_alive and self._read_at is not None and self._clock() - self._read_at <= LOG_OLD_S

    def told(self) -> dict[str, object]:
        """For people: seconds since each happened, None if it never did."""
        now = self._clock()
        ago = {"loop_turned_s_ago": self._turned_at, "log_read_s_ago": self._read_at}
        return {name: None if at is None else round(now - at, 1) for name, at in ago.items()}
