"""What the worker that keeps vigil does beside it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException
from tests.unit.control.given import SPEC

from slackwater.core.commands import Command
from slackwater.core.control.deploy import Deploy
from slackwater.persistence import as_of
from slackwater.persistence.open import open_store
from slackwater.streams.duties import VigilService
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.worker_settings import WorkerSettings


class Silent:
    """A vigil whose broker does not answer."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def look_at_control(self, group: str, topic: str) -> None:
        raise KafkaException(group, topic)


def test_snapshots_need_no_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look keeps one of the log if it is due, also while Kafka is away."""
    monkeypatch.setattr(as_of, "SNAPSHOT_EVENTS", 2)
    monkeypatch.setattr(as_of, "_CHUNK_EVENTS", 2)
    store = open_store(f"sqlite:///{tmp_path}/log.db", create=True)
    for n in range(3):
        store.handle(Command(f"c-{n}", f"job-{n}", Deploy(SPEC), "ana", "api", datetime.now(UTC)))
    service = VigilService(None, store, WorkerSettings(KafkaConnection("127.0.0.1:1")))
    with pytest.raises(KafkaException):
        service._look(Silent())  # type: ignore[arg-type]
    snapshot = store.snapshot(0)
    assert snapshot is not None
    assert (snapshot.seq, sorted(snapshot.jobs)) == (2, ["job-0", "job-1"])
    store.close()
