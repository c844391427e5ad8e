"""A whole house on one machine: the real Kafka, a SQLite log, one worker, its web page, and a steady stream of orders."""

import errno
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from confluent_kafka import Producer

from slackwater.persistence.open import open_store
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.embedded_kafka_errors import EmbeddedKafkaError
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ControlTopics, ensure_topics

from .desk import translated
from .errors import Unavailable

PARTITIONS: Final = 4
STOP_TIMEOUT_S: Final = 40.0
START_TIMEOUT_S: Final = 90.0
"""A worker waits 60 s for log and broker, and says then why it ends."""
LINES_TOLD: Final = 3
PORTS_TRIED: Final = 20
_SAYS_IT_IS_UP: Final = {"worker": "worker ready", "web": "http://"}
LOOPBACK: Final = "127.0.0.1"
_COUNTRIES: Final = ("DE", "AT", "CH", "FR", "NL", "SE", "XX")
_NAMES: Final = ("ana", "ben", "cleo", "dov", "eva", "finn", "gita", "hugo", "ines", "jan")


def end_on_signals() -> None:
    """SIGINT and SIGTERM both end us in order, also where a shell started us in the background with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens on now. Raises Unavailable."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise Unavailable(
        "port_in_use", f"no port from {first} to {first + PORTS_TRIED - 1} is free", hint="end what listens there"
    )


class _Process:
    """One of a house's processes, and what it says."""

    def __init__(self, verb: str, says: Path, command: list[str]) -> None:
        self.verb = verb
        self.says = says
        self._log: IO[bytes] = says.open("ab")
        self._began = self._log.tell()
        self._process = subprocess.Popen(
            [*command, "--parent-pid", str(os.getpid())],
            env={**os.environ, "SLACKWATER_METRICS_HOST": LOOPBACK},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def said(self) -> str:
        """What this run of it said so far."""
        with self.says.open("rb") as log:
            log.seek(self._began)
            return log.read().decode("utf-8", "replace")

    def check(self) -> None:
        """Raises Unavailable with its last words if it has ended though nobody told it to."""
        if self._process.poll() is not None:
            last = " | ".join(self.said().splitlines()[-LINES_TOLD:]) or "it said nothing"
            raise Unavailable(f"{self.verb}_died", f"{self.verb} ended: {last}", hint=f"all it said is in {self.says}")

    def wait_up(self) -> None:
        """Until it says that it is up. Raises Unavailable at once if it ends instead."""
        until = time.monotonic() + START_TIMEOUT_S
        while _SAYS_IT_IS_UP[self.verb] not in self.said():
            self.check()
            if time.monotonic() > until:
                what = f"{self.verb} is not up after {START_TIMEOUT_S:g} s"
                raise Unavailable(f"{self.verb}_died", what, hint=f"what it says is in {self.says}")
            time.sleep(0.1)

    def ask_to_end(self) -> None:
        """Without waiting for it."""
        self._process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Once it has been asked to. Ending twice is fine."""
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


class House:
    """Kept in `directory` between runs. Its processes end with this one, whatever ends it."""

    def __init__(self, directory: Path, *, worker_name: str = "w-1") -> None:
        self.directory = directory
        self.log = f"sqlite:///{directory / 'log.db'}"
        self._worker_name = worker_name
        self._broker = EmbeddedKafka(directory / "kafka")
        self._running: list[_Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    @property
    def kafka(self) -> str:
        """Bootstrap servers of the broker."""
        return self._broker.bootstrap

    @property
    def connection(self) -> KafkaConnection:
        """How to reach the broker."""
        return KafkaConnection(self.kafka)

    def start_broker(self) -> None:
        """Start Kafka and make the topics. Raises Unavailable with what to do."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._broker.start()
        except EmbeddedKafkaError as error:
            raise Unavailable(error.code, str(error.args[0]), hint=error.hint) from error
        except OSError as error:
            hint = "run it in a directory you may write to"
            raise Unavailable("directory_not_writable", f"{self.directory}: {error.strerror}", hint=hint) from error
        wanted = {"orders": PARTITIONS, "big_orders": PARTITIONS, "orders.dead_letters": 1}
        topics = ControlTopics()
        ensure_topics(self.connection, {**topics.all(), **wanted}, topics.settings())

    def open_log(self) -> None:
        """Make the event log, or bring it up to date."""
        with translated():
            open_store(self.log, create=True).close()

    def start_worker(self, metrics_port: int = 0) -> int:
        """Start one worker as a process of its own, and wait until it is ready; what it says goes to `worker.log`.

        Returns the port of its metrics: `metrics_port` or the next free one; 0: none. Raises Unavailable with its last
        words.
        """
        return self._start("worker", metrics_port, "--name", self._worker_name, "--metrics-port")

    def start_web(self, port: int) -> int:
        """The same for the web page, at `port` or the next free one; what it says goes to `web.log`."""
        return self._start("web", port, "--port")

    def _start(self, verb: str, first_port: int, *words: str) -> int:
        """Another house may take a port between our look and our process: then the next one is tried."""
        command = [sys.executable, "-m", "slackwater", "--log", self.log, "--kafka", self.kafka, verb, *words]
        last_port = first_port + PORTS_TRIED
        while True:
            port = free_port(first_port) if first_port else 0
            process = _Process(verb, self.directory / f"{verb}.log", [*command, str(port)])
            self._running.append(process)
            try:
                process.wait_up()
            except Unavailable:
                is_taken = os.strerror(errno.EADDRINUSE) in process.said()
                if not is_taken or not first_port or port >= last_port:
                    raise
                process.end()
                self._running.remove(process)
                first_port = port + 1
            else:
                return port

    def check(self) -> None:
        """Raises Unavailable if one of its processes has ended though nobody told it to."""
        for process in self._running:
            process.check()

    def stop(self) -> None:
        """End what runs (the worker drains first), then the broker. Stopping twice, or before a start, is fine."""
        for process in self._running:
            process.ask_to_end()
        for process in self._running:
            process.end()
        self._broker.stop()


class OrderStream:
    """Produces orders at a steady rate on a thread of its own, and counts them."""

    def __init__(self, connection: KafkaConnection, per_second: int, *, seed: int = 7) -> None:
        self.produced = 0
        self._per_second = per_second
        self._random = random.Random(seed)
        self._first_id = int(time.time() * 1000)
        self._producer = Producer(connection.client(linger_ms=5, enable_idempotence=True))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orders", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Produce no more; every order counted is in Kafka afterwards. Stopping twice is fine."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._producer.flush(30)

    def _run(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(0.02):
            due = int((time.monotonic() - began) * self._per_second)
            while self.produced < due:
                customer, value = self._order()
                self._producer.produce("orders", key=customer, value=value)
                self.produced += 1
            self._producer.poll(0)

    def _order(self) -> tuple[str, bytes]:
        customer = f"{self._random.choice(_NAMES)}{self._random.randrange(500)}"
        order = {
            "order_id": self._first_id + self.produced,
            "customer": customer,
            "amount": round(self._random.lognormvariate(5, 1), 2),
            "country": self._random.choice(_COUNTRIES),
            "ts": int(time.time() * 1000),
        }
        return customer, json.dumps(order).encode()
