"""Watchdog: a worker whose loop stands still."""

import subprocess
import sys

import pytest

from slackwater.streams import watchdog

STUCK = """
import threading
from slackwater.streams.health import LOOP_STUCK_S, Health
from slackwater.streams.watchdog import keep_watch

at = [0.0]
health = Health(clock=lambda: at[0])
health.turned()
keep_watch(health, check_s=0.01)
at[0] = LOOP_STUCK_S + 1
threading.Event().wait(20)
"""


def test_a_loop_that_stands_still() -> None:
    """The process ends and says why, whatever its other threads do."""
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "stood still" in done.stdout + done.stderr


class Looks:
    """Health, as found at each look."""

    def __init__(self, *found: bool) -> None:
        self.left = list(found)

    @property
    def is_alive(self) -> bool:
        return self.left.pop(0)


def test_a_loop_that_was_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that turns again is left alone; it takes several looks in a row to end a process."""
    ends: list[int] = []
    monkeypatch.setattr(watchdog.os, "_exit", ends.append)
    monkeypatch.setattr(watchdog.logging, "shutdown", lambda: None)
    looks = Looks(True, False, False, True, *[False] * watchdog.CHECKS)
    watchdog._watch(looks, 0.0)  # type: ignore[arg-type]
    assert (looks.left, ends) == ([], [1])
