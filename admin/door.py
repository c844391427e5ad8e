"""A door to the desk: who asks, by which channel, and what became of it."""

import getpass
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from slackwater.core.commands import BAD_JOB_ID, Command, Verb, is_address
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.job import Job
from slackwater.core.result import Result
from slackwater.core.settle import settle
from slackwater.core.states import TRANSITIONAL
from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.tracing import about, incoming, outcome_of, span

from .desk import CommandResult, translated, view
from .errors import InvalidCommand, raise_if_refused
from .see_through import see_through

WAIT_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A command that was not refused: its first answer, and the job before it and after it."""

    result: Result
    before: Job | None
    after: Job | None
    began: float
    """Monotonic seconds."""

    def now(self) -> CommandResult:
        """What it came to at once."""
        return view(self.result, self.before, self.after, self.result.state, self.began)


class Door:
    """Hands in commands of one actor by one channel. Thread-safe."""

    def __init__(self, store: EventStore, kafka: KafkaConnection | None, actor: str | None, channel: str) -> None:
        self._store = store
        self._kafka = kafka
        self._actor = actor or os_user()
        self._channel = channel

    def ask(
        self,
        name: str,
        verb: Verb,
        *,
        wait: bool = True,
        timeout: float = WAIT_TIMEOUT_S,
        command_id: str | None = None,
        expected_version: int | None = None,
        yes_protected: str | None = None,
        dry_run: bool = False,
        on_accepted: Callable[[CommandResult], None] | None = None,
    ) -> CommandResult:
        """Hand the command in and, with `wait`, see it through.

        Raises Refused, NotFound, Conflict, Timeout (accepted, not yet seen to be done), Unavailable. Safe to repeat with
        the same `command_id`: the first answer is given again. `yes_protected` is the job's name once more: without it a
        job with the label `protected=true` is not moved (`protected`). With `dry_run` the answer is what would come of it
        now; nothing is recorded and nothing moves.
        """
        handed = self.hand_in(name, verb, command_id, expected_version, yes_protected=yes_protected, dry_run=dry_run)
        if on_accepted is not None:
            on_accepted(handed.now())
        return handed.now() if dry_run or not wait else self.see_through(handed, timeout)

    def hand_in(
        self,
        name: str,
        verb: Verb,
        command_id: str | None = None,
        expected_version: int | None = None,
        *,
        yes_protected: str | None = None,
        dry_run: bool = False,
    ) -> HandedIn:
        """Have the command decided; see `ask`."""
        began = time.monotonic()
        if not isinstance(name, str):
            raise self.turn_away("", BAD_JOB_ID, f"a job goes by its name, not by {ascii(name)[:60]}", dry_run=dry_run)
        with translated():
            before = self._store.job(name)
            command = self._command(name, verb, command_id, expected_version, yes_protected)
            if dry_run:
                settled = settle(before, command, self._store.policy())
                return HandedIn(raise_if_refused(settled.result), before, settled.job, began)
            result = raise_if_refused(self._decided(command))
            after = self._store.job(name)
        # What was so already may have come so since the first look.
        return HandedIn(result, before if result.changed else after, after, began)

    def _decided(self, command: Command) -> Result:
        with span(f"receive {command.verb.name}", incoming.get(), "server", **about(command)) as traced:
            command = replace(command, traceparent=traced.traceparent)
            with span("decide") as decided:
                result = self._store.handle(command)
                decided.say(**outcome_of(result))
        return result

    def see_through(self, handed: HandedIn, timeout_s: float) -> CommandResult:
        """What the command came to in the end; see `ask`."""
        if handed.result.state not in TRANSITIONAL:
            return handed.now()
        with translated():
            job = see_through(self._store, self._kafka, handed.result, timeout_s, self._actor, self._channel)
        return view(handed.result, handed.before, job, job.state, handed.began)

    def turn_away(
        self, name: str, code: str, message: str, hint: str | None = None, *, dry_run: bool = False
    ) -> InvalidCommand:
        """The error of a command that cannot even be made; the log remembers that it was tried, like any refusal.

        It gets an id of its own: what makes no sense must not take the id of what does. Of a dry run nothing is recorded.
        """
        if dry_run:
            return InvalidCommand(code, message, hint=hint, job=name)
        command = self._command(name if is_address(name) else "", Unreadable(code, message, hint))
        with translated():
            self._store.handle(command)
        return InvalidCommand(code, message, hint=hint, job=name, command_id=command.id)

    def _command(
        self,
        name: str,
        verb: Verb,
        command_id: str | None = None,
        expected_version: int | None = None,
        yes_protected: str | None = None,
    ) -> Command:
        id, now = command_id or uuid.uuid4().hex, datetime.now(UTC)
        return Command(id, name, verb, self._actor, self._channel, now, expected_version, yes_protected=yes_protected)


def os_user() -> str:
    """The user of the operating system: by name, else, as in many a container, by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
