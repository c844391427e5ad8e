"""A bounded piece of `make chaos`, for every run: a death, a sleeper, late requests, an append cut short, a broker gone."""

from pathlib import Path
from typing import Any

import pytest
from tests.rig.workers import Rig

from .appender import command_dies
from .dying import die_at
from .faults import broker_killed
from .wire_faults import end_txn_late

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize(("step", "by"), [("offsets_sent", "kill"), ("vouched", "stop")])
def test_death_at_a_step(kafka: Any, tmp_path: Path, step: str, by: str) -> None:
    """Wherever a worker dies or sleeps: nothing lost, nothing twice, no pause without proof, for a live reader too."""
    rig = Rig(kafka.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path)
    try:
        die_at(rig, step, by)
    finally:
        rig.close()


def test_an_end_txn_that_comes_late(tmp_path: Path) -> None:
    """KIP-890 is not in librdkafka: a late EndTxn must find its producer fenced, and must not close a later transaction."""
    end_txn_late(tmp_path, 5)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_death_in_an_append(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A command that dies after any statement leaves all of its events or none, and may be asked again."""
    log = f"sqlite:///{tmp_path}/log.db" if database == "sqlite" else request.getfixturevalue("postgres_url")
    command_dies(
        log, tmp_path, "kill", ("append_begun", "append_chain_locked", "append_command_inserted", "append_committed")
    )


def test_the_broker_is_killed(tmp_path: Path) -> None:
    """Back on its port, work goes on without an operator."""
    broker_killed(tmp_path, 1)
