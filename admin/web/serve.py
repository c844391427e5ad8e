"""Running the server until it is told to end."""

import contextlib
import gc
import socket
import sys
from typing import Final

import uvicorn

from slackwater.persistence.open import open_store

from ..desk import translated
from ..errors import SlackwaterError
from ..house import end_on_signals
from ..settings import load_settings
from .app import make_app
from .context import new_web
from .events import SEND_TIMEOUT_S
from .settings import WebSettings

STOP_TIMEOUT_S: Final = 5
BACKLOG: Final = 128


class _Server(uvicorn.Server):
    """Keeps what was made ready out of the collector's sight: every third page waited 90 ms while it was looked through."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn. Returned, the app's lifespan has begun and it listens."""
        await super().startup(sockets)
        gc.freeze()


def serve(log: str | None, kafka: str | None, settings: WebSettings) -> None:
    """Until SIGINT or SIGTERM. Raises Unavailable for a log that does not answer, SlackwaterError `port_in_use`."""
    known = load_settings(log, kafka)
    url, connection = known.need_log(), known.connection()
    with translated():
        store = open_store(url)
    try:
        listener = listen(settings)
        try:
            app = make_app(new_web(store, connection, settings))
            config = uvicorn.Config(
                app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=STOP_TIMEOUT_S
            )
            end_on_signals()
            shown = f"[{settings.host}]" if ":" in settings.host else settings.host or "0.0.0.0"
            mode = "  (read only)" if settings.read_only else ""
            print(f"http://{shown}:{settings.port}/{mode}", file=sys.stderr, flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                # Once it has ended its requests the server gives the signal on, and that is how it is meant to end.
                _Server(config).run(sockets=[listener])
        finally:
            listener.close()
    finally:
        store.close()


def listen(settings: WebSettings) -> socket.socket:
    """The bound socket. Raises SlackwaterError `port_in_use`, `bad_host`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host or "0.0.0.0", settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SlackwaterError("bad_host", f"{settings.host} is no address: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Its connections inherit it: the kernel drops one whose other end takes nothing, with all that is buffered for it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SEND_TIMEOUT_S * 1000))
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SlackwaterError(
            "port_in_use", f"{settings.host}:{settings.port}: {error.strerror}", hint="name another with --port"
        ) from error
    return listener
