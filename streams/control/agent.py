"""The Faust agent on the control topic: each message becomes a command, is decided at the one desk, and is answered."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, ParamSpec, TypeVar

import faust
import structlog

from slackwater.core.commands import Command, Position
from slackwater.core.control.unreadable import Unreadable
from slackwater.core.decisions import Refused
from slackwater.core.result import Result
from slackwater.core.settle import settle, turned_away
from slackwater.persistence.errors import StoreRefused, StoreUnavailable
from slackwater.persistence.store import EventStore

from ..logging_setup import about_command
from ..topics import ControlTopics
from ..tracing import about, outcome_of, span
from .cloud_events import reply, reply_kinds
from .envelope import read_command
from .flat_form import Arrival
from .many import Many
from .replies import Replies

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")
STORE_RETRY_S: Final = 1.0


def install(
    app: faust.App, store: EventStore, topics: ControlTopics, replies: Replies, wake: Callable[[], None]
) -> "ControlAgent":
    """Add the control agent to the app."""
    control = app.topic(
        topics.control, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", internal=False
    )
    agent = ControlAgent(store, replies, wake)

    async def control_agent(stream: Any) -> None:
        async for event in stream.events():
            await agent.take(arrival_of(event.message))

    app.agent(control, name="slackwater.control")(control_agent)
    return agent


def arrival_of(message: Any) -> Arrival:
    """Faust's message as it came."""
    headers = message.headers or ()
    pairs = headers.items() if hasattr(headers, "items") else headers
    position = Position(message.topic, message.partition, message.offset)
    return Arrival(position, {name: value or b"" for name, value in pairs}, message.key, message.value)


class ControlAgent:
    """Takes messages one by one, in order. Counts those without a value (`ignored`) and with another key (`misplaced`)."""

    def __init__(self, store: EventStore, replies: Replies, wake: Callable[[], None]) -> None:
        self.ignored = 0
        self.misplaced = 0
        self._store = store
        self._replies = replies
        self._wake = wake

    async def take(self, arrival: Arrival) -> None:
        """Returns when the message is done with: its result stands in the log, and an answer was sent or given up.

        Must not raise, whatever the message is: the next one waits behind it.
        """
        if arrival.is_tombstone:
            self.ignored += 1
            log.warning("a message without a value is ignored", position=arrival.position.name, ignored=self.ignored)
            return
        asked = read_command(arrival, _now())
        command = asked.command if isinstance(asked, Many) else asked
        with span(f"receive {command.verb.name}", arrival.traceparent, "consumer", **about(command)) as traced:
            if isinstance(asked, Many):
                await self._receive_many(replace(asked, command=replace(command, traceparent=traced.traceparent)))
            else:
                self._check_key(arrival, command)
                await self._receive(replace(command, traceparent=traced.traceparent))

    async def _receive_many(self, many: Many) -> None:
        """One after the other: what a crash leaves is done when the message is read again, and what was done is known.

        Once Kafka did not take an answer, the others are given up too: hundreds could keep the next command for an hour.
        """
        hears = True
        for command in await self._chosen(many):
            hears = await self._receive(command, hears=hears)

    async def _chosen(self, many: Many) -> Iterator[Command]:
        about_command(many.command)
        try:
            return many.each(await _patiently(self._store.jobs), _now)
        except Exception as error:
            log.exception("the jobs of a command could not be chosen")
            return iter((many.refused(_not_decided(error)),))

    def _check_key(self, arrival: Arrival, command: Command) -> None:
        if arrival.key is not None and command.job_id and arrival.key != command.job_id.encode():
            self.misplaced += 1
            why = "with more partitions order would be lost"
            about_command(command)
            log.warning(f"a command's key is not its job: {why}", job_name=command.job_id, misplaced=self.misplaced)

    async def _receive(self, command: Command, *, hears: bool = True) -> bool:
        """Decide and answer it; without `hears` it is not answered. False if Kafka took no answer."""
        about_command(command)
        with span("decide") as traced:
            result = await self._decide(command)
            traced.say(**outcome_of(result))
        told = {"epoch": result.epoch, "actor": command.actor, "state": result.state, "code": result.code}
        log.info(f"{result.verb} {result.outcome}", **told)
        self._wake()
        # Who asks once more waits for the answer to this message, not to the first.
        own = replace(
            result,
            correlation=command.correlation or result.correlation,
            batch_id=command.batch_id or result.batch_id,
            correlation_id=command.correlation_id,
            traceparent=command.traceparent,
        )
        return hears and await self._answer(command, own)

    async def _decide(self, command: Command) -> Result:
        """What the log cannot take, or whose id is another's, is refused in its own place: all of them are recorded."""
        while True:
            try:
                result = await _patiently(self._store.handle, command)
            except Exception as error:
                log.exception("a command could not be decided")
                refused = _not_decided(error)
            else:
                if result.code != "command_id_reused":
                    return result
                refused = Refused("command_id_reused", result.message or "", result.hint)
            command, tried = turned_away(command, refused), command
            if isinstance(tried.verb, Unreadable):
                return settle(None, command).result

    async def _answer(self, command: Command, result: Result) -> bool:
        now, is_sent = _now(), True
        for kind in reply_kinds(result):
            try:
                await asyncio.to_thread(self._replies.send, command.reply_to, reply(kind, result, now))
            except Exception as error:
                log.warning("an answer could not be sent", kind=kind, cause=str(error))
                is_sent = False
        return is_sent


async def _patiently(ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Waits out a log that cannot be asked: no message is done with before what it came to is recorded."""
    while True:
        try:
            return await asyncio.to_thread(ask, *args, **kwargs)
        except (StoreUnavailable, StoreRefused) as error:
            log.warning("the log cannot be asked; the command waits", cause=str(error))
            await asyncio.sleep(STORE_RETRY_S)


def _not_decided(error: Exception) -> Refused:
    cause = f"this command could not be decided: {type(error).__name__}"
    return Refused("not_decided", cause, "the worker's log says more")


def _now() -> datetime:
    return datetime.now(UTC)
