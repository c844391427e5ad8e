"""Where the simulation takes the place of the world under the product: threads, time and the edge to Faust. Nothing else."""

import _thread
import asyncio
import queue
import sys
import threading
import time as real_time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from slackwater.core.spec import JobSpec
from slackwater.core.spec_from_sql import plan_of
from slackwater.core.sql.plan import JobPlan
from slackwater.streams import empty_group, job_agent
from slackwater.streams.parts import Parts
from slackwater.streams.record_path import RecordPath

from .strands import Strand, point, wait_until

_ELSEWHERE = frozenset({"steps", "embedded_kafka", "worker", "kafka_keeper", "read_topic"})
"""Modules that no simulated process runs, and the one that says what a step is."""
_plans: dict[str, JobPlan] = {}


def _plan_of(spec: JobSpec) -> JobPlan:
    """Parsed once: thousands of record paths are made of one text."""
    return _plans.setdefault(spec.hash, _plans.get(spec.hash) or plan_of(spec))


class SimThread:
    """`threading.Thread` as a strand of the process that starts it."""

    def __init__(self, target: Callable[[], None], name: str, daemon: bool) -> None:
        self._target, self._name = target, name
        self._strand: Strand | None = None

    def start(self) -> None:
        starter = Strand.current
        assert starter is not None
        self._strand = starter.process.spawn(self._name, self._target)
        if starter.name != "look":
            starter.helped_by(self._strand)

    @property
    def ident(self) -> int | None:
        return None if self._strand is None else id(self._strand)

    def is_alive(self) -> bool:
        return self._strand is not None and not self._strand.is_over

    def join(self, timeout: float | None = None) -> None:
        wait_until(lambda: not self.is_alive(), timeout)


class SimCondition:
    """`threading.Condition`. No strand is stopped inside it but by waiting, so there is nothing to lock."""

    def __init__(self) -> None:
        self._news = 0

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def wait(self, timeout: float | None = None) -> bool:
        seen = self._news
        return wait_until(lambda: self._news != seen, timeout)

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        return wait_until(predicate, timeout)

    def notify_all(self) -> None:
        self._news += 1


class SimEvent:
    """`threading.Event`."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        return wait_until(self.is_set, timeout)


class SimQueue:
    """`queue.SimpleQueue`."""

    def __init__(self) -> None:
        self._items: list[Any] = []

    def put(self, item: Any) -> None:
        self._items.append(item)

    def get(self, timeout: float | None = None) -> Any:
        if not wait_until(lambda: bool(self._items), timeout):
            raise queue.Empty
        return self._items.pop(0)


class _Instead:
    """A module, but for some names."""

    def __init__(self, module: Any, **instead: Any) -> None:
        self._module = module
        self.__dict__.update(instead)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine whose waits are all strands' own."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a coroutine of the product waits for something that is not simulated")


async def _inline(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


async def _one_after_the_other(*coroutines: Coroutine[Any, Any, Any]) -> list[Any]:
    return [await coroutine for coroutine in coroutines]


async def _without_limit(coroutine: Coroutine[Any, Any, Any], timeout: float) -> Any:
    return await coroutine


_ASYNCIO = _Instead(asyncio, to_thread=_inline, gather=_one_after_the_other, wait_for=_without_limit)
_THREADING = _Instead(threading, Thread=SimThread, Condition=SimCondition, Event=SimEvent)
_THREAD = _Instead(_thread, start_new_thread=lambda work, _: SimThread(work, "send-offsets", daemon=True).start())
_QUEUE = _Instead(queue, SimpleQueue=SimQueue)


class Mailbox:
    """Faust's channel and agent in one: a letter is read at once, or lost."""

    def __init__(self) -> None:
        self.loses_next = False
        self.agents: dict[str, Any] = {}
        self._read: Any = None

    def channel(self, maxsize: int) -> "Mailbox":
        return self

    def agent(self, channel: "Mailbox", name: str) -> Callable[[Any], Any]:
        def decorated(read: Any) -> Any:
            self._read = read
            return SimpleNamespace(maybe_start=_nothing, stop=_nothing)

        return decorated

    async def send(self, value: Any) -> None:
        loses, self.loses_next = self.loses_next, False
        if not loses:
            await self._read(_letters(value))


async def _nothing() -> None:
    pass


async def _letters(value: Any) -> Any:
    yield value


@contextmanager
def wired(
    clock: Callable[[], float],
    wall: Callable[[], datetime],
    engine: Any,
    on_unexpected: Callable[[BaseException | None], None],
) -> Iterator[None]:
    """The product over strands and simulated time. `on_unexpected` hears what the product would log as a bug of its own."""

    class Datetime(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return wall()

    time = _Instead(
        real_time,
        monotonic=clock,
        monotonic_ns=lambda: int(clock() * 1e9),
        time=lambda: wall().timestamp(),
        sleep=lambda seconds: wait_until(lambda: False, seconds),
    )
    said: Any = SimpleNamespace(
        exception=lambda *_, **__: on_unexpected(None),
        info=lambda *_, **__: None,
        warning=lambda *_, **__: None,
    )
    instead = {"threading": _THREADING, "_thread": _THREAD, "queue": _QUEUE, "asyncio": _ASYNCIO, "time": time, "log": said}
    instead |= {"datetime": Datetime, "reached": point}
    with ExitStack() as stack:
        for module, name in _edges():
            stack.enter_context(patch.object(module, name, instead[name]))
        for module in (job_agent, empty_group):
            stack.enter_context(patch.object(module, "plan_of", _plan_of))
        path = partial(RecordPath, parts=Parts(clock=clock, engine=engine))
        stack.enter_context(patch.object(job_agent, "RecordPath", path))
        yield


@cache
def _edges() -> tuple[tuple[Any, str], ...]:
    """Where the record path and what steers it touch threads, time, the log of the process, and the named steps."""
    names = ("threading", "_thread", "queue", "asyncio", "time", "log", "datetime", "reached")
    streams = [module for name, module in sorted(sys.modules.items()) if name.startswith("slackwater.streams.")]
    used = [module for module in streams if module.__name__.rpartition(".")[2] not in _ELSEWHERE]
    return tuple((module, name) for module in used for name in names if name in vars(module))
