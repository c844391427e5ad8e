"""A TCP proxy that reads Kafka's frames: it cuts, delays or loses by API key and direction."""

import asyncio
import contextlib
import struct
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

END_TXN, TXN_OFFSET_COMMIT, FETCH, HEARTBEAT = 26, 28, 1, 12


@dataclass(slots=True)
class Rule:
    """For the next `count` requests with this API key: `lose reply` and cut, or pass the request on `late` and cut."""

    api: int
    do: str
    count: int = 1
    late_s: float = 0.0
    done: int = 0


class Proxy:
    """Listens on a port of its own and speaks to `target`, on a thread of its own."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self.rule: Rule | None = None
        self.stalled = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def cut(self) -> None:
        """Every connection, now."""
        self._loop.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in list(self._writers)])

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, up_writer}
        lost: set[int] = set()
        there = asyncio.create_task(self._requests(reader, writer, up_writer, lost))
        back = asyncio.create_task(self._replies(up_reader, writer, lost))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        for one in (writer, up_writer):
            self._writers.discard(one)
            with contextlib.suppress(Exception):
                one.close()

    async def _frames(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(4)
                frame = head + await reader.readexactly(struct.unpack(">i", head)[0])
                while self.stalled.is_set():
                    await asyncio.sleep(0.05)
                yield frame

    async def _requests(
        self, reader: asyncio.StreamReader, client: asyncio.StreamWriter, broker: asyncio.StreamWriter, lost: set[int]
    ) -> None:
        async for frame in self._frames(reader):
            api, _, correlation = struct.unpack(">hhi", frame[4:12])
            rule = self.rule
            if rule is not None and rule.api == api and rule.done < rule.count:
                rule.done += 1
                if rule.do == "late":
                    client.transport.abort()
                    await asyncio.shield(self._send_late(frame, broker, rule.late_s))
                    return
                lost.add(correlation)
            broker.write(frame)
            await broker.drain()

    @staticmethod
    async def _send_late(frame: bytes, broker: asyncio.StreamWriter, late_s: float) -> None:
        """The client believes it lost; the request arrives all the same."""
        await asyncio.sleep(late_s)
        broker.write(frame)
        with contextlib.suppress(ConnectionError):
            await broker.drain()
        await asyncio.sleep(0.5)

    async def _replies(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter, lost: set[int]) -> None:
        async for frame in self._frames(reader):
            if struct.unpack(">i", frame[4:8])[0] in lost:
                client.transport.abort()
                return
            client.write(frame)
            await client.drain()
