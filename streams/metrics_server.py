"""The worker's HTTP face for machines: `/metrics`, `/healthz`, `/readyz`, on a thread of its own."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.registry import Collector

from slackwater.core.histogram import Histogram

from .health import Health
from .metric_samples import Sample
from .metrics import BY_NAME, CATALOGUE, Kind

_FAMILIES: Final[dict[Kind, Any]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
    Kind.HISTOGRAM: HistogramMetricFamily,
}
Respond = Callable[[str, list[tuple[str, str]]], Any]


def families(samples: Iterable[Sample]) -> Iterator[Metric]:
    """The samples as Prometheus takes them, in the order of the catalogue. Raises KeyError for one that is not in it."""
    found: dict[str, Any] = {}
    for name, labels, value in samples:
        family = found.get(name)
        if family is None:
            metric = BY_NAME[name]
            family = found[name] = _FAMILIES[metric.kind](name, metric.help, labels=metric.labels)
        if isinstance(value, Histogram):
            family.add_metric(labels, list(value.cumulative()), value.total)
        else:
            family.add_metric(labels, value)
    return (found[metric.name] for metric in CATALOGUE if metric.name in found)


class Shown(Protocol):
    """What has something to show. Must not raise."""

    def start(self) -> None:
        """Before the first scrape."""

    def samples(self) -> Iterable[Sample]:
        """Every value now."""
        ...

    def close(self) -> None:
        """After the last. Closing twice is fine."""


class Collected(Collector):
    """What is shown, as Prometheus' own registry takes it."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown

    def collect(self) -> Iterator[Metric]:
        """Every family that has a value now."""
        return families(self._shown.samples())

    def describe(self) -> list[Metric]:
        """Nothing: else the registry would ask for samples when it is told of us."""
        return []


class _Quiet(WSGIRequestHandler):
    timeout = 30  # a client that says nothing does not keep its thread for ever

    def log_message(self, format: str, *args: Any) -> None:
        """A scrape every few seconds is nothing to log."""


class MetricsServer:
    """Serves from the moment it is made; `show` adds what a worker knows. Closing twice is fine.

    Raises OSError if the port is taken or the host is none of this machine's.
    """

    def __init__(self, host: str, port: int) -> None:
        self.health = Health()
        self._shown: list[Shown] = []
        self._registry = CollectorRegistry()
        self._metrics = make_wsgi_app(self._registry)
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        kind = type("_Server", (ThreadingWSGIServer,), {"address_family": family})
        self._server: WSGIServer = make_server(host, port, self._answer, kind, _Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port)

    def show(self, shown: Shown) -> None:
        """Ask for its samples at every scrape, on the scrape's thread."""
        self._shown.append(shown)
        shown.start()
        self._registry.register(Collected(shown))

    def close(self) -> None:
        """Answer no more."""
        for shown in self._shown:
            shown.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)

    def _answer(self, environ: dict[str, Any], respond: Respond) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                return self._metrics(environ, respond)  # type: ignore[no-any-return]
            case "/healthz":
                return self._probe(self.health.is_alive, respond)
            case "/readyz":
                return self._probe(self.health.is_ready, respond)
            case _:
                respond("404 Not Found", [("Content-Type", "text/plain")])
                return [b"/metrics, /healthz, /readyz\n"]

    def _probe(self, is_ok: bool, respond: Respond) -> Iterable[bytes]:
        respond("200 OK" if is_ok else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [json.dumps({"ok": is_ok, **self.health.told()}).encode() + b"\n"]
