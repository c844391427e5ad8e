"""The stream of events: nothing skipped, nothing for ever, and a reader that stops reading costs nothing."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text
from tests.web.conftest import Client, Served
from tests.web.story import Story

from slackwater.admin.web import events, serve
from slackwater.admin.web.settings import web_settings
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

Make = Callable[..., Served]


@contextmanager
def stream(web: Served, path: str = "", **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Messages of the stream, each as its fields; comments are left out."""
    with (
        httpx.Client(timeout=20) as client,
        client.stream("GET", f"{web.url}/api/v1/events{path}", headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _messages(answer.iter_lines())


def _messages(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    fields: dict[str, Any] = {}
    for line in lines:
        if not line and fields:
            yield fields
            fields = {}
        name, colon, value = line.partition(": ")
        if colon and name:
            fields[name] = json.loads(value) if name == "data" else value


def take(messages: Iterator[dict[str, Any]], until_seq: int) -> list[dict[str, Any]]:
    """Events up to a position."""
    seen = []
    for message in messages:
        if message.get("event") == "event":
            seen.append(message)
        if int(message.get("id", 0)) >= until_seq:
            return seen
    raise AssertionError(f"the stream ended before {until_seq}")


def eventually(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until, f"waited 30 s for {what}"
        time.sleep(0.02)


def test_every_event_in_order(served: Make, story: Story, store: EventStore) -> None:
    """From the beginning, then live: the id is the position, the data what the history shows."""
    web = served()
    with stream(web) as messages:
        first = take(messages, store.head().seq)
        story.pause("a", verb=Pause("CHG-4711"))
        more = take(messages, store.head().seq)
    assert [int(one["id"]) for one in first + more] == list(range(1, store.head().seq + 1))
    assert [one["data"]["event"] for one in more] == ["PauseRequested", "WorkerAcked", "WorkerAcked", "JobPaused"]
    assert more[0]["data"]["data"]["reason"] == "CHG-4711"
    assert (more[0]["data"]["job"], more[0]["data"]["actor"]) == ("a", "ana")


def test_a_reader_that_comes_back(served: Make, story: Story, store: EventStore) -> None:
    """Torn off anywhere, and again, with the last id it saw: every event once, also those of meanwhile."""
    web = served()
    seen: list[int] = []
    for _ in range(4):
        last = {"Last-Event-ID": str(seen[-1])} if seen else {}
        with stream(web, "?since=2" if seen else "?since=0", **last) as messages:
            seen += [int(next(messages)["id"]) for _ in range(3)]
        story.say("b", Pause())
        story.say("b", Resume())
    with stream(web, **{"Last-Event-ID": str(seen[-1])}) as messages:
        seen += [int(one["id"]) for one in take(messages, store.head().seq)]
    assert seen == list(range(1, store.head().seq + 1))


def test_another_process_appends(served: Make, story: Story, url: str, store: EventStore) -> None:
    """Who wrote the event does not matter: it is sent within a second or two."""
    web = served()
    with stream(web, f"?since={store.head().seq}") as messages:
        other = open_store(url)
        Story(other).say("c", Pause("from elsewhere"))
        began = time.monotonic()
        (event,) = take(messages, store.head().seq)
        assert time.monotonic() - began < 10
        other.close()
    assert event["data"]["data"]["reason"] == "from elsewhere"


def test_one_job(served: Make, story: Story, store: EventStore) -> None:
    """Only its events, but the id moves on with the log: whoever comes back need not have the others read again."""
    web = served()
    with stream(web, "?job=b") as messages:
        mine = [next(messages) for _ in range(5)]
        mark = next(messages)
    assert {one["data"]["job"] for one in mine} == {"b"}
    assert mark == {"id": str(store.head().seq)}


async def test_positions_that_are_none(client: Client, story: Story, store: EventStore) -> None:
    """No number, below the beginning or beyond the end: a problem, so that no browser comes back for ever."""
    web = await client()
    for wrong in ("x", "-1", "1.5", "٣", "9" * 30, str(store.head().seq + 1), " 1"):
        answer = await web.get("/api/v1/events", headers={"Last-Event-ID": wrong.encode()})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_position")
        answer = await web.get("/api/v1/events", params={"since": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_position")


def test_an_event_of_a_newer_program(served: Make, story: Story, store: EventStore, tmp_path: Path) -> None:
    """It stands in its place as what can be said of it; the events after it are sent all the same."""
    make_unreadable(tmp_path, 7)
    with stream(served()) as messages:
        seen = take(messages, store.head().seq)
    assert [int(one["id"]) for one in seen] == list(range(1, store.head().seq + 1))
    assert seen[6]["data"]["unreadable"].startswith("cannot read event StartRequested v9")
    assert set(seen[6]["data"]) == {"job", "version", "seq", "event", "unreadable"}


def make_unreadable(directory: Path, seq: int) -> None:
    """As a newer Slackwater would have written it. The guard is taken away: nobody writes so here."""
    engine = create_engine(f"sqlite:///{directory}/log.db")
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER event_no_update"))
        connection.execute(text("UPDATE event SET schema_version = 9 WHERE seq = :seq"), {"seq": seq})
    engine.dispose()


def test_a_reader_that_stops_reading(served: Make, story: Story, store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is sent what the kernel's buffers take and no more, then let go: the server holds a page of events, not the log."""
    monkeypatch.setattr(events, "EVENTS_AT_ONCE", 50)
    monkeypatch.setattr(serve, "SEND_TIMEOUT_S", 2.0)
    web = served()
    web.app.state.send_timeout_s = 1.0
    for n in range(60):
        story.say("a", Pause("x" * 1000, f"hold-{n}"))
    read: list[int] = []
    scan = type(store).scan
    monkeypatch.setattr(type(store), "scan", lambda self, after, limit: read.append(after) or scan(self, 20, limit))
    # A log without an end, so that only the reader can end this.
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", web.port))
    reader.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    eventually(lambda: web.app.state.readers.open == 1, "the stream to begin")
    eventually(lambda: web.app.state.readers.open == 0, "the reader to be let go")
    eventually(lambda: not web.connections, "the kernel to drop the connection with its buffers")
    assert len(read) * 50 * 1000 < 16_000_000, f"{len(read)} pages of events were read for somebody who reads none"
    reader.close()
    assert httpx.get(f"{web.url}/healthz").status_code == 200


def test_no_more_readers_than_there_is_room_for(served: Make, story: Story) -> None:
    """The next is told to come again; a place is free once a reader goes."""
    web = served()
    web.app.state.readers = events.Readers(1)
    with stream(web) as messages:
        next(messages)
        refused = httpx.get(f"{web.url}/api/v1/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_readers")
        assert refused.headers["retry-after"]
    eventually(lambda: web.app.state.readers.open == 0, "the reader to be gone")
    with stream(web) as messages:
        next(messages)


def test_only_for_those_who_may(served: Make, story: Story) -> None:
    """The stream is as closed as all else, and opens to a token."""
    secret = "a-long-enough-secret"
    web = served(web_settings("127.0.0.1", 0, [secret]))
    assert httpx.get(f"{web.url}/api/v1/events").status_code == 401
    with stream(web, Authorization=f"Bearer {secret}") as messages:
        assert next(messages)["id"] == "1"
