"""Faults of the event log: its server restarts, hangs or loses backends; its disk is full, fails or is slow."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
from tests.rig.workers import Rig

from slackwater.admin.errors import SlackwaterError
from slackwater.streams.record_path import LEASE_S

from .house import fill, house, postgres, small_disk, tool
from .story import LiveReader, Measured, checked_pause, ended, finish, flowing

KILL_BACKENDS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'log';"
)
PG_DISK_MB, FULL_S = 160, 20.0
EIO: Final = (
    "-e inject=fsync,fdatasync:error=EIO",
    "-e inject=pwrite64:error=EIO",
)
"""What strace does to the system calls on the log's files: the disk takes no barrier; it takes no write."""


def postgres_restarted(directory: Path) -> Measured:
    """The log's PostgreSQL is shut down, fast and at once, and back; its backends are killed; pauses go on through it."""
    with postgres(directory) as server, house(directory, server.get_uri(database="log")) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            ctl = [str(server.bin_path / "pg_ctl"), "-D", str(server.pgdata), "-w"]
            options = (Path(server.pgdata) / "postmaster.opts").read_text().split(" ", 1)[1].strip()
            for mode in ("fast", "immediate"):
                _as_owner(server, [*ctl, "-m", mode, "stop"])
                time.sleep(3)
                _as_owner(server, [*ctl, "-o", options, "-l", str(server.log), "start"])
                rig.wait_for(lambda: checked_pause(rig) is not None, "the log to be back")
                rig.settle()
            rig.admin.pause_job(rig.job, wait=False)
            server.psql(KILL_BACKENDS)
            rig.wait_for(lambda: checked_pause(rig) is not None, "the pause")
            rig.settle()
        return finish(rig, reader)


def _as_owner(server: Any, command: list[str]) -> None:
    user = getattr(server, "system_user", None)
    subprocess.run(command, check=True, user=user, capture_output=True, timeout=60, cwd="/")


@contextlib.contextmanager
def hung(server: Any) -> Iterator[None]:
    """PostgreSQL with all its backends does not answer meanwhile."""
    head = psutil.Process(int((Path(server.pgdata) / "postmaster.pid").read_text().splitlines()[0]))
    processes = [head, *head.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def ended_while_the_log_hangs(directory: Path) -> Measured:
    """SIGTERM of the only worker while the log's PostgreSQL hangs: what was taken is committed, and it ends by itself."""
    with postgres(directory) as server, house(directory, server.get_uri(database="log"), workers=("w-1",)) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            time.sleep(1)
            with hung(server):
                took_s = ended(rig)
            rig.worker("w-2")
            rig.settle()
        return {"SIGTERM to end, s": round(took_s, 1), **finish(rig, reader)}


def log_unreachable_beyond_the_lease(directory: Path) -> Measured:
    """The log's PostgreSQL hangs (SIGSTOP) for longer than the lease: the job holds still, then goes on."""
    with postgres(directory) as server, house(directory, server.get_uri(database="log")) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig, 100, 0.5):
            time.sleep(1)
            with hung(server):
                before = sum(rig.committed().values())
                time.sleep(10)
                assert sum(rig.committed().values()) > before, "within the lease the job goes on"
                time.sleep(LEASE_S)
                still = rig.committed()
                time.sleep(5)
                assert rig.committed() == still, "beyond the lease the job holds still"
            rig.wait_for(lambda: checked_pause(rig) is not None, "the log to be back")
            rig.settle()
        return finish(rig, reader)


def log_disk_full(directory: Path) -> Measured:
    """The disk of a SQLite log is full: commands get a typed error, no event is half there, and it goes on with space."""
    with small_disk(directory / "small", 3) as small, house(directory, f"sqlite:///{small}/log.db") as (_, rig):
        reader = LiveReader(rig)
        rig.produce(2000)
        filler = fill(small)
        refused = 0
        for n in range(30):
            try:
                (rig.admin.pause_job if n % 2 else rig.admin.resume_job)(rig.job, wait=False)
            except SlackwaterError:
                refused += 1
        assert refused, "a full disk refuses commands"
        filler.unlink()
        rig.settle()
        checked_pause(rig)
        return {"commands refused while full": refused, **finish(rig, reader)}


def postgres_disk_full(directory: Path) -> Measured:
    """The disk of the log's PostgreSQL is full: commands get a typed error or are in the log, none is half there; with space
    it goes on."""
    with (
        small_disk(directory / "small", PG_DISK_MB) as small,
        postgres(small) as server,
        house(directory, server.get_uri(database="log")) as (_, rig),
    ):
        reader = LiveReader(rig)
        refused = 0
        with flowing(rig):
            filler = fill(small)
            began = time.monotonic()
            while time.monotonic() - began < FULL_S:
                try:
                    rig.admin.pause_job(rig.job, hold="x" * 900, reason="y" * 900, wait=False)
                    rig.admin.resume_job(rig.job, all_holds=True, wait=False)
                except SlackwaterError:
                    refused += 1
            assert refused, "a full disk refuses commands"
            filler.unlink()
            rig.wait_for(lambda: checked_pause(rig) is not None, "the log to be back")
            rig.settle()
        return {"commands refused while full": refused, **finish(rig, reader)}


def log_disk_fails(directory: Path) -> Measured:
    """Every barrier, then every write, of the log's files ends in EIO for the workers, and for a command of its own.

    The command says so (exit 7), nothing of it is in the log, and asked again it is. A pause meanwhile is not proved.
    """
    strace = tool("strace")
    refused = 0
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        with flowing(rig):
            for n, injection in enumerate(EIO):
                how = [strace, "-f", "-qq", "-o", os.devnull, *_files(directory), *injection.split()]
                refused += _refused(rig, how, f"eio-{n}")
                with attached(rig, how):
                    rig.admin.pause_job(rig.job, wait=False)
                    time.sleep(2 * rig.session_timeout_s)
                    state = rig.admin.get_job_status(rig.job).state
                    assert state == "PAUSING", f"{state}, and no worker could put its word before the log"
                checked_pause(rig)
                rig.settle()
        return {"commands refused": refused, **finish(rig, reader)}


def _refused(rig: Rig, how: list[str], command_id: str) -> bool:
    """A command on the failing disk, and the same once more on a sound one."""
    before = rig.admin.store.head().seq
    command = [sys.executable, "-m", "slackwater", "pause", rig.job, "--wait", "no", "--command-id", command_id]
    first = subprocess.run([*how, *command], env=rig.env, capture_output=True, text=True, timeout=120, check=False)
    assert first.returncode == 7, f"exit {first.returncode}: {first.stdout}{first.stderr}"
    assert "Traceback" not in first.stderr, first.stderr
    assert rig.admin.store.result(command_id) is None, "refused, and it is in the log"
    again = subprocess.run(command, env=rig.env, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 0, again.stderr
    assert [one.command_id for one in rig.admin.store.read(before)].count(command_id) == 1
    rig.settle()
    return True


def log_disk_slow(directory: Path, delay_ms: int = 300) -> Measured:
    """Every barrier of the log's files takes 0.3 s longer: pauses are slower, and proved all the same."""
    strace = tool("strace")
    took = []
    with house(directory) as (_, rig):
        reader = LiveReader(rig)
        inject = f"inject=fsync,fdatasync:delay_enter={delay_ms * 1000}"
        with flowing(rig), attached(rig, [strace, "-f", "-qq", "-o", os.devnull, *_files(directory), "-e", inject]):
            for _ in range(5):
                took.append(checked_pause(rig))
                rig.settle()
        assert None not in took, "a pause was not proved"
        return {"pause, s": round(max(one for one in took if one is not None), 2), **finish(rig, reader)}


def _files(directory: Path) -> list[str]:
    paths = [str(directory / name) for name in ("log.db", "log.db-wal", "log.db-shm")]
    return [word for path in paths for word in ("-P", path)]


@contextlib.contextmanager
def attached(rig: Rig, how: list[str]) -> Iterator[None]:
    """strace holds on to every living worker meanwhile."""
    tracers = [subprocess.Popen([*how, "-p", str(pid)], stderr=subprocess.PIPE) for pid in rig.pids()]
    try:
        time.sleep(0.5)
        assert all(tracer.poll() is None for tracer in tracers), tracers[0].communicate()
        yield
    finally:
        for tracer in tracers:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)
            assert tracer.stderr is not None
            tracer.stderr.close()


LOG_FAULTS = (
    postgres_restarted,
    log_unreachable_beyond_the_lease,
    ended_while_the_log_hangs,
    log_disk_full,
    postgres_disk_full,
    log_disk_fails,
    log_disk_slow,
)
