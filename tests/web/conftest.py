"""A server over a SQLite log, asked in this process or over a real socket."""

import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from httpx import ASGITransport, AsyncClient
from tests.web.story import Story

from slackwater.admin.web.app import make_app
from slackwater.admin.web.context import new_web
from slackwater.admin.web.serve import listen
from slackwater.admin.web.settings import WebSettings, web_settings
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection

Client = Callable[..., Any]
ORIGIN = "http://127.0.0.1"


@pytest.fixture(scope="session")
def empty_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: every test gets a copy."""
    path = tmp_path_factory.mktemp("log") / "log.db"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture
def url(empty_log: Path, tmp_path: Path) -> str:
    shutil.copy(empty_log, tmp_path / "log.db")
    return f"sqlite:///{tmp_path}/log.db"


@pytest.fixture
def store(url: str) -> Iterator[EventStore]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def story(store: EventStore) -> Story:
    """Three jobs that run."""
    story = Story(store)
    for job, labels in {"a": {"team": "payments"}, "b": {"team": "payments"}, "c": {"team": "orders"}}.items():
        story.run(job, labels=labels)
    return story


@pytest.fixture
async def client(store: EventStore) -> AsyncIterator[Client]:
    """Makes clients of servers over the log: `client()`, `client(web_settings(…))`. Errors nobody foresaw are answers."""
    async with AsyncExitStack() as stack:

        async def make(settings: WebSettings | None = None, **more: Any) -> AsyncClient:
            app = make_app(new_web(store, None, settings or web_settings("127.0.0.1", 8321)))
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = ASGITransport(app, raise_app_exceptions=False)
            return await stack.enter_async_context(AsyncClient(transport=transport, base_url=ORIGIN, **more))

        yield make


class Served:
    """A server on a port of its own, in a thread."""

    def __init__(self, store: EventStore, settings: WebSettings, kafka: KafkaConnection | None = None) -> None:
        self.app = make_app(new_web(store, kafka, settings))
        self._listener = listen(settings)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(self.app, log_level="warning", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    @property
    def connections(self) -> int:
        """Sockets that are open to us."""
        return len(self._server.server_state.connections)

    def __enter__(self) -> "Served":
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listener.close()
        assert not self._thread.is_alive(), "the server did not end"


@pytest.fixture
def served(store: EventStore) -> Iterator[Callable[..., Served]]:
    """Makes servers: `served()`, or with settings. Each ends with the test."""
    with ExitStack() as stack:

        def make(settings: WebSettings | None = None) -> Served:
            return stack.enter_context(Served(store, settings or web_settings("127.0.0.1", 0)))

        yield make
