"""A rig for each test: on SQLite, and on PostgreSQL where the log is what matters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.rig.workers import Rig


@pytest.fixture
def rig(kafka: Any, tmp_path: Path) -> Iterator[Rig]:
    found = Rig(kafka.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_rig(kafka: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """The same test on both databases."""
    log = f"sqlite:///{tmp_path}/log.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    found = Rig(kafka.bootstrap, log, tmp_path)
    try:
        yield found
    finally:
        found.close()
