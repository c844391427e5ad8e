"""The world: operators, workers and a broker in one thread, driven by a list of actions that a seed makes.

What runs is the product: core, the in-memory log, Oversight, RecordPath with Source, Sink, Transaction and Patience. What is
simulated is the broker, the clients, time, and which of them gets to move next. All chance is in the actions, so a list of
them replays exactly and can be made shorter.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import patch

from slackwater.core.commands import Command, Verb
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.evolve import replay
from slackwater.core.job import Job
from slackwater.core.spec_from_sql import plan_of, spec_from_sql
from slackwater.core.states import TRANSITIONAL, JobState
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.memory import MemoryStore
from slackwater.persistence.verify import verify
from slackwater.streams.counts import Counts
from slackwater.streams.engine import Outcome
from slackwater.streams.handover import Handover
from slackwater.streams.oversight import Action as ToDo
from slackwater.streams.oversight import AskGroup, Bury, Employ, Oversight, Running, Say, Tell
from slackwater.streams.positions import Begin
from slackwater.streams.record_path import Parts, RecordPath
from slackwater.streams.supervisor import say

from .broker import Broker, Entry, Key
from .clients import KINDS, Faults, Killed, SimConnection

JOB: Final = "j"
SPEC: Final = spec_from_sql("CREATE STREAM o WITH (topic = 'out') AS SELECT * FROM \"in\"", "job")[1]
PARTITIONS: Final = 3
SESSION_S: Final = 10.0
TRANSACTION_S: Final = 8.0
WORKERS_MAX: Final = 3
LIVENESS_ROUNDS: Final = 600


@dataclass(frozen=True, slots=True)
class Action:
    """One move. `nth` and `kind` plan a fault at the nth call to the broker that it makes."""

    what: str
    worker: int = 0
    amount: float = 0.0
    nth: int = 0
    kind: str = ""

    def __str__(self) -> str:
        fault = f"  ({self.kind} at call {self.nth})" if self.nth else ""
        who = f" w{self.worker}" if self.what in _WORKERS_OWN else ""
        return f"{self.what}{who} {self.amount:g}{fault}"


_WORKERS_OWN: Final = ("round", "read", "act", "own", "work", "kill", "freeze", "thaw", "leave", "join")
_WEIGHTS: Final = {
    "round": 40,
    "own": 30,
    "work": 14,
    "read": 14,
    "act": 14,
    "tick": 14,
    "produce": 10,
    "pause": 4,
    "resume": 5,
    "stop": 1,
    "start": 2,
    "kill": 1,
    "join": 3,
    "freeze": 3,
    "thaw": 4,
    "leave": 1,
    "conclude": 1,
    "lose log": 1,
}


def actions_of(seed: int, steps: int) -> list[Action]:
    """The moves of a seed: a function of nothing else."""
    chance = random.Random(seed)
    found = [Action("join", 0), Action("deploy"), Action("start")]
    for what in chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=steps):
        nth, kind = (chance.randint(1, 12), chance.choice(KINDS)) if chance.random() < 0.06 else (0, "")
        amount = chance.choice((0.05, 0.2, 0.5, 3.0, 11.0)) if what == "tick" else float(chance.randint(1, 5))
        found.append(Action(what, chance.randrange(WORKERS_MAX), amount, nth, kind))
    return found


class Broken(AssertionError):
    """An invariant does not hold."""


class _Store(MemoryStore):
    """A log that may lose a request or an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.lose = ""

    def handle(self, command: Command) -> Any:
        lose, self.lose = self.lose, ""
        if lose == "request":
            raise StoreUnavailable("store_unreachable", "lost")
        result = super().handle(command)
        if lose == "reply":
            raise StoreUnavailable("store_unreachable", "lost")
        return result


class _Handover(Handover):
    """Where the owner would wait for the working thread, that thread gets its turn."""

    work: Any = None

    def drain(self, timeout_s: float, worker: Any) -> None:
        while self._waiting is not None and self._broken is None and self.work is not None:
            self.work()

    def put(self, taken: Any) -> None:
        if self._waiting is not None and self._broken is None:
            self.work()
        super().put(taken)

    def wait_for_end(self, timeout_s: float) -> None:
        """Time passes elsewhere."""

    @property
    def has_work(self) -> bool:
        return self._waiting is not None and self._broken is None


class _Engine:
    """One output for each input, that says where it came from."""

    def __init__(self, plan: Any) -> None:
        pass

    def run(self, batch: Any) -> Outcome:
        rows = [{"key": m.key(), "value": b"%d:%d" % (m.partition(), m.offset())} for m in batch.messages]
        return Outcome({"out": rows}, [], len(rows))


class Path:
    """A record path and what the simulation must know of it."""

    def __init__(self, world: "World", worker: "Worker", job: Job) -> None:
        self.spec_hash, self.renewed = job.spec.hash, job.renewed
        handover = _Handover()
        connection: Any = SimConnection(world.broker, world.faults, worker.names)
        parts: Any = Parts(world.clock, _Engine, lambda: handover)
        self.path = RecordPath(
            JOB,
            plan_of(job.spec),
            connection,
            worker.name,
            begin=Begin(job.cut, job.cut_holds, at_end=False),
            topics=job.topics,
            counts=Counts(),
            on_change=lambda: None,
            parts=parts,
        )
        self.handover = handover
        handover.work = self.work
        self.is_open = self.is_done = False

    def own(self) -> None:
        if not self.is_open:
            self.work()  # nothing is vouched for before the producer is open
        if not self.is_done and (self.path.failure is not None or self.path.step()):
            self.path.leave()
            self.is_done = True

    def work(self) -> None:
        if not self.is_open:
            self.path._transaction.open(lambda: False)
            self.is_open = True
        if self.handover.has_work:
            taken = self.handover.take()
            assert taken is not None
            self.path.work_on(taken)

    @property
    def running(self) -> Running:
        path = self.path
        return Running(self.spec_hash, self.renewed, not self.is_done, path.standing, path.failure)


class Worker:
    """A process: it can die, freeze, and come back as another."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.oversight = Oversight(name)
        self.path: Path | None = None
        self.names: set[str] = set()
        self.frozen = False
        self.letter: tuple[Job, float] | None = None

    def read(self) -> None:
        """Look at the log. What was read may be old when it is acted on."""
        as_of = self.world.clock()
        job = self.world.store.job(JOB)
        self.letter = None if job is None else (job, as_of)

    def act(self) -> None:
        if self.letter is None:
            return
        job, as_of = self.letter
        try:
            for todo in self.oversight.judge(job, self.path.running if self.path else None, as_of):
                self._do(job, todo, as_of)
        except StoreUnavailable:
            pass

    def _do(self, job: Job, todo: ToDo, as_of: float) -> None:
        match todo:
            case Employ():
                self.path = Path(self.world, self, job)
            case Bury() if self.path is not None:
                path, self.path = self.path, None
                if not path.is_done:
                    path.path.leave()
                    path.is_done = True
                for last_word in self.oversight.epitaph(job, path.running, self.world.clock()):
                    self._do(job, last_word, as_of)
            case Tell(want) if self.path is not None:
                self.path.path.want(want, as_of)
            case Say(verb):
                say(self.world.store, self.name, job, verb)
            case AskGroup():
                self.world.conclude(job)
            case _:
                pass


class World:
    """Everything, and what must hold of it after each action."""

    def __init__(self) -> None:
        self.now = 1.0
        self.faults = Faults()
        self.broker = Broker(self.clock, {"in": PARTITIONS, "out": 1, "in.dead_letters": 1}, SESSION_S, TRANSACTION_S)
        self.broker.on_commit, self.broker.on_offsets = self._transaction_committed, self._offsets_moved
        self.store = _Store()
        self.workers: dict[int, Worker] = {}
        self.gone: list[Worker] = []
        self.born = self.produced = self.asked = self.pauses = self.steps = 0
        self.written: Counter[bytes | None] = Counter()
        self.still: tuple[int, dict[Key, int], int] | None = None
        self.trouble: list[str] = []
        self.seen: Counter[str] = Counter()

    def clock(self) -> float:
        return self.now

    # Actions.

    def take(self, action: Action) -> None:
        """One move, then every invariant."""
        self.steps += 1
        self.now += 0.001
        self.faults.plan(action.nth, action.kind)
        worker = self.workers.get(action.worker)
        try:
            self._take(action, worker)
        except Killed:
            self._kill(action.worker)
        self.faults.plan(0, "")
        self.check()

    def _take(self, action: Action, worker: Worker | None) -> None:
        match action.what:
            case "deploy":
                self.ask(Deploy(SPEC))
            case "start":
                self.ask(Start())
            case "pause":
                self.ask(Pause())
            case "resume":
                self.ask(Resume(hold=None))
            case "stop":
                self.ask(Stop())
            case "produce":
                self._produce(int(action.amount))
            case "tick":
                self._pass_time(action.amount)
            case "join":
                if worker is None:
                    self.born += 1
                    self.workers[action.worker] = Worker(self, f"w{self.born}")
            case "conclude":
                job = self.store.job(JOB)
                if job is not None:
                    self.conclude(job)
            case "lose log":
                self.store.lose = "request" if action.amount < 3 else "reply"
            case _:
                if worker is not None and (not worker.frozen or action.what in ("kill", "thaw")):
                    self._move(action.what, action.worker, worker)

    def _move(self, what: str, number: int, worker: Worker) -> None:
        match what:
            case "kill":
                self._kill(number)
            case "freeze":
                worker.frozen = True
            case "thaw":
                worker.frozen = False
            case "leave":
                if worker.path is not None:
                    worker.path.path.leave()
                self._kill(number)
            case "round":
                for what in ("read", "act", "own", "work", "own"):
                    self._move(what, number, worker)
            case "read":
                worker.read()
            case "act":
                worker.act()
            case "own" if worker.path is not None:
                worker.path.own()
            case "work" if worker.path is not None:
                worker.path.work()
            case _:
                pass

    def ask(self, verb: Verb) -> None:
        """An operator's command."""
        self.asked += 1
        at = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.now)
        with self._unreachable():
            self.store.handle(Command(f"op-{self.asked}", JOB, verb, "ana", "api", at))

    def conclude(self, job: Job) -> None:
        """What an Admin or a worker does when it sees the job's group empty."""
        if not self.broker.members and not any(one.offsets for one in self.broker.producing.values()):
            cut = [(*key, offset) for key, offset in sorted(self.broker.committed.items())]
            self.ask(Conclude(job.epoch, tuple(cut)))  # type: ignore[arg-type]

    @contextmanager
    def _unreachable(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable:
            self.seen["log unreachable"] += 1

    def _kill(self, number: int) -> None:
        worker = self.workers.pop(number, None)
        if worker is not None:
            self.gone.append(worker)
            self.seen["killed"] += 1

    def _produce(self, count: int) -> None:
        for _ in range(count):
            self.broker.logs["in", self.produced % PARTITIONS].append(Entry(b"k", b"v"))
            self.produced += 1

    def _pass_time(self, seconds: float) -> None:
        heard = {name for worker in self.workers.values() if not worker.frozen for name in worker.names}
        # In slices, so that whoever is heard is heard all the while.
        for _ in range(max(int(seconds), 1)):
            self.now += seconds / max(int(seconds), 1)
            self.broker.tick(heard.__contains__)

    # Invariants.

    def _offsets_moved(self, offsets: dict[Key, int]) -> None:
        for key, offset in offsets.items():
            before = self.broker.committed.get(key, 0)
            if offset != before:
                self.trouble.append(f"I9: {key} moved from {before} to {offset} without a transaction")

    def _transaction_committed(self, offsets: dict[Key, int], entries: list[Entry]) -> None:
        """I8, I9: what became visible is what lies between the old offsets and the new, each once."""
        due: Counter[bytes | None] = Counter()
        for (_, partition), offset in offsets.items():
            before = self.broker.committed.get(("in", partition), 0)
            if offset < before:
                self.trouble.append(f"I9: in[{partition}] was committed at {before} and went back to {offset}")
            due.update(b"%d:%d" % (partition, n) for n in range(before, offset))
        seen = Counter(entry.value for entry in entries)
        if seen != due:
            self.trouble.append(
                f"I8: skipped {sorted((due - seen).elements())[:3]}, twice {sorted((seen - due).elements())[:3]}"
            )
        self.written += seen
        self.seen["committed"] += 1

    def check(self) -> None:
        """Raises Broken."""
        job = self.store.job(JOB)
        if job is not None and job.state is JobState.PAUSED:
            self._check_stillness(job)
        else:
            self.still = None
        if self.trouble:
            raise Broken("; ".join(self.trouble))

    def _check_stillness(self, job: Job) -> None:
        """I6: the cut is what is committed, and nothing moves until the job is let go."""
        now = (job.epoch, dict(self.broker.committed), sum(self.written.values()))
        if self.still is None or self.still[0] != job.epoch:
            self.pauses += 1
            cut = {(topic, partition): offset for topic, partition, offset in job.cut}
            if cut != self.broker.committed:
                self.trouble.append(f"I6: paused with cut {cut}, committed is {self.broker.committed}")
            self.still = now
            return
        _, before, wrote = self.still
        # A partition that nothing was ever committed for may be told where it will begin; that moves nothing.
        moved = {key: now[1].get(key) for key, offset in before.items() if now[1].get(key) != offset}
        if moved or wrote != now[2]:
            self.trouble.append(f"I6: moved while paused: {moved}, {wrote} to {now[2]} written")
        self.still = now

    def settle_down(self) -> None:
        """Liveness, I10: without faults the job comes to run and to write everything. Then the whole log is verified."""
        for worker in self.workers.values():
            worker.frozen = False
        self.store.lose = ""
        self.take(Action("join", 0))
        for turn in range(LIVENESS_ROUNDS):
            job = self.store.job(JOB)
            if job is None:
                self.take(Action("deploy"))
            elif job.state not in TRANSITIONAL and job.state is not JobState.RUNNING:
                self.take(Action("resume" if job.state is JobState.PAUSED else "start"))
                self.take(Action("resume"))
            elif job.state is JobState.RUNNING and sum(self.written.values()) == self.produced:
                break
            for number in sorted(self.workers):
                for what in ("read", "act", "own", "work", "own"):
                    self.take(Action(what, number))
            self.take(Action("tick", amount=0.2 if turn % 10 else 2.0))
        else:
            job = self.store.job(JOB)
            wrote = f"{sum(self.written.values())} of {self.produced} written"
            raise Broken(f"I10: not settled: {job.state if job else None}, {wrote}")
        if any(count != 1 for count in self.written.values()):
            raise Broken("I8: an output was written twice")
        history = self.store.history(JOB)
        if replay(history) != self.store.job(JOB):
            raise Broken("I4: the job is not what its events say")
        verdict = verify(self.store)
        if not verdict.ok:
            raise Broken(f"I1: {verdict.problems}")


def run(actions: list[Action]) -> World:
    """A world after these actions and after it has settled down. Raises Broken."""
    world = World()
    with patch("slackwater.streams.transaction.time.sleep"):
        for action in actions:
            world.take(action)
        world.settle_down()
    return world


def fails(actions: list[Action]) -> str | None:
    """In what way these actions break an invariant; None if they do not."""
    try:
        run(actions)
    except Broken as broken:
        return str(broken)
    return None


def shortened(actions: list[Action]) -> list[Action]:
    """A list that still fails, from which no further run of actions can be left out (delta debugging, Zeller 1999)."""
    size = max(len(actions) // 2, 1)
    while True:
        at = 0
        while at < len(actions):
            fewer = actions[:at] + actions[at + size :]
            if fails(fewer):
                actions = fewer
            else:
                at += size
        if size == 1:
            return actions
        size = max(size // 2, 1)
