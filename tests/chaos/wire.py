"""A TCP proxy as a process of its own: it reads the frames that pass, and cuts, stalls, delays or loses them.

`wire.py kafka FRONT BEHIND` listens on 127.0.0.1:FRONT and speaks to 127.0.0.1:BEHIND; `postgres FRONT
PATH` speaks to a Unix socket. One JSON object a line on stdin is an order, one on stdout its answer; it ends with its stdin.
Driven by `proxy.py`.
"""

import asyncio
import contextlib
import json
import os
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

ANSWER_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Rule:
    """For the next `count` requests of this kind: `lose reply` and cut, or cut and pass the request on `late`.

    `taken` counts requests caught, `answers` what the broker said to those it got: the fault is done only then.
    """

    kind: str
    do: str
    count: int = 1
    late_s: float = 0.0
    taken: int = 0
    answers: Counter[str] = field(default_factory=Counter)


class Tongue(Protocol):
    """How one protocol says where a frame ends, what a request is, and which reply is its."""

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        """The next frame from a client."""
        ...

    async def reply(self, reader: asyncio.StreamReader) -> bytes:
        """The next frame from the server."""
        ...

    def kind(self, request: bytes) -> str:
        """What a rule calls such a request; empty for all that no rule is about."""
        ...

    def ticket(self, request: bytes) -> int:
        """What its reply will carry."""
        ...

    def ticket_of(self, reply: bytes) -> int:
        """Whose reply this is."""
        ...

    def answer(self, request: bytes, reply: bytes) -> str:
        """What the server said, in a word."""
        ...


class Kafka:
    """Frames with a length; a request has API key, version and a correlation id that its reply repeats."""

    KINDS = {26: "EndTxn", 28: "TxnOffsetCommit"}  # noqa: RUF012
    FLEXIBLE_FROM = 3
    """Of both: from this version on the header of a reply has one byte more (no tagged fields)."""

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(4)
        return head + await reader.readexactly(struct.unpack(">i", head)[0])

    reply = request

    def kind(self, request: bytes) -> str:
        return self.KINDS.get(struct.unpack(">h", request[4:6])[0], "")

    def ticket(self, request: bytes) -> int:
        return int(struct.unpack(">i", request[8:12])[0])

    def ticket_of(self, reply: bytes) -> int:
        return int(struct.unpack(">i", reply[4:8])[0])

    def answer(self, request: bytes, reply: bytes) -> str:
        """The error code of an EndTxn; of the others only that there was one."""
        api, version = struct.unpack(">hh", request[4:8])
        at = 8 + (version >= self.FLEXIBLE_FROM) + 4  # after the throttle time
        return str(struct.unpack(">h", reply[at : at + 2])[0]) if self.KINDS[api] == "EndTxn" else "answered"


class Postgres:
    """Messages with a type and a length, but for the first of a client, which has no type. One request at a time.

    Only the COMMIT of an append has a kind: reads end with one too.
    """

    APPEND = b"INSERT INTO command"

    def __init__(self) -> None:
        self._has_begun = self._appends = False
        self._prepared: dict[bytes, bool] = {}

    async def request(self, reader: asyncio.StreamReader) -> bytes:
        letter = await reader.readexactly(1) if self._has_begun else b""
        self._has_begun = True
        return letter + await self._rest(reader)

    async def reply(self, reader: asyncio.StreamReader) -> bytes:
        return await reader.readexactly(1) + await self._rest(reader)

    @staticmethod
    async def _rest(reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(4)
        return head + await reader.readexactly(struct.unpack(">i", head)[0] - 4)

    def kind(self, request: bytes) -> str:
        letter, body = request[:1], request[5:]
        if letter == b"P":  # parse: the statement's name, then its text
            name, text, _ = body.split(b"\0", 2)
            self._prepared[name] = self.APPEND in text
        elif letter == b"B":  # bind: the portal, then the statement's name
            self._appends |= self._prepared.get(body.split(b"\0", 2)[1], False)
        elif letter == b"Q" and body.upper().startswith((b"COMMIT", b"ROLLBACK")):
            ends, self._appends = self._appends and body.upper().startswith(b"COMMIT"), False
            return "COMMIT" if ends else ""
        return ""

    def ticket(self, _request: bytes) -> int:
        return 0

    def ticket_of(self, _reply: bytes) -> int:
        return 0

    def answer(self, _request: bytes, reply: bytes) -> str:
        return "committed" if reply.startswith(b"C") else "failed"


class Wire:
    """What all links share: the rule, and which directions are stalled."""

    def __init__(self, tongue: type[Tongue], behind: str) -> None:
        self.tongue = tongue
        self.rule: Rule | None = None
        self.stalled: set[str] = set()
        self._behind = behind
        self._links: set[Link] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until either side is gone."""
        try:
            if self._behind.isdigit():
                server = await asyncio.open_connection("127.0.0.1", int(self._behind))
            else:
                server = await asyncio.open_unix_connection(self._behind)
        except OSError:
            writer.transport.abort()
            return
        link = Link(self, (reader, writer), server)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry an order out and say how things stand."""
        match order.pop("order"):
            case "rule":
                self.rule = Rule(**order) if order else None
            case "stall":
                self.stalled = set(order["directions"])
            case "cut":
                for link in list(self._links):
                    link.cut()
        return {"links": len(self._links), "answers": dict(self.rule.answers) if self.rule else {}}

    def claim(self, kind: str) -> Rule | None:
        """The rule, if it is about this request and has not had enough."""
        rule = self.rule
        if rule is None or not kind or rule.kind != kind or rule.taken >= rule.count:
            return None
        rule.taken += 1
        return rule


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Link:
    """One client's connection and the server's end of it."""

    def __init__(self, wire: Wire, client: Ends, server: Ends) -> None:
        self._wire, self._tongue = wire, wire.tongue()
        (self._from_client, self._client), (self._from_server, self._server) = client, server
        self._caught: dict[int, tuple[Rule, bytes]] = {}

    async def run(self) -> None:
        """Pass frames on. A late request outlives its client: the server's end stays until it is written and answered."""
        there, back = asyncio.create_task(self._requests()), asyncio.create_task(self._replies())
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        if self._caught and not back.done():
            await asyncio.wait({back}, timeout=ANSWER_TIMEOUT_S)
        there.cancel()
        back.cancel()
        await asyncio.gather(there, back, return_exceptions=True)
        self._client.transport.abort()
        self._server.transport.abort()

    def cut(self) -> None:
        """Abort both ends; only the client's if a request is still under way to the server."""
        self._client.transport.abort()
        if not self._caught:
            self._server.transport.abort()

    async def _frames(self, direction: str) -> AsyncIterator[bytes]:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                if direction == "requests":
                    frame = await self._tongue.request(self._from_client)
                else:
                    frame = await self._tongue.reply(self._from_server)
                while direction in self._wire.stalled:
                    await asyncio.sleep(0.05)
                yield frame

    async def _requests(self) -> None:
        async for frame in self._frames("requests"):
            rule = self._wire.claim(self._tongue.kind(frame))
            if rule is not None:
                self._caught[self._tongue.ticket(frame)] = (rule, frame)
                if rule.do == "late":
                    self._client.transport.abort()
                    await asyncio.sleep(rule.late_s)
            await self._write(self._server, frame)
            if rule is not None and rule.do == "late":
                return

    async def _replies(self) -> None:
        async for frame in self._frames("replies"):
            caught = self._caught.pop(self._tongue.ticket_of(frame), None)
            if caught is not None:
                rule, request = caught
                rule.answers[self._tongue.answer(request, frame)] += 1
                self._client.transport.abort()
                return
            await self._write(self._client, frame)

    @staticmethod
    async def _write(writer: asyncio.StreamWriter, frame: bytes) -> None:
        if not writer.transport.is_closing():
            with contextlib.suppress(ConnectionError):
                writer.write(frame)
                await writer.drain()


async def main(tongue: str, front: str, behind: str) -> None:
    """Serve until stdin ends."""
    wire = Wire({"kafka": Kafka, "postgres": Postgres}[tongue], behind)
    await asyncio.start_server(wire.serve, "127.0.0.1", int(front))
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(json.dumps({"ready": True}), flush=True)
    while line := await orders.readline():
        print(json.dumps(wire.obey(json.loads(line))), flush=True)
    os._exit(0)  # every link goes with the process


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
