"""AsyncAdmin: the same names and the same core as Admin, for programs with an event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import wraps
from typing import Any, Self

from slackwater.core.recorded import Recorded
from slackwater.persistence.store import Unreadable

from .api import Admin
from .watching import WAIT_S, next_events, position

_METHODS = (
    "deploy_job", "rollback_job", "start_job", "pause_job", "resume_job", "stop_job", "drain_job",
    "kill_job", "ask", "ask_each", "catch_up", "list_jobs", "get_job_status", "get_job_details", "kafka_state", "history",
    "state_as_of", "export", "audit", "verify",
    "policy", "set_flag", "set_window", "remove_window", "upcoming_windows", "set_rule", "remove_rule", "watched_jobs",
)  # fmt: skip


class AsyncAdmin:
    """Every call runs on a thread, so the loop is never blocked; arguments, results and errors are Admin's."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin

    @classmethod
    async def connect(cls, *args: Any, **kwargs: Any) -> Self:
        """As `Admin.connect`."""
        return cls(await asyncio.to_thread(Admin.connect, *args, **kwargs))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give up connections. Closing twice is fine."""
        await asyncio.to_thread(self._admin.close)

    async def events(self, since: int | None = None, *, follow: bool = True) -> AsyncIterator[Recorded | Unreadable]:
        """As `Admin.events`. Leaving the loop ends it at once; nothing is read ahead of it."""
        store = self._admin.store
        after = await asyncio.to_thread(position, store, since)
        while True:
            found = await asyncio.to_thread(next_events, store, after, WAIT_S if follow else 0)
            for recorded in found:
                yield recorded
            if found:
                after = found[-1].seq
            elif not follow:
                return

    async def watch(
        self, names: Sequence[str] = (), selector: str | None = None, *, since: int | None = None, follow: bool = True
    ) -> AsyncIterator[Recorded | Unreadable]:
        """As `Admin.watch`."""
        chosen = self._admin.chosen(names, selector)
        async for recorded in self.events(since, follow=follow):
            if await asyncio.to_thread(chosen.fits, recorded):
                yield recorded

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """`Admin`'s method of that name, awaited."""
        if name not in _METHODS:
            raise AttributeError(f"AsyncAdmin has no attribute {name!r}")
        method = getattr(self._admin, name)

        @wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(method, *args, **kwargs)

        return call
