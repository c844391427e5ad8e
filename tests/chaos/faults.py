"""Faults of workers and of the broker: killed, frozen, out of memory, out of disk, and workers that come and go."""

import contextlib
import os
import random
import re
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

import psutil
from tests.rig.ports import free_port
from tests.rig.workers import Rig

from slackwater.admin.errors import SlackwaterError
from slackwater.streams.consumer_settings import MAX_POLL_INTERVAL_MS
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.topics import ensure_topics

from .house import fill, house, kill, move_in, small_disk, tool
from .story import LiveReader, Measured, checked_pause, finish, flowing

STORM_S: Final = 60.0
GROWN_MB_MAX: Final = 20
"""A worker measures itself all the while; what piles up is hundreds of megabytes."""
HEAVY_BYTES: Final = 75_000_000
"""More than enough: read as JSON, a record of many values takes some thirteen times its size."""


def worker_killed(directory: Path) -> Measured:
    """SIGKILL of one of two workers under load, five times: how long until another commits for the dead one's partitions."""
    took = []
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            for n in range(5):
                victim = rig.worker(f"v-{n}")
                rig.wait_members(3, 1.0)
                before = rig.committed()
                rig.kill(victim)
                began = time.monotonic()
                rig.wait_for(lambda at=before: all(rig.committed()[p] > at[p] for p in at), "every partition to move")  # type: ignore[misc]
                took.append(time.monotonic() - began)
            checked_pause(rig)
            rig.settle()
        measured = {"kill to commit, s": round(max(took), 2), "in sessions": round(max(took) / rig.session_timeout_s, 2)}
        return {**measured, **finish(rig, reader)}


def worker_out_of_memory(directory: Path) -> Measured:
    """One of two workers gets no more memory (RLIMIT_AS at what it has): it fails, or dies, and the other goes on."""
    prlimit = tool("prlimit")
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig, 3000, 0.3):
            time.sleep(1)
            victim = rig.pids()[0]
            subprocess.run([prlimit, "--pid", str(victim), f"--as={psutil.Process(victim).memory_info().vms}:"], check=True)
            time.sleep(3 * rig.session_timeout_s)
            died = victim not in rig.pids()
            checked_pause(rig)
            rig.settle()
            if not died:
                resource.prlimit(victim, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return {"worker died": died, **finish(rig, reader, may_fail=("deadline", "resource_limit"))}


def paused_for_long(directory: Path) -> Measured:
    """Paused for longer than a member may go without a poll, while records pile up: nobody leaves the group, no partition
    moves, and no worker's memory grows."""
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig, 2000, 0.3):
            time.sleep(2)
            checked_pause(rig)
            members, began = rig.assigned(), rig.produced
            before = [psutil.Process(pid).memory_info().rss for pid in rig.pids()]
            time.sleep(MAX_POLL_INTERVAL_MS / 1000 + 20)
            after = [psutil.Process(pid).memory_info().rss for pid in rig.pids()]
            assert rig.assigned() == members, "a member left the group, or the partitions were given out anew"
            assert rig.admin.get_job_status(rig.job).state == "PAUSED"
            grown_mb = max(b - a for a, b in zip(before, after, strict=True)) / 1e6
            assert grown_mb < GROWN_MB_MAX, f"a worker's memory grew by {grown_mb:.0f} MB"
            piled_up = rig.produced - began
            rig.settle()
        return {"records that piled up": piled_up, "memory grown, MB": round(grown_mb, 1), **finish(rig, reader)}


def sql_out_of_memory(directory: Path) -> Measured:
    """The SQL of one record takes more memory than a job may have: its job fails with the place, the other goes on."""
    heavy = "CREATE STREAM h (a BIGINT) WITH (topic = 'heavy');\nCREATE STREAM o WITH (topic = 'light') AS SELECT a FROM h"
    with house(directory, workers=("w-1",)) as (_, rig):
        ensure_topics(rig.connection, {"heavy": 1}, {"heavy": {"max.message.bytes": str(HEAVY_BYTES)}})
        rig.admin.deploy_job("heavy", "1", heavy)
        rig.admin.start_job("heavy", timeout=60)
        reader = LiveReader(rig)
        with flowing(rig):
            producer = rig.connection.producer(message_max_bytes=HEAVY_BYTES, compression_type="lz4")
            for value in (b'{"a": 1}', b'{"a": 2, "more": [' + b"1," * (HEAVY_BYTES // 3) + b"1]}"):
                producer.produce("heavy", value=value)
            assert producer.flush(60) == 0
            rig.wait_for(lambda: rig.admin.get_job_status("heavy").state == "FAILED", "the job to fail")
            failure = rig.admin.get_job_status("heavy").failure or ""
            assert failure.startswith("resource_limit: heavy[0] offset 1: "), failure
            checked_pause(rig)
            rig.settle()
        assert rig.pids(), "the worker died of it"
        return finish(rig, reader)


def rebalance_storm(directory: Path) -> Measured:
    """A third worker joins and leaves every two seconds for a minute, with pauses in between.

    Once it is over the job runs, and pauses, within two sessions.
    """
    pauses = 0
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            until = time.monotonic() + STORM_S
            n = 3
            while time.monotonic() < until:
                guest = rig.worker(f"w-{n}")
                n += 1
                time.sleep(2)
                pauses += checked_pause(rig) is not None
                guest.send_signal(random.choice((signal.SIGTERM, signal.SIGKILL)))
                rig.settle()
            over = time.monotonic()
            rig.settle()
            assert checked_pause(rig) is not None
            calm = (time.monotonic() - over) / rig.session_timeout_s
            assert calm <= 2, f"{calm:.2f} sessions after the storm"
            rig.settle()
        return {"pauses proved": pauses, "calm after, sessions": round(calm, 2), **finish(rig, reader)}


def broker_killed(directory: Path, cycles: int = 2) -> Measured:
    """SIGKILL of the broker under load, each second time while pausing; back on the same port and data."""
    took = []
    with house(directory) as (broker, rig):
        reader = LiveReader(rig)
        for cycle in range(cycles):
            rig.produce(3000)
            if cycle % 2:
                with contextlib.suppress(SlackwaterError):
                    rig.admin.pause_job(rig.job, wait=False)
            kill(broker)
            took.append(_back(broker, rig))
        return {"restart to first commit, s": round(max(took), 2), **finish(rig, reader)}


def _back(broker: EmbeddedKafka, rig: Rig) -> float:
    """Start the broker again and let the job run. Seconds from the answering broker to a commit."""
    broker.start()
    began, before = time.monotonic(), sum(rig.committed().values())
    rig.settle()
    rig.produce(500)
    rig.wait_for(lambda: sum(rig.committed().values()) > before, "a commit")
    return time.monotonic() - began


def broker_stalled(directory: Path) -> Measured:
    """SIGSTOP of the broker for two sessions under load: transactions time out; nothing is paused without proof."""
    with house(directory) as (broker, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            assert broker.pid is not None
            os.kill(broker.pid, signal.SIGSTOP)
            accepted = rig.admin.pause_job(rig.job, wait=False).state
            time.sleep(2 * rig.session_timeout_s)
            assert rig.admin.get_job_status(rig.job).state == accepted == "PAUSING"
            os.kill(broker.pid, signal.SIGCONT)
            checked_pause(rig)
            rig.settle()
        return finish(rig, reader)


def broker_disk_full(directory: Path) -> Measured:
    """The broker's disk is full: it gives up, as Kafka does. With space, and started again, the job goes on."""
    with (
        small_disk(directory / "kafka", 160) as disk,
        EmbeddedKafka(disk, port=free_port(), settings={"log.segment.bytes": "4194304"}) as broker,
    ):
        rig = Rig(broker.bootstrap, f"sqlite:///{directory}/log.db", directory)
        try:
            move_in(rig, ("w-1", "w-2"))
            reader = LiveReader(rig)
            with flowing(rig):
                time.sleep(1)
                filler = fill(disk)
                pid = broker.pid
                assert pid is not None
                rig.wait_for(lambda: not psutil.pid_exists(pid), "the broker to give up", 120)
                with contextlib.suppress(SlackwaterError):
                    rig.admin.pause_job(rig.job, wait=False)
                time.sleep(1)
                filler.unlink()
                took = _back(broker, rig)
                checked_pause(rig)
                rig.settle()
            why = re.search(r"No space left on device|InternalError", broker.log_path.with_suffix(".log.1").read_text())
            return {"restart to first commit, s": round(took, 2), "died of it": why is not None, **finish(rig, reader)}
        finally:
            rig.close()


FAULTS = (
    worker_killed,
    worker_out_of_memory,
    paused_for_long,
    sql_out_of_memory,
    rebalance_storm,
    broker_killed,
    broker_stalled,
    broker_disk_full,
)
