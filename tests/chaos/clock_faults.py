"""Faults of clocks: the wall clock of a worker jumps, by an hour back or a day on. Nothing is decided by it."""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.rig.ports import free_port
from tests.rig.workers import Rig

from slackwater.streams.embedded_kafka import EmbeddedKafka

from .story import LiveReader, Measured, checked_pause, finish, flowing

CLOCK: Final = Path(__file__).with_name("clock")
HOUR_BACK, DAY_ON = -3_600.0, 86_400.0
DEADLINE_S: Final = 6
SESSION_S: Final = 30.0
"""The sleeper must still be a member when the deadline comes: else the others' word proves the pause."""


@contextlib.contextmanager
def own_clocks(directory: Path, **env: str) -> Iterator[Rig]:
    """Two workers that run a job, each with a clock that `_set` sets."""
    with EmbeddedKafka(directory / "kafka", port=free_port()) as broker:
        rig = Rig(broker.bootstrap, f"sqlite:///{directory}/log.db", directory)
        try:
            for name in ("w-1", "w-2"):
                rig.worker(name, PYTHONPATH=str(CLOCK), CLOCK_OFF_BY=str(directory / f"{name}.clock"), **env)
            rig.wait_ready(2)
            rig.deploy_and_start()
            rig.wait_members(2)
            yield rig
        finally:
            rig.close()


def clocks_jump(directory: Path) -> Measured:
    """Of two workers' clocks one jumps back and one on, in turn, under load: each pause is proved, and no hold ends."""
    with own_clocks(directory) as rig:
        reader = LiveReader(rig)
        with flowing(rig):
            for jump in (HOUR_BACK, DAY_ON, 0.0):
                _set(rig, "w-1", jump)
                _set(rig, "w-2", -jump)
                checked_pause(rig)
                rig.settle()
        assert not rig.unproved, rig.unproved
        return finish(rig, reader, may_fail=())


def deadline_under_a_clock_that_jumps(directory: Path) -> Measured:
    """A pause that cannot be proved, while the clock of whoever watches its deadline is wrong by an hour or a day: it ends
    when its time is up, neither early nor never."""
    took = []
    with own_clocks(directory, SLACKWATER_SESSION_TIMEOUT_S=str(SESSION_S)) as rig:
        reader = LiveReader(rig)
        rig.produce(2000)
        sleeper = rig.processes[1]
        for jump in (DAY_ON, HOUR_BACK):
            rig.wait_members(2, 1.0)
            sleeper.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            rig.admin.pause_job(rig.job, deadline_s=DEADLINE_S, wait=False)
            _set(rig, "w-1", jump)
            rig.wait_state("STOPPING", "STOPPED", timeout=DEADLINE_S + 30)
            took.append(time.monotonic() - began)
            sleeper.send_signal(signal.SIGCONT)
            rig.settle()
        assert min(took) >= DEADLINE_S, f"too early: {took}"
        assert max(took) < DEADLINE_S + 4, f"too late: {took}"
        return {"deadline of 6 s after, s": round(max(took), 1), **finish(rig, reader)}


def _set(rig: Rig, worker: str, off_by_s: float) -> None:
    (rig.directory / f"{worker}.clock").write_text(str(off_by_s))


CLOCK_FAULTS = (clocks_jump, deadline_under_a_clock_that_jumps)
