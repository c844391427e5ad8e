"""Whoever puts a command before the log dies, or sleeps, after any of its statements; or never hears of its COMMIT."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.rig.ports import free_port

from slackwater.admin.api import Admin
from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.start import Start
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.spec_from_sql import spec_from_sql
from slackwater.persistence.open import open_store
from slackwater.persistence.steps import APPENDER_STEPS
from slackwater.persistence.store import EventStore
from slackwater.persistence.verify import verify

from .dying import SLEEP_SESSIONS
from .house import house, postgres
from .proxy import COMMIT, Proxy
from .story import LiveReader, Measured, assert_whole, checked_pause, finish, flowing, is_hit, is_stopped, proved_pause, wake

JOB: Final = "orders_big"
SQL: Final = """CREATE STREAM orders (order_id BIGINT, amount DOUBLE) WITH (topic = 'orders');
CREATE STREAM big WITH (topic = 'big') AS SELECT order_id FROM orders WHERE amount > 100;"""
FREE_AGAIN_S: Final = 60.0
"""A sleeper's locks must be free by then: PostgreSQL ends its transaction after 10 s."""


def command_dies(log: str, directory: Path, by: str, steps: Sequence[str] = APPENDER_STEPS) -> Measured:
    """A `slackwater pause` dies or sleeps after each statement. Before COMMIT nothing of it is there, after it all of it;
    asked again with the same id there is exactly one event."""
    store = _running(log)
    refused = 0
    try:
        for step in steps:
            before = store.head().seq
            command = [*_CLI, "pause", JOB, "--hold", step, "--wait", "no", "--command-id", f"{by}-{step}"]
            env = {**os.environ, "SLACKWATER_LOG": log}
            victim = subprocess.Popen(
                command,
                env={**env, "SLACKWATER_DIE_AT": step, "SLACKWATER_DIE_BY": by},
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _wait(lambda victim=victim: is_hit(victim), f"{step}")  # type: ignore[misc]
            grown = int(step == "append_committed")
            assert store.head().seq == before + grown, f"{step}: half an append is visible"
            assert verify(store).ok
            if by == "stop":
                refused += _others_get_through(victim, env, directory, step, is_file=log.startswith("sqlite"))
                wake(victim)
                assert victim.wait(60) == 0, f"{step}: the sleeper did not find out what became of its command"
            else:
                assert victim.wait(60) == -signal.SIGKILL
            again = subprocess.run(command, env=env, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
            assert again.returncode == 0, again.stderr
            assert [one.command_id for one in store.read(before)].count(f"{by}-{step}") == 1
            assert_whole(store)
            assert verify(store).ok
    finally:
        store.close()
    return {"deaths": len(steps)} if by == "kill" else {"sleeps": len(steps), "refused meanwhile": refused}


_CLI: Final = (sys.executable, "-m", "slackwater")


def _running(log: str) -> EventStore:
    """A log with one job that runs; no broker is needed for that."""
    store = open_store(log, create=True)
    _, spec = spec_from_sql(SQL, JOB, version="1", output_topic="big")
    stands = cut_of({("orders", 0): 0})

    def say(id: str, verb: Verb) -> None:
        store.handle(Command(id, JOB, verb, "ana", "api", datetime.now(UTC)))

    say("deploy", Deploy(spec))
    say("start", Start(None))
    job = store.job(JOB)
    assert job is not None
    say("ack", Ack("w-1", job.epoch, Stance.RUNNING, stands, {"orders": 1}))
    return store


def _others_get_through(
    victim: subprocess.Popen[bytes], env: dict[str, str], directory: Path, step: str, *, is_file: bool
) -> int:
    """While one sleeps in the middle of an append others are refused in bounded time with a typed error (exit 7).

    On PostgreSQL one gets through without the sleeper's waking; a file's lock lasts as long as the sleep. Counts refusals.
    """
    until, refused = time.monotonic() + FREE_AGAIN_S, 0
    while True:
        command = [*_CLI, "pause", JOB, "--hold", f"other-{step}", "--wait", "no"]
        other = subprocess.run(command, env=env, cwd=directory, capture_output=True, text=True, timeout=60, check=False)
        if other.returncode == 0:
            return refused
        assert other.returncode == 7, other.stderr
        assert "Traceback" not in other.stderr, other.stderr
        refused += 1
        if is_file:
            return refused
        assert is_stopped(victim)
        assert time.monotonic() < until, f"{step}: nobody gets through while one sleeps"


def acks_die(directory: Path, by: str, log: str | None = None, steps: Sequence[str] = APPENDER_STEPS) -> Measured:
    """A worker dies or sleeps after each statement of its own ack, in a pause under load."""
    with house(directory, log, workers=("w-1",)) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            for n, step in enumerate(steps):
                victim = rig.worker(f"v-{n}", SLACKWATER_DIE_AT=step, SLACKWATER_DIE_BY=by)
                rig.wait_members(2)
                rig.admin.pause_job(rig.job, wait=False)
                rig.wait_for(lambda victim=victim: is_hit(victim), step)  # type: ignore[misc]
                if by == "stop":
                    time.sleep(SLEEP_SESSIONS * rig.session_timeout_s)
                    wake(victim)
                rig.wait_state("PAUSED", "STOPPED", timeout=120)
                if rig.admin.get_job_status(rig.job).state == "PAUSED":
                    proved_pause(rig)
                rig.kill(victim)
                rig.settle()
                rig.wait_members(1)
        return {"acks": len(steps), **finish(rig, reader)}


def commit_reply_lost(directory: Path, count: int = 20) -> Measured:
    """PostgreSQL commits an append, and the link breaks before it can say so: asked again it finds the command there.

    In turns it happens to a worker's ack, whose log is behind the proxy, and to a command, given behind it too.
    """
    front = free_port()
    with postgres(directory) as server, Proxy("postgres", front, server.get_postmaster_info().socket_path) as proxy:
        proxied = f"postgresql://postgres@127.0.0.1:{front}/log?sslmode=disable&gssencmode=disable"
        with house(directory, server.get_uri(database="log"), workers_log=proxied) as (_, rig):
            behind = Admin(open_store(proxied), kafka=rig.connection, actor="eve")
            reader = LiveReader(rig)
            lost: Counter[str] = Counter()
            with flowing(rig, 100, 0.5):
                for n in range(count):
                    proxy.catch(COMMIT, "lose reply")
                    if n % 2:
                        behind.pause_job(rig.job, wait=False)
                    checked_pause(rig)
                    answer = proxy.wait_answer(10)
                    lost[f"{'commands' if n % 2 else 'acks'} {answer}, reply lost"] += 1
                    rig.settle()
                proxy.leave()
            behind.close()
            return {**lost, **finish(rig, reader)}


def _wait(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until, f"waited 60 s for {what}"
        time.sleep(0.02)
