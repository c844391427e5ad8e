"""The event log in memory: for tests and simulation. It earns its place by passing the conformance suite."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from slackwater.core.commands import Command
from slackwater.core.decisions import Refused
from slackwater.core.job import Job
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.result import Result
from slackwater.core.settle import command_hash, refusal, settle

from .errors import AuditQueryError
from .rows import recorded_of
from .store import Head, Origin, Table


class MemoryStore:
    """EventStore in one process, gone with it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Recorded] = []
        self._jobs: dict[str, Job] = {}
        self._commands: dict[str, tuple[bytes, Command, Result]] = {}

    def handle(self, command: Command) -> Result:
        """See EventStore."""
        with self._changed:
            known = self._commands.get(command.id)
            job = self._jobs.get(command.job_id)
            if known is not None and known[0] == command_hash(command):
                return known[2].again()
            if known is not None:
                message = f"the command id {command.id} was used for another command"
                return refusal(command, job, Refused("command_id_reused", message, "take a new id"))
            settled = settle(job, command)
            for step in settled.steps:
                head = self._head()
                self._events.append(recorded_of(step, command, head.seq + 1, head.hash))
                self._jobs[command.job_id] = step.after
            result = replace(settled.result, seq=len(self._events) if settled.steps else None)
            self._commands[command.id] = (command_hash(command), command, result)
            self._changed.notify_all()
            return result

    def job(self, job_id: str) -> Job | None:
        """See EventStore."""
        with self._changed:
            return self._jobs.get(job_id)

    def jobs(self) -> tuple[Job, ...]:
        """See EventStore."""
        with self._changed:
            return tuple(job for _, job in sorted(self._jobs.items()))

    def read(self, after_seq: int = 0, limit: int = 1000) -> Sequence[Recorded]:
        """See EventStore."""
        with self._changed:
            return self._events[after_seq : after_seq + limit]

    def history(self, job_id: str, after_version: int = 0) -> Sequence[Recorded]:
        """See EventStore."""
        with self._changed:
            return [r for r in self._events if r.job_id == job_id and r.version > after_version]

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

    def query(self, sql: str, parameters: dict[str, Any] | None = None) -> Table:
        """Refused: there is no SQL in here."""
        raise AuditQueryError("not_a_database", "the in-memory log cannot be asked by SQL", "use SQLite or PostgreSQL")

    def close(self) -> None:
        """See EventStore."""
