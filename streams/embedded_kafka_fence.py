"""A broker that ended is declared dead before it starts again, or Kafka drops what it had decided to make visible.

A transaction is decided first; its markers are written afterwards. Where a partition has no leader at that moment,
Kafka takes it for a deleted one, skips its marker and calls the transaction complete (TransactionMarkerChannelManager
of 4.3: "likely deleted already and hence can be skipped"): outputs and offsets then stay undecided, or fall with a
later transaction that is aborted. A cluster of one node has such moments. It comes back, takes itself for the leader
of everything, gets ready to write the markers that are missing, and then its controller notices that the old
incarnation is dead. And a controlled shutdown takes all leaders away while transactions still end. So there is no
controlled shutdown here, and the death is on record before the broker starts: its coordinators begin with the leaders
of now. Where it was killed this also saves the nine seconds that a controller waits for it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from .embedded_kafka_settings import HOST, SETTINGS, write

FENCED: Final = "because its session has timed out"
STARTED: Final = "Kafka Server started"
SETTLE_S: Final = 1.0
"""A controller that is up and has fenced nobody for so long has nobody to fence."""
SESSION_MS: Final = 100


def has_run(directory: Path) -> bool:
    """True if a broker ran in `directory` before."""
    return (directory / "data" / "__cluster_metadata-0").exists()


def fence(keeper: Sequence[str], directory: Path, port: int, log: IO[str], deadline: float) -> None:
    """Run the controller alone on `port` until it has fenced the broker that ended in `directory`.

    `keeper` runs a Kafka of the properties that follow it. What it says goes to `log`. Past `deadline` (monotonic) it
    gives up: the broker then starts as Kafka would. Raises OSError.
    """
    settings = {
        "process.roles": "controller",
        "node.id": SETTINGS["node.id"],
        "controller.listener.names": SETTINGS["controller.listener.names"],
        "listeners": f"CONTROLLER://{HOST}:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": f"{SETTINGS['node.id']}@{HOST}:{port}",
        "log.dirs": str(directory / "data"),
        "broker.session.timeout.ms": str(SESSION_MS),
        "broker.heartbeat.interval.ms": str(SESSION_MS // 2),
    }
    properties = write(directory / "controller.properties", settings)
    with subprocess.Popen(
        [*keeper, str(properties)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
    ) as controller:
        try:
            started_at = None
            while controller.poll() is None and time.monotonic() < deadline:
                said = Path(log.name).read_text(errors="replace")
                if FENCED in said or (started_at is not None and time.monotonic() - started_at > SETTLE_S):
                    break
                if started_at is None and STARTED in said:
                    started_at = time.monotonic()
                time.sleep(0.05)
        finally:
            controller.terminate()
