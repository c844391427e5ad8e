"""GET /api/v1/events: the log as server-sent events. A reader that comes back with its last id misses nothing.

Every event of the log is sent in order, its `seq` as the id. The stream is pulled: the next events are read once the last
were taken, so a reader costs one page of events, and one that takes nothing for SEND_TIMEOUT_S is let go.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import anyio
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from slackwater.core.recorded import Recorded
from slackwater.persistence.errors import StoreError
from slackwater.persistence.store import Unreadable

from ..event_view import shown
from .context import Web, web_of
from .observer import INTERVAL_S, Observation
from .problems import WebError, described

EVENTS_AT_ONCE: Final = 500
READERS_MAX: Final = 200
SEND_TIMEOUT_S: Final = 30.0
"""For one event; the kernel's buffers come on top."""
PING_S: Final = 15

router = APIRouter(prefix="/api/v1/events", tags=["events"], responses=described())


class EventStream(EventSourceResponse):
    """Ends quietly when its reader takes nothing any more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            # Raising on would fill the log with tracebacks about a tab that somebody put to sleep.
            return


class Readers:
    """How many streams are open."""

    def __init__(self, most: int = READERS_MAX) -> None:
        self._most = most
        self.open = 0

    def check(self) -> None:
        """Raises WebError `too_many_readers`."""
        if self.open >= self._most:
            raise WebError("too_many_readers", f"{self._most} streams are open", status=503, hint="try again later")

    async def counted(self, messages: AsyncGenerator[ServerSentEvent]) -> AsyncGenerator[ServerSentEvent]:
        """The same messages; one more stream is open while somebody reads them."""
        self.open += 1
        try:
            async with aclosing(messages):
                async for message in messages:
                    yield message
        finally:
            self.open -= 1


@router.get(
    "",
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "The stream"}},
)
async def stream(
    request: Request,
    job: Annotated[str | None, Query(description="Only this job's events.")] = None,
    since: Annotated[str | None, Query(description="Begin after this position; 0 (default): with the first event.")] = None,
    observations: Annotated[bool, Query(description="Lag and rate too, as they are seen.")] = False,
    last_event_id: Annotated[str | None, Header(description="Where a reader left off; stronger than `since`.")] = None,
) -> EventStream:
    """`event: event` with an event of the log, `event: observation` with what was last seen of jobs (without an id)."""
    web, readers = web_of(request), request.app.state.readers
    readers.check()
    head = await asyncio.to_thread(lambda: web.store.head().seq)
    position = read_position(last_event_id or since or "0", head)
    stopping = anyio.Event()
    messages = readers.counted(follow(web, position, job, stopping, with_observations=observations))
    return EventStream(
        messages,
        ping=PING_S,
        send_timeout=request.app.state.send_timeout_s,
        shutdown_event=stopping,
        shutdown_grace_period=2 * INTERVAL_S,
    )


def read_position(text: str, head: int) -> int:
    """A position in the log. Raises WebError `bad_position`, also for one that this log has not reached."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise WebError("bad_position", f"{text[:40]!r} is no position in the log", hint="the id of an event, or 0")
    if int(text) > head:
        hint = "is it another log, or one restored from a backup?"
        raise WebError("bad_position", f"the log ends at {head}, before {text}", hint=hint)
    return int(text)


async def follow(
    web: Web, position: int, job: str | None, stopping: anyio.Event, *, with_observations: bool
) -> AsyncGenerator[ServerSentEvent]:
    """The events after `position`, and on as they come, until `stopping`. One that cannot be read stands in its place."""
    web.tail.start()
    seen_at, is_longer = datetime.fromtimestamp(0, UTC), True
    found: Sequence[Recorded | Unreadable] = ()
    while not stopping.is_set():
        if is_longer:
            try:
                found = await asyncio.to_thread(web.store.scan, position, EVENTS_AT_ONCE)
            except StoreError as error:
                # Without an id: whoever comes back goes on after the last event it has.
                yield _message("problem", {"code": error.code, "message": error.message, "hint": error.hint})
                return
        for one in found:
            position = one.seq
            if job in {None, one.job_id}:
                yield _message("event", asdict(shown(one)), position)
        if found and job not in {None, found[-1].job_id}:
            # No event, but whoever comes back need not have these read again.
            yield ServerSentEvent(id=str(position))
        is_full, found = len(found) == EVENTS_AT_ONCE, ()
        if with_observations:
            if job is not None:
                web.observer.watch([job])
            news = web.observer.since(seen_at, job)
            if news:
                seen_at = max(one.at for one in news)
                yield _message("observation", [_plain(one) for one in news])
        is_longer = is_full or await web.tail.longer_than(position, INTERVAL_S)


def _plain(one: Observation) -> dict[str, Any]:
    return {"job": one.job, "at": one.at, "lag": one.lag, "records_per_s": one.records_per_s}


def _message(kind: str, data: Any, seq: int | None = None) -> ServerSentEvent:
    text = json.dumps(data, separators=(",", ":"), default=_text)
    return ServerSentEvent(text, event=kind, id=None if seq is None else str(seq))


def _text(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")
