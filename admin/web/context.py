"""What every request stands on: the log, the broker if there is one, and who is who."""

from dataclasses import dataclass

from starlette.requests import Request

from slackwater.persistence.store import EventStore
from slackwater.streams.kafka_connection import KafkaConnection

from ..api import Admin
from .caller import Caller, Callers
from .observer import Observer
from .settings import WebSettings
from .signed import Signer
from .tail import LogTail

CHANNEL = "http"


@dataclass(frozen=True, slots=True)
class Web:
    """One for each server."""

    store: EventStore
    kafka: KafkaConnection | None
    settings: WebSettings
    signer: Signer
    callers: Callers
    observer: Observer
    tail: LogTail

    def admin(self, caller: Caller | None) -> Admin:
        """The Admin that asks in this caller's name. A broker that does not answer now is not waited for again."""
        kafka = self.kafka if self.observer.answers else None
        return Admin(self.store, kafka=kafka, actor=caller.actor if caller else None, channel=CHANNEL)


def new_web(store: EventStore, kafka: KafkaConnection | None, settings: WebSettings) -> Web:
    """Nothing runs yet."""
    signer = Signer(settings.tokens)
    callers = Callers(settings, signer)
    return Web(store, kafka, settings, signer, callers, Observer(store, kafka), LogTail(store))


def web_of(request: Request) -> Web:
    """What the request stands on."""
    web: Web = request.app.state.web
    return web


def admin_of(request: Request) -> Admin:
    """The Admin that asks in the caller's name."""
    caller: Caller | None = request.state.caller
    return web_of(request).admin(caller)
