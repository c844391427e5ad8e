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
from typing import Any, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

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
PATIENCE_S = 60.0
"""How long a broker that does not answer is asked again: it may have only just come back."""
T = TypeVar("T")


class Rig:
    """One log, one job on topics of its own, any number of workers. Nothing outlives `close`.

    Workers reach the broker at `workers_bootstrap` and the log at `workers_log` if these are given: what is done to their
    connections leaves ours alone.
    """

    def __init__(
        self,
        bootstrap: str,
        log: str,
        directory: Path,
        *,
        partitions: int = 4,
        settings: Mapping[str, str] | None = None,
        session_timeout_s: float = SESSION_TIMEOUT_S,
        workers_bootstrap: str | None = None,
        workers_log: str | None = None,
    ) -> None:
        self.bootstrap, self.log, self.directory = bootstrap, log, directory
        self.settings = dict(settings or {})
        self.session_timeout_s = session_timeout_s
        self._workers_bootstrap, self.workers_log = workers_bootstrap or bootstrap, workers_log or log
        mark = uuid.uuid4().hex[:8]
        self.topics = ControlTopics(f"sw-{mark}")
        self.connection = KafkaConnection(bootstrap, self.settings, session_timeout_s, self.topics.prefix)
        # Kept: a future of an admin client that was thrown away never ends.
        self.kafka_admin = self.connection.admin()
        self.job, self.input, self.output = f"job-{mark}", f"orders-{mark}", f"big-{mark}"
        self.partitions = partitions
        self.produced = 0
        self.unproved: Counter[str] = Counter()
        self._producer: Producer | None = None
        self._asker: Consumer | None = None
        self.processes: list[subprocess.Popen[bytes]] = []
        open_store(log, create=True).close()
        wanted = {self.input: partitions, self.output: partitions, f"{self.input}.dead_letters": 1, f"{self.job}.output": 1}
        ensure_topics(self.connection, {**self.topics.all(), **wanted}, self.topics.settings())
        self.admin = Admin(open_store(log), kafka=self.connection, actor="ana")

    @property
    def group(self) -> str:
        """The job's consumer group."""
        return self.connection.group_of(self.job)

    @property
    def sql(self) -> str:
        return SQL.format(job=self.job, input=self.input, output=self.output)

    @property
    def env(self) -> dict[str, str]:
        own = {
            "SLACKWATER_LOG": self.workers_log,
            "SLACKWATER_KAFKA": self._workers_bootstrap,
            "SLACKWATER_PREFIX": self.topics.prefix,
        }
        own |= {"SLACKWATER_SESSION_TIMEOUT_S": str(self.session_timeout_s), "SLACKWATER_VIGIL_INTERVAL_S": "2"}
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
        self.processes.append(process)
        return process

    def pids(self) -> list[int]:
        """Of the workers that live."""
        return [worker.pid for worker in self.processes if worker.poll() is None]

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
            order = {"order_id": n, "customer": f"c{n % 97}", "amount": self.amount(n)}
            producer.produce(self.input, key=str(n % 97), value=json.dumps(order))
            self.produced += 1
            if n % 10_000 == 0:
                producer.poll(0)
        producer.flush(60)

    def forget_broker(self) -> None:
        """What stands behind the address is another cluster now: our clients begin anew, and so do the orders."""
        self._producer, self.produced = None, 0
        if self._asker is not None:
            self._asker.close()
            self._asker = None

    def send(self, *values: bytes | str | dict[str, Any] | None, headers: Any = None, key: str | None = None) -> None:
        """Messages on the control topic, in this order, as any Kafka client would send them."""
        producer = Producer(self.connection.client())
        for value in values:
            body = json.dumps(value) if isinstance(value, dict) else value
            producer.produce(self.topics.control, value=body, key=key, headers=headers or [])
        assert producer.flush(20) == 0

    @staticmethod
    def patiently(ask: Callable[[], T]) -> T:
        """Ask the broker, and again while it does not answer."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return ask()
            except KafkaException:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def read(self, topic: str, positions: Mapping[int, int] | None = None) -> list[Message]:
        """Every committed record, in partition order; of each partition only those from its position on."""
        return self.patiently(lambda: list(read_committed(self.connection, topic, dict(positions or {}))))

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(message.value() or b"{}") for message in self.read(topic)]

    def outputs(self) -> list[int]:
        return sorted(body["order_id"] for body in self.bodies(self.output))

    def ends(self) -> dict[int, int]:
        """Up to where each output partition is visible to `read_committed`: what becomes visible later lies behind."""

        def ask() -> dict[int, int]:
            # It would ask in the name of the leader's old epoch for ever after the broker's restart.
            self.kafka_admin.list_topics(self.output, 10)
            asked = {TopicPartition(self.output, p): OffsetSpec.latest() for p in range(self.partitions)}  # type: ignore[no-untyped-call]
            found = self.kafka_admin.list_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=10)
            return {tp.partition: future.result().offset for tp, future in found.items()}

        return self.patiently(ask)

    @staticmethod
    def amount(order_id: int) -> float:
        """What an order is worth."""
        return (order_id * 37) % 200 + 0.5

    def expected(self) -> list[int]:
        """The ids whose outputs an unpaused run writes."""
        return [n for n in range(self.produced) if self.amount(n) > 100]

    def committed(self) -> dict[int, int]:
        """Stable committed offset of each input partition, as Kafka has it."""

        def ask() -> dict[int, int]:
            if self._asker is None:
                self._asker = Consumer(self.connection.client(group_id=self.group))
            try:
                found = self._asker.committed([TopicPartition(self.input, p) for p in range(self.partitions)], 10)
            except KafkaException:
                self._asker.close()
                self._asker = None
                raise
            return {tp.partition: tp.offset for tp in found}

        return self.patiently(ask)

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
        return sum(bool(one.assignment and one.assignment.topic_partitions) for one in self._members())

    def members(self) -> int:
        """How many workers the group counts, with partitions or without."""
        return len(self._members())

    def assigned(self) -> dict[str, list[int]]:
        """Each member of the group, by the id that Kafka gave it, with its partitions."""
        owned = {one.member_id: one.assignment for one in self._members()}
        return {id: sorted(tp.partition for tp in found.topic_partitions) if found else [] for id, found in owned.items()}

    def _members(self) -> Any:
        def ask() -> Any:
            (found,) = self.kafka_admin.describe_consumer_groups([self.group], request_timeout=10).values()
            return found.result().members

        return self.patiently(ask)

    def wait_members(self, count: int, stable_s: float = 0.0) -> None:
        """Until so many workers own partitions of the job, and have done so for `stable_s` seconds."""
        since = [time.monotonic()]

        def is_stable() -> bool:
            if self.owners() != count:
                since[0] = time.monotonic()
                return False
            return time.monotonic() - since[0] >= stable_s

        self.wait_for(is_stable, f"{count} workers with partitions")

    def heard(self, worker: str, words: str) -> int:
        """How many times a worker said so; `*` stands for any."""
        return sum(file.read_text(errors="replace").count(words) for file in self.directory.glob(f"{worker}.log"))

    def ready(self) -> int:
        """How many times a worker said that it is ready, of all those ever started."""
        return self.heard("*", "worker ready")

    def wait_ready(self, count: int, timeout: float = 60) -> None:
        """Until workers have said so many times that they are ready."""
        self.wait_for(lambda: self.ready() >= count, f"{count} workers to be ready", timeout)

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

    def said(self, lines: int = 15) -> str:
        """The last lines of every worker."""
        files: Iterable[Path] = sorted(self.directory.glob("*.log"))
        return "\n".join(
            f"--- {file.name}\n" + "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) for file in files
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
        for worker in self.processes:
            if worker.poll() is None:
                worker.terminate()
                worker.send_signal(signal.SIGCONT)
        for worker in self.processes:
            try:
                worker.wait(40)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        if self._asker is not None:
            self._asker.close()
        self.admin.close()
