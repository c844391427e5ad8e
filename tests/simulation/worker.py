"""A worker process: the product's supervisor, job agent, record path and vigil, on strands."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException

from slackwater.core.job import Job
from slackwater.persistence.errors import StoreError
from slackwater.streams.batch import DeadLetter
from slackwater.streams.counts import CountsOfJobs
from slackwater.streams.engine import Outcome
from slackwater.streams.health import Health
from slackwater.streams.supervisor import Supervisor, say
from slackwater.streams.vigil import Vigil

from .broker import INPUT, Broker
from .connection import SimConnection
from .desk import JOB, SimStore
from .faults import Faults
from .ledger import output_of
from .strands import Process, Strand, wait_until
from .wiring import Mailbox, drive

SHUTDOWN_BUSY_S = 5.0
DEAD_EVERY = 7
"""One record in so many cannot be worked on."""
PACES = (0, 1, 4, 50, 50, 50)
"""Points that the working thread gets in a round."""


class SimEngine:
    """One output or dead letter for each input, that says where it came from."""

    def __init__(self, plan: Any) -> None:
        pass

    def close(self) -> None:
        """There is nothing to give back."""

    def run(self, batch: Any) -> Outcome:
        assert Strand.current is not None
        process = Strand.current.process
        takes_s, process.slow_s = process.slow_s, 0.0
        wait_until(lambda: takes_s <= 0, takes_s)
        rows, letters = [], []
        for m in batch.messages:
            value = output_of(m.partition(), m.offset())
            if m.offset() % DEAD_EVERY:
                rows.append({"key": m.key(), "value": value})
            else:
                letters.append(DeadLetter(INPUT, m.partition(), m.offset(), m.key(), value, "not_json", "no JSON"))
        return Outcome({"out": rows} if rows else {}, letters, len(batch.messages))


class Worker(Process):
    """It can die, freeze, leave, and come back as another."""

    def __init__(self, clock: Callable[[], float], name: str, broker: Broker, faults: Faults, store: SimStore) -> None:
        super().__init__(clock)
        self.name = name
        self.mailbox = Mailbox()
        self._store = store
        self._connection: Any = SimConnection(broker, faults, self)
        app: Any = self.mailbox
        self._supervisor = Supervisor(app, store, self._connection, name, CountsOfJobs(), Health(clock))
        self._letter: tuple[Job, float] | None = None
        self._vigil: Vigil | None = None
        self._is_leaving = False

    def read(self) -> None:
        """Look at the log. What was read may be old when it is acted on."""
        as_of, job = self.clock(), self._store.job(JOB)
        self.heard_at = as_of
        self._letter = None if job is None else (job, as_of)

    def look_after(self, points: int, *, up_to: str = "") -> None:
        """Act on what was read, or go on with it. A job that is still looked after is not begun anew."""
        if not self.of("look") and self._letter is not None and not self._is_leaving:
            job, as_of = self._letter
            self._letter = None
            self.spawn("look", lambda: drive(self._supervisor._look_after(job, as_of)))
        self.run("look", points, up_to=up_to)

    def keep_vigil(self, points: int) -> None:
        """One look at the inputs, as the worker that owns the control topic takes it."""
        job = self._store.job(JOB)
        if job is not None and not self.of("vigil"):
            self.spawn("vigil", lambda: self._see(job))
        self.run("vigil", points)

    def _see(self, job: Job) -> None:
        self._vigil = self._vigil or Vigil(self._connection, self.name)
        try:
            for verb in self._vigil.look(job):
                say(self._store, self.name, job, verb)
        except (KafkaException, StoreError):
            pass  # asked again

    def leave(self, points: int) -> bool:
        """SIGTERM, or on with it. True when the process may end."""
        if not self._is_leaving:
            self._is_leaving = True
            self.spawn("leave", self._shut_down)
        self.run("leave", points)
        return not self.of("leave")

    def _shut_down(self) -> None:
        wait_until(lambda: not self.of("look"), SHUTDOWN_BUSY_S)
        drive(self._supervisor.on_stop())

    def everything(self, pace: int) -> None:
        """One round of all its threads; the working one may be slower than the others."""
        self.read()
        self.look_after(50)
        self.run("source", 50, up_to="poll")
        self.run("work", PACES[pace])
        self.run("source", 50, up_to="poll")
        if self._is_leaving:
            self.is_dead = self.is_dead or self.leave(50)
