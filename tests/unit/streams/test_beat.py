"""The beat of a worker's loop, by which others tell that it lives."""

import asyncio
import threading
from typing import Any

import pytest

from slackwater.core.job import Job
from slackwater.core.policy.policy import NO_POLICY, Policy
from slackwater.streams import supervisor
from slackwater.streams.counts import CountsOfJobs
from slackwater.streams.health import Health
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.supervisor import Supervisor


class Hung:
    """A log that does not answer until it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def policy(self) -> Policy:
        self.go_on.wait(10)
        return NO_POLICY

    def jobs(self, *, checked: bool) -> tuple[Job, ...]:
        return ()

    def wait(self, seq: int, timeout_s: float) -> int:
        self.go_on.wait(0.01)
        return seq


class Beats(Health):
    """Counts them."""

    count = 0

    def turned(self) -> None:
        self.count += 1


async def test_a_log_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop goes on turning, and says so: a watchdog must not end a worker for the log's sake."""
    monkeypatch.setattr(supervisor, "POLL_INTERVAL_S", 0.01)
    log, beats, app = Hung(), Beats(), Any
    looks_after = Supervisor(app, log, KafkaConnection("127.0.0.1:1"), "w-1", CountsOfJobs(), beats)  # type: ignore[arg-type]
    await looks_after.start()
    try:
        async with asyncio.timeout(10):
            while beats.count < 5:
                await asyncio.sleep(0.01)
    finally:
        log.go_on.set()
        await looks_after.stop()
