"""Real workers as processes of their own, a log, and an admin: what an integration test stands on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from slackwater.admin.api import Admin
from slackwater.admin.errors import SlackwaterError
from slackwater.persistence.open import open_store
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.read_topic import read_committed
from slackwater.streams.topics import ControlTopics, ensure_topics

SQL = """-- @name: {job}
CREATE STREAM orders (order_id BIGINT, customer VARCHAR, amount DOUBLE) WITH (topic = '{input}');
CREATE STREAM big WITH (topic = '{output}') AS
SELECT order_id, customer, amount * 2 AS twice FROM orders WHERE amount > 100;
"""


SESSION_TIMEOUT_S = 4.0
"""Shorter than the default, so that a killed worker is missed sooner."""


class Rig:
    """One log, one job on topics of its own, any number of workers. Nothing outlives `close`."""

    def __init__(
        self, bootstrap: str, log: str, directory: Path, *, partitions: int = 4, settings: Mapping[str, str] | None = None
    ) -> None:
        self.bootstrap, self.log, self.directory = bootstrap, log, directory
        self.settings = dict(settings or {})
        self.connection = KafkaConnection(bootstrap, self.settings, SESSION_TIMEOUT_S)
        # Kept: a future of an admin client that was thrown away never ends.
        self.kafka_admin = self.connection.admin()
        mark = uuid.uuid4().hex[:8]
        self.job, self.input, self.output = f"job-{mark}", f"orders-{mark}", f"big-{mark}"
        self.topics = ControlTopics(f"sw-{mark}")
        self.partitions = partitions
        self.produced = 0
        self._seen: dict[int, int] = {}
        self._producer: Producer | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        open_store(log, create=True).close()
        wanted = {self.input: partitions, self.output: partitions, f"{self.input}.dead_letters": 1, f"{self.job}.output": 1}
        ensure_topics(self.connection, {**self.topics.all(), **wanted})
        self.admin = Admin(open_store(log), kafka=self.connection, actor="ana")

    @property
    def sql(self) -> str:
        return SQL.format(job=self.job, input=self.input, output=self.output)

    @property
    def env(self) -> dict[str, str]:
        own = {"SLACKWATER_LOG": self.log, "SLACKWATER_KAFKA": self.bootstrap, "SLACKWATER_PREFIX": self.topics.prefix}
        own |= {"SLACKWATER_SESSION_TIMEOUT_S": str(SESSION_TIMEOUT_S), "SLACKWATER_VIGIL_INTERVAL_S": "2"}
        return {**os.environ, **own, "SLACKWATER_KAFKA_SETTINGS": json.dumps(self.settings)}

    @staticmethod
    def worker_command(name: str) -> list[str]:
        return [sys.executable, "-m", "slackwater", "worker", "--name", name]

    def worker(self, name: str = "w-1", **env: str) -> subprocess.Popen[bytes]:
        """Start a worker; what it says goes to a file named after it. `env` is added to its environment."""
        with (self.directory / f"{name}.log").open("ab") as said:
            process = subprocess.Popen(
                self.worker_command(name),
                env={**self.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self._workers.append(process)
        return process

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """SIGKILL, as a crash."""
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def cli(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user would."""
        return subprocess.run(
            [sys.executable, "-m", "slackwater", *arguments],
            env=self.env, cwd=self.directory, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def deploy_and_start(self) -> None:
        self.admin.deploy_job(self.job, "1", self.sql)
        self.admin.start_job(self.job, timeout=60)

    def produce(self, count: int) -> None:
        """`count` more orders, ids going up; about half of them pass the filter."""
        if self._producer is None:
            # Idempotent: a cut of its own connection must not count against the workers.
            self._producer = self.connection.producer(
                linger_ms=5, compression_type="lz4", queue_buffering_max_messages=1_000_000, enable_idempotence=True
            )
        producer = self._producer
        for _ in range(count):
            n = self.produced
            order = {"order_id": n, "customer": f"c{n % 97}", "amount": (n * 37) % 200 + 0.5}
            producer.produce(self.input, key=str(n % 97), value=json.dumps(order))
            self.produced += 1
            if n % 10_000 == 0:
                producer.poll(0)
        producer.flush(60)

    def send(self, value: bytes | str | dict[str, Any] | None, headers: Any = None, key: str | None = None) -> None:
        """A message on the control topic, as any Kafka client would send it."""
        if isinstance(value, dict):
            value = json.dumps(value)
        producer = Producer(self.connection.client())
        producer.produce(self.topics.control, value=value, key=key, headers=headers or [])
        assert producer.flush(20) == 0

    def read(self, topic: str) -> list[Message]:
        return list(read_committed(self.connection, topic))

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(message.value() or b"{}") for message in self.read(topic)]

    def outputs(self) -> list[int]:
        return sorted(body["order_id"] for body in self.bodies(self.output))

    def new_outputs(self) -> int:
        """How many outputs became visible since the last call."""
        return sum(1 for _ in read_committed(self.connection, self.output, self._seen))

    def expected(self) -> list[int]:
        return [n for n in range(self.produced) if (n * 37) % 200 + 0.5 > 100]

    def committed(self) -> dict[int, int]:
        """Committed offset of each input partition, as Kafka has it. A broker that has just come back is asked again."""
        consumer = Consumer(self.connection.client(group_id=f"slackwater.{self.job}"))
        asked = [TopicPartition(self.input, p) for p in range(self.partitions)]
        until = time.monotonic() + 60
        try:
            while True:
                try:
                    return {tp.partition: tp.offset for tp in consumer.committed(asked, 10)}
                except KafkaException:
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.1)
        finally:
            consumer.close()

    def wait_caught_up(self, timeout: float = 60) -> None:
        self.wait_for(lambda: self._lag() == 0, "the job to catch up", timeout)

    def _lag(self) -> int:
        state = self.admin.kafka_state(self.job)
        return -1 if state is None else state.current_lag

    def wait_state(self, *states: str, timeout: float = 60) -> None:
        self.wait_for(lambda: self.admin.get_job_status(self.job).state in states, f"state {states}", timeout)

    def wait_for(self, predicate: Callable[[], bool], what: str, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not predicate():
            assert time.monotonic() < deadline, f"waited {timeout} s for {what}\n{self.said()}"
            time.sleep(0.05)

    def owners(self) -> int:
        """How many workers own partitions of the job."""
        (found,) = self.kafka_admin.describe_consumer_groups([f"slackwater.{self.job}"]).values()
        return sum(bool(one.assignment and one.assignment.topic_partitions) for one in found.result().members)

    def wait_members(self, count: int) -> None:
        """Until so many workers own partitions of the job."""
        self.wait_for(lambda: self.owners() == count, f"{count} workers with partitions")

    def settle(self, timeout: float = 90) -> None:
        """Bring the job to RUNNING from wherever it is, as an operator would."""
        deadline = time.monotonic() + timeout
        while (state := self.admin.get_job_status(self.job).state) != "RUNNING":
            assert time.monotonic() < deadline, f"{self.job} stays {state}\n{self.said()}"
            with contextlib.suppress(SlackwaterError):
                if state in {"PAUSED", "PAUSING"}:
                    self.admin.resume_job(self.job, all_holds=True, timeout=20)
                elif state in {"STOPPED", "FAILED", "DEPLOYED"}:
                    self.admin.start_job(self.job, timeout=20)
            time.sleep(0.2)

    def wait_for_more_output(self) -> None:
        seen = len(self.outputs())
        self.wait_for(lambda: len(self.outputs()) > seen, "output to grow")

    def said(self) -> str:
        """The last lines of every worker, for a failed test's message."""
        files: Iterable[Path] = sorted(self.directory.glob("*.log"))
        return "\n".join(
            f"--- {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-15:]) for file in files
        )

    def assert_exactly_once(self) -> None:
        """Every expected output is there once, and no other.

        Of a job that runs the offsets may be committed a moment before the outputs are visible: markers are written one by
        one. So a missing output is looked for again; one too many never goes away.
        """
        expected, until = Counter(self.expected()), time.monotonic() + 15
        while True:
            seen = Counter(self.outputs())
            lost, extra = expected - seen, seen - expected
            if extra or not lost or time.monotonic() > until:
                break
            time.sleep(0.2)
        assert (sorted(lost)[:9], sorted(extra)[:9]) == ([], []), f"lost {len(lost)}, too many {len(extra)}\n{self.said()}"

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.terminate()
        for worker in self._workers:
            try:
                worker.wait(40)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.admin.close()
