"""The event log behind a wire, and the operators who ask it for things by any door: late, twice, and in another order."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from confluent_kafka import KafkaException

from slackwater.core.commands import Command, Verb
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Kill, Stop
from slackwater.core.spec_from_sql import spec_from_sql
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.memory import MemoryStore
from slackwater.streams.empty_group import EmptyGroup

from .connection import SimConnection
from .faults import Faults
from .log_rules import LogRules
from .strands import Process

JOB: Final = "j"
SPEC: Final = spec_from_sql("CREATE STREAM o WITH (topic = 'out') AS SELECT * FROM \"in\"", JOB)[1]


def _unreachable() -> StoreUnavailable:
    return StoreUnavailable("store_unreachable", "lost")


class SimStore(MemoryStore):
    """The in-memory log. Requests and answers may be lost, late or repeated; every append is judged."""

    def __init__(self, faults: Faults, rules: LogRules) -> None:
        super().__init__()
        self.asked: list[Command] = []
        self._faults, self._rules = faults, rules

    def handle(self, command: Command) -> Any:
        return self._faults.around("log", lambda: self._arrive(command), error=_unreachable)

    def _arrive(self, command: Command) -> Any:
        before = len(self._events)
        result = super().handle(command)
        self.asked.append(command)
        self._rules.hear(command, result, list(self._events[before:]))
        return result

    def repeat(self, which: int, at: datetime) -> None:
        """Something that was asked before arrives once more."""
        if self.asked:
            self._arrive(replace(self.asked[which % len(self.asked)], at=at))


class Operators(Process):
    """Everyone outside the workers. What they know of the job's version may be old."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], datetime], store: SimStore) -> None:
        super().__init__(clock)
        self._wall, self._store = wall, store
        self._count = 0
        self._version_known = 0

    def ask(self, verb: Verb, *, expects: bool = False) -> None:
        """A command of its own id. `expects`: it names the version that was known last."""
        self._count += 1
        expected = self._version_known if expects else None
        command = Command(f"op-{self._count}", JOB, verb, "ana", "api", self._wall(), expected_version=expected)
        with contextlib.suppress(StoreUnavailable):
            self._store.handle(command)
        job = self._store.job(JOB)
        self._version_known = job.version if job else 0

    def wish(self, what: str, how: int) -> None:
        """A verb, in one of the ways in which people ask for it."""
        match what:
            case "deploy":
                self.ask(Deploy(SPEC))
            case "start":
                self.ask(Start(accept_gap=how > 3, deadline_s=20 if how == 1 else 60))
            case "stop":
                self.ask(Kill() if how == 2 else Stop(), expects=how > 4)
            case "pause" if how == 2:
                self.ask(Pause(hold="night"))
            case "pause" if how == 3:
                self.ask(Pause(hold="lunch", for_s=20))
            case "pause":
                self.ask(Pause(deadline_s=15 if how == 4 else 60), expects=how > 4)
            case "resume":
                self.ask(Resume(hold="operator" if how == 5 else None, accept_gap=how > 3), expects=how == 1)
            case _:
                raise ValueError(what)

    def conclude(self, connection: SimConnection) -> None:
        """An Admin that sees its pause through where no worker answers. It goes on by `run("admin", …)`."""
        job = self._store.job(JOB)
        group = EmptyGroup(connection)  # type: ignore[arg-type]

        def see_through() -> None:
            assert job is not None
            try:
                offsets = group.offsets(job)
            except KafkaException:
                return
            if offsets is not None:
                self.ask(Conclude(job.epoch, offsets))

        if job is not None and not self.of("admin"):
            self.spawn("admin", see_through)
