"""A worker dies, or sleeps for three sessions, at a named step, while the job goes through all that may happen to it."""

import contextlib
import time
from collections.abc import Callable
from typing import Final

from tests.rig.workers import Rig

from slackwater.admin.errors import SlackwaterError

from .foreign import fence
from .story import LiveReader, Measured, checked_pause, finish, flowing, is_hit, is_stopped, wake

SLEEP_SESSIONS: Final = 3

AT: Final = {
    "assigned": 1,
    "taken": 3,
    "computed": 3,
    "written": 3,
    "offsets_sent": 3,
    "committed": 3,
    "drained": 1,
    "read_back": 2,
    "vouched": 2,
    "acked": 2,
    "revoked": 1,
    "released": 1,
    "rewinding": 1,
}
"""Which time a step is deadly: a batch in the middle of the load; the word for the pause, not that for the start."""


def die_at(rig: Rig, step: str, by: str) -> Measured:
    """A worker dies (`kill`) or sleeps (`stop`) at a named step; then all is counted. Fails if it does not get there."""
    victim = rig.worker("w-1", SLACKWATER_DIE_AT=f"{step}:{AT[step]}", SLACKWATER_DIE_BY=by)
    rig.worker("w-2")
    rig.wait_for(lambda: rig.ready() == 2 or is_hit(victim), "the workers")
    reader = LiveReader(rig)
    with flowing(rig):
        rig.admin.deploy_job(rig.job, "1", rig.sql)
        moves: list[Callable[[], object]] = [
            lambda: rig.admin.start_job(rig.job, timeout=30),
            lambda: step != "rewinding" or [rig.wait_for_more_output(), fence(rig, "w-1")],
            lambda: checked_pause(rig),
            lambda: rig.admin.resume_job(rig.job, all_holds=True, timeout=20),
            # Two more: the one that has two partitions gives one up, whichever it is.
            lambda: [rig.worker("w-3"), rig.worker("w-4"), _until_four(rig, lambda: is_hit(victim))],
            lambda: rig.admin.stop_job(rig.job, timeout=30),
            lambda: rig.admin.start_job(rig.job, timeout=30),
        ]
        for move in moves:
            if is_hit(victim):
                break
            with contextlib.suppress(SlackwaterError):
                move()
        hit = is_hit(victim)
        _pause(rig)
        if is_stopped(victim):
            time.sleep(SLEEP_SESSIONS * rig.session_timeout_s)
            wake(victim)
            time.sleep(1)
            _pause(rig)
        rig.settle()
    measured = finish(rig, reader)
    assert hit, f"{step} was not reached"
    return measured


def _pause(rig: Rig) -> None:
    """A pause, unless it happened in a stop. One that stands already is watched once more."""
    if rig.admin.get_job_status(rig.job).state not in {"STOPPING", "STOPPED"}:
        checked_pause(rig)


def _until_four(rig: Rig, is_enough: Callable[[], bool]) -> None:
    """Wait for four owners; they may be late on a busy machine, and the story goes on all the same."""
    with contextlib.suppress(AssertionError):
        rig.wait_for(lambda: is_enough() or rig.owners() == 4, "four workers with partitions")
