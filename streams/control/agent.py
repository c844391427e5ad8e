"""The Faust agent on the control topic: each message becomes a command, is decided at the one desk, and is answered."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import faust
import structlog

from slackwater.core.commands import Command, Position
from slackwater.core.result import Result
from slackwater.core.states import TRANSITIONAL
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.store import EventStore

from ..topics import ControlTopics
from .cloud_events import reply, reply_kind
from .envelope import Arrival, read_command

log = structlog.get_logger()
STORE_RETRY_S = 1.0


def install(app: faust.App, store: EventStore, topics: ControlTopics, wake: Callable[[], None]) -> None:
    """Add the control agent to the app. A message is done with only when its result stands in the log."""
    control = app.topic(
        topics.control, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", internal=False
    )

    async def control_agent(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            if message.value is None:
                log.info("tombstone ignored", offset=message.offset)
                continue
            position = Position(message.topic, message.partition, message.offset)
            headers = {name: value or b"" for name, value in _pairs(message.headers)}
            command = read_command(Arrival(position, headers, message.key, message.value), datetime.now(UTC))
            result = await _decide(store, command)
            wake()
            await _answer(app, topics, command, result)

    app.agent(control, name="slackwater.control")(control_agent)


def _pairs(headers: Any) -> Any:
    if not headers:
        return ()
    return headers.items() if hasattr(headers, "items") else headers


async def _decide(store: EventStore, command: Command) -> Result:
    """Waits out an unreachable log: the message is not acked before its command is recorded."""
    while True:
        try:
            return await asyncio.to_thread(store.handle, command)
        except StoreUnavailable as error:
            log.warning("the log is not reachable; the command waits", command=command.id, cause=str(error))
            await asyncio.sleep(STORE_RETRY_S)


async def _answer(app: faust.App, topics: ControlTopics, command: Command, result: Result) -> None:
    now = datetime.now(UTC)
    kinds = [reply_kind(result)]
    if kinds == ["accepted"] and result.state not in TRANSITIONAL:
        kinds.append("applied")
    target = app.topic(command.reply_to or topics.replies, value_serializer="raw", key_serializer="raw")
    for kind in kinds:
        message = reply(kind, result, now)
        key = message.key.encode() if isinstance(message.key, str) else message.key
        try:
            await target.send(key=key, value=message.value, headers=message.headers)
        except Exception as error:
            log.warning("a reply could not be sent", command=command.id, kind=kind, cause=str(error))
