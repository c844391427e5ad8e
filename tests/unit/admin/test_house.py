"""A house's own processes: one that ends at its start is noticed at once, a port that is taken is not the end."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rig.ports import free_port

from slackwater.admin import house as h
from slackwater.admin.errors import Unavailable
from slackwater.admin.house import House
from slackwater.streams.embedded_kafka import EmbeddedKafka


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(EmbeddedKafka, "bootstrap", "127.0.0.1:9")
    with House(tmp_path) as found:
        found.open_log()
        yield found


def test_a_port_that_another_house_took_meanwhile(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It seemed free, and was taken when the process came to it: the next one it is, and what failed is no death."""
    first = free_port()
    monkeypatch.setattr(h, "free_port", lambda port: port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        assert house.start_web(first) > first
    house.check()


def test_a_worker_that_ends_at_its_start(tmp_path: Path, house: House) -> None:
    """Told with its last words, without waiting for what will not come."""
    (tmp_path / "log.db").write_bytes(b"no database" * 100)
    with pytest.raises(Unavailable) as told:
        house.start_worker()
    assert told.value.code == "worker_died"
    assert "error: " in told.value.message
    assert str(tmp_path / "worker.log") in str(told.value.hint)
