"""The ports and broker properties of the embedded Kafka, and why they differ from Kafka's own."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from .embedded_kafka_errors import PortInUse

HOST: Final = "127.0.0.1"

# One node, no replicas; small internal topics so that it starts fast; nothing a test or a paused job needs expires.
SETTINGS: Final[Mapping[str, str]] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "delete.topic.enable": "true",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # It would leave every partition without a leader while transactions still end: see embedded_kafka_fence.
    "controlled.shutdown.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "2000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # Retention goes by the records' own times: with any limit, old example data would vanish while being read.
    "log.retention.ms": "-1",
    "offsets.retention.minutes": "5256000",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def write_properties(directory: Path, port: int, controller_port: int, settings: Mapping[str, str]) -> Path:
    """Write `server.properties` into `directory` for this run's ports and return its path. Raises OSError.

    The addresses are written anew on every start, as ports change between runs; `settings` come last and win.
    """
    addresses = {
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "log.dirs": str(directory / "data"),
    }
    return write(directory / "server.properties", {**addresses, **settings})


def write(path: Path, properties: Mapping[str, str]) -> Path:
    """Write the properties as Kafka reads them, and return the path. Raises OSError."""
    path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
    return path


def free_ports(wanted: int | None) -> tuple[int, int]:
    """The broker's port and the controller's, both held open while choosing, so that they differ.

    Free now: somebody else may take them before the broker does. Raises PortInUse if `wanted` is not.
    """
    with socket.socket() as broker, socket.socket() as controller:
        broker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            broker.bind((HOST, wanted or 0))
        except OSError as error:
            raise PortInUse(wanted or 0) from error
        controller.bind((HOST, 0))
        return broker.getsockname()[1], controller.getsockname()[1]
