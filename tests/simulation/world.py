"""The world: operators, workers and a broker in one thread of time, driven by a list of moves that a seed makes.

What runs is the product: core, the in-memory log, supervisor, Oversight, job agent, record path, vigil and `job_group`. What
is simulated is the broker, the clients, the edge to Faust, time, and which thread of which process gets to go on.
"""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

from slackwater.core.states import TRANSITIONAL, JobState
from slackwater.persistence.verify import verify
from slackwater.streams.proof import DRAIN_TIMEOUT_S
from slackwater.streams.record_path import LEASE_S

from .broker import INPUT, Broker
from .connection import SimConnection
from .desk import JOB, Operators, SimStore
from .faults import Faults
from .ledger import Ledger
from .log_rules import LogRules
from .moves import Move
from .worker import SimEngine, Worker

PARTITIONS: Final = 3
PARTITIONS_MAX: Final = 5
SESSION_S: Final = 10.0
TRANSACTION_S: Final = 8.0
LIVENESS_ROUNDS: Final = 400
DEAF_S_MAX: Final = LEASE_S + DRAIN_TIMEOUT_S + 30.0
"""The lease, and what a turn of the owner that began within it may still take: a drain, and some calls that time out."""


class Broken(AssertionError):
    """An invariant does not hold. `moves` is how many were made by then."""

    def __init__(self, what: str, moves: int) -> None:
        super().__init__(what)
        self.moves = moves


class World:
    """Everything, and what must hold of it. `end` before it is thrown away."""

    def __init__(self) -> None:
        self.now = 1.0
        self.wall_offset_s = 0.0
        self.steps = self.born = self.produced = 0
        self.trouble: list[str] = []
        self.seen: Counter[str] = Counter()
        self.faults = Faults()
        topics = {INPUT: PARTITIONS, "out": 2, f"{INPUT}.dead_letters": 1}
        self.broker = Broker(self.clock, topics, SESSION_S, TRANSACTION_S)
        self.ledger = Ledger(self.broker, self.trouble)
        self.rules = LogRules(self.clock, self.trouble, self.ledger)
        self.store = SimStore(self.faults, self.rules)
        self.operators = Operators(self.clock, self.wall, self.store)
        self.workers: dict[int, Worker] = {}
        self.engine = SimEngine

    def clock(self) -> float:
        """Monotonic seconds."""
        return self.now

    def wall(self) -> datetime:
        """What people call the time; it jumps."""
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.now + self.wall_offset_s)

    def unexpected(self, error: BaseException | None) -> None:
        """The product met something that it calls a bug of its own."""
        error = error or sys.exc_info()[1]
        self.trouble.append(f"bug: {type(error).__name__}: {error}")

    # Moves.

    def take(self, move: Move) -> None:
        """One move. Raises Broken."""
        self.steps += 1
        self.now += 0.001
        self._take(move)
        self._bury()
        self.rules.compare(self.store.job(JOB))
        for worker in self.workers.values():
            if worker.deaf_s > DEAF_S_MAX:
                self.trouble.append(
                    f"lease: {worker.name} took records {worker.deaf_s:.0f} s after its last word from the log"
                )
        if self.trouble:
            raise Broken("; ".join(dict.fromkeys(self.trouble)), self.steps)

    def _take(self, move: Move) -> None:
        n = int(move.amount)
        match move.what:
            case "deploy" | "start" | "pause" | "resume" | "stop":
                self.operators.wish(move.what, n)
            case "ask group":
                self.operators.conclude(SimConnection(self.broker, self.faults, self.operators))
                self.operators.run("admin", n)
            case "admin":
                self.operators.run("admin", n)
            case "fault":
                self.faults.planned[move.call] = move.kind
            case "repeat":
                self.store.repeat(n, self.wall())
            case "deliver":
                self.faults.arrive(n)
            case "produce":
                self.broker.produce(n, self.produced)
                self.produced += n
            case "tick":
                self._pass_time(move.amount)
            case "wall":
                self.wall_offset_s += move.amount
            case "lag":
                self.broker.transactions.lags = n > 0
            case "mark":
                self.broker.transactions.mark(n or None)
            case "grow":
                self.broker.grow(PARTITIONS_MAX)
            case "retain":
                self._retain(n)
            case "expire":
                self._expire()
            case "everyone":
                for worker in self.workers.values():
                    if worker.is_heard:
                        worker.everything(n)
            case "join":
                if move.worker not in self.workers:
                    self.born += 1
                    self.workers[move.worker] = Worker(self.clock, f"w{self.born}", self.broker, self.faults, self.store)
            case _:
                worker = self.workers.get(move.worker)
                if worker is not None and (not worker.is_frozen or move.what in {"kill", "thaw"}):
                    self._move(move, n, worker)

    def _move(self, move: Move, n: int, worker: Worker) -> None:
        match move.what:
            case "kill":
                worker.is_dead = True
            case "freeze":
                worker.is_frozen = True
            case "thaw":
                worker.is_frozen = False
            case "leave":
                worker.is_dead = worker.is_dead or worker.leave(n)
            case "lose mail":
                worker.mailbox.loses_next = True
            case "slow":
                worker.slow_s = 45.0
            case "round":
                worker.everything(n)
            case "read":
                worker.read()
            case "look":
                worker.look_after(n, up_to=move.call)
            case "vigil":
                worker.keep_vigil(n)
            case "own":
                worker.run("source", n, up_to=move.call)
            case "work":
                worker.run("work", n, up_to=move.call)
            case what:
                raise ValueError(what)

    def _bury(self) -> None:
        """Who died is gone; a thread that ended by something it should not have ended by is a bug."""
        for process in [*self.workers.values(), self.operators]:
            for strand in process.strands:
                if strand.error is not None:
                    self.unexpected(strand.error)
            if process.is_dead:
                process.end()
        self.seen["killed"] += sum(worker.is_dead for worker in self.workers.values())
        self.workers = {number: worker for number, worker in self.workers.items() if not worker.is_dead}
        self.operators.is_dead = False

    def _expire(self) -> None:
        """Of a group that nobody is in."""
        expired = self.broker.expire_offsets()
        self.seen["offsets expired"] += expired
        job = self.store.job(JOB)
        if expired:
            self.ledger.forget({(topic, p) for topic, p, _ in (*job.cut, *job.taken)} if job else set())

    def _retain(self, n: int) -> None:
        keys = self.broker.partitions(INPUT)
        key = keys[n % len(keys)]
        self.broker.delete_before(key, self.broker.logs[key].first + 3 * n)

    def _pass_time(self, seconds: float) -> None:
        # In slices, so that whoever is heard is heard all the while.
        for _ in range(max(int(seconds), 1)):
            self.now += seconds / max(int(seconds), 1)
            self.broker.tick()

    # The end.

    def settle_down(self) -> None:
        """Liveness, I10: without faults the job comes to run and to write everything. Then the log is read again, I11."""
        self.faults.planned.clear()
        self.broker.transactions.lags = False
        self.broker.transactions.mark()
        while self.faults.on_their_way:
            self.faults.arrive(0)
        for worker in self.workers.values():
            worker.is_frozen, worker.slow_s = False, 0.0
        for turn in range(LIVENESS_ROUNDS):
            if self._is_settled():
                break
            self.take(Move("join"))
            for number in sorted(self.workers):
                self.take(Move("round", number, 5))
            self.take(Move("tick", amount=0.2 if turn % 10 else 2.0))
        else:
            job = self.store.job(JOB)
            raise Broken(f"I10: not settled: {job.state if job else None}, {self.ledger.count(self.produced)}", self.steps)
        self.rules.read_again(list(self.store.read(0, 1_000_000)))
        verdict = verify(self.store)
        if not verdict.ok:
            self.trouble.append(f"I1: {verdict.problems}")
        if self.trouble:
            raise Broken("; ".join(self.trouble), self.steps)

    def _is_settled(self) -> bool:
        """Ask for what is still wanted; True when the job runs and everything is written."""
        job = self.store.job(JOB)
        if job is None:
            self.take(Move("deploy"))
        elif job.state is JobState.RUNNING:
            return self.ledger.is_complete(self.produced)
        elif job.state not in TRANSITIONAL:
            self.take(Move("resume" if job.state is JobState.PAUSED else "start", amount=4))
            self.take(Move("resume", amount=4))
        return False

    def end(self) -> None:
        """Let every thread go."""
        for process in [*self.workers.values(), self.operators]:
            process.end()
