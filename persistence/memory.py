"""The event log in memory: for tests and simulation. It earns its place by passing the conformance suite."""

import threading
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from slackwater.core.commands import Command
from slackwater.core.decisions import Refused
from slackwater.core.evolve import evolve_recorded
from slackwater.core.job import Job
from slackwater.core.life import PAUSES_MAX, Life, life_of
from slackwater.core.observation import Observation, forgotten
from slackwater.core.policy.policy import NO_POLICY, POLICY_ID, Policy
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.result import Result
from slackwater.core.settle import command_hash, recordable, refusal, settle

from .errors import AuditQueryError, no_such_event
from .rows import recorded_of
from .store import AUDIT_TIMEOUT_S, CommandCount, Head, Listing, Origin, Past, Table


class MemoryStore:
    """EventStore in one process, gone with it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Recorded] = []
        self._jobs: dict[str, Job] = {}
        self._policy = NO_POLICY
        self._commands: dict[str, tuple[bytes, Command, Result]] = {}
        self._observations: dict[tuple[str, str], Observation] = {}

    def handle(self, command: Command) -> Result:
        """See EventStore."""
        command = recordable(command)
        with self._changed:
            known = self._commands.get(command.id)
            job = self._jobs.get(command.job_id)
            if known is not None and known[0] == command_hash(command):
                return known[2].again()
            if known is not None:
                message = f"the command id {command.id} was used for another command"
                return refusal(command, job, Refused("command_id_reused", message, "take a new id"))
            settled = settle(job, command, self._policy)
            for step in settled.steps:
                head = self._head()
                self._events.append(recorded_of(step, command, head.seq + 1, head.hash))
                if isinstance(step.after, Policy):
                    self._policy = step.after
                else:
                    self._jobs[command.job_id] = step.after
            result = replace(settled.result, seq=len(self._events) if settled.steps else None)
            self._commands[command.id] = (command_hash(command), command, result)
            self._changed.notify_all()
            return result

    def job(self, job_id: str) -> Job | None:
        """See EventStore."""
        with self._changed:
            return self._jobs.get(job_id)

    def jobs(self, *, checked: bool = False) -> tuple[Job, ...]:
        """See EventStore. Here a job is nothing but the fold of its events."""
        with self._changed:
            return tuple(job for _, job in sorted(self._jobs.items()))

    def listing(self) -> Listing:
        """See EventStore."""
        return Listing(self.jobs(), ())

    def policy(self) -> Policy:
        """See EventStore."""
        with self._changed:
            return self._policy

    def read(self, after_seq: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """See EventStore."""
        with self._changed:
            return self._events[after_seq : after_seq + limit]

    def scan(self, after: int = 0, limit: int | None = 1000, job_id: str | None = None) -> Sequence[Recorded]:
        """See EventStore."""
        if job_id is not None:
            return self.history(job_id, after, limit)
        with self._changed:
            return self._events[after:][:limit]

    def history(self, job_id: str, after_version: int = 0, limit: int | None = None) -> Sequence[Recorded]:
        """See EventStore."""
        with self._changed:
            return [r for r in self._events if r.job_id == job_id and r.version > after_version][:limit]

    def life(self, job_id: str, until: int, most: int = PAUSES_MAX) -> Life:
        """See EventStore."""
        return life_of((r for r in self.history(job_id) if r.version <= until), most)

    def as_of(self, moment: int | datetime, job_ids: Collection[str] | None = None) -> Past:
        """See EventStore."""
        with self._changed:
            known = self._events
        seq = moment if isinstance(moment, int) else max((r.seq for r in known if r.at <= moment), default=0)
        if not 0 <= seq <= len(known):
            raise no_such_event(seq, len(known))
        jobs: dict[str, Job] = {}
        for recorded in known[:seq]:
            if recorded.job_id != POLICY_ID and (job_ids is None or recorded.job_id in job_ids):
                jobs[recorded.job_id] = evolve_recorded(jobs.get(recorded.job_id), recorded)
        at = known[seq - 1].at if seq else None
        return Past(seq, at, tuple(job for _, job in sorted(jobs.items())), {})

    def remember(self) -> None:
        """Nothing: what is gone with the process is folded as it stands."""

    def snapshot(self, after_seq: int) -> None:
        """See EventStore. There are none."""

    def result(self, command_id: str) -> Result | None:
        """See EventStore."""
        with self._changed:
            known = self._commands.get(command_id)
            return known[2] if known else None

    def origin(self, command_id: str) -> Origin | None:
        """See EventStore."""
        with self._changed:
            known = self._commands.get(command_id)
        if known is None:
            return None
        command = known[1]
        return Origin(command.channel, command.reply_to, command.position)

    def head(self) -> Head:
        """See EventStore."""
        with self._changed:
            return self._head()

    def _head(self) -> Head:
        return Head(len(self._events), self._events[-1].hash if self._events else GENESIS)

    def wait(self, after_seq: int, timeout_s: float) -> int:
        """See EventStore."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._events) > after_seq, timeout_s)
            return len(self._events)

    def query(self, sql: str, parameters: dict[str, Any] | None = None, timeout_s: float = AUDIT_TIMEOUT_S) -> Table:
        """Refused: there is no SQL in here."""
        raise AuditQueryError("not_a_database", "the in-memory log cannot be asked by SQL", "use SQLite or PostgreSQL")

    def command_counts(self) -> Sequence[CommandCount]:
        """See EventStore."""
        with self._changed:
            found = Counter(
                (r.job_id if r.job_id in self._jobs else None, r.verb, command.channel, str(r.outcome), r.code)
                for _, command, r in self._commands.values()
            )
        return [CommandCount(*kind, count) for kind, count in found.items()]

    def observe(self, observations: Sequence[Observation]) -> None:
        """See EventStore."""
        with self._changed:
            self._observations |= {(one.job_id, one.worker): one for one in observations}
            before = forgotten(observations)
            self._observations = {key: one for key, one in self._observations.items() if before is None or one.at >= before}

    def observations(self, job_id: str | None = None) -> Sequence[Observation]:
        """See EventStore."""
        with self._changed:
            return [one for _, one in sorted(self._observations.items()) if job_id in {None, one.job_id}]

    def close(self) -> None:
        """See EventStore."""
