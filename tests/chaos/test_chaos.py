"""A bounded piece of `make chaos`, for every run: one death in mid-transaction, one sleeper, one late EndTxn, one broker."""

from pathlib import Path
from typing import Any

import pytest
from tests.rig.workers import Rig

from .faults import broker_killed, end_txn_late
from .story import die_at

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize(("step", "by"), [("offsets_sent:3", "kill"), ("written:3", "stop"), ("vouched:2", "kill")])
def test_death_at_a_step(kafka: Any, tmp_path: Path, step: str, by: str) -> None:
    """Wherever a worker dies or sleeps: nothing lost, nothing twice, no pause without proof, for a live reader too."""
    rig = Rig(kafka.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path)
    try:
        assert die_at(rig, step, by), "the step was not reached"
    finally:
        rig.close()


def test_an_end_txn_that_comes_late(tmp_path: Path) -> None:
    """KIP-890 is not in librdkafka: a late EndTxn must find its producer fenced, and must not close a later transaction."""
    assert end_txn_late(tmp_path)["hits"] > 0


def test_the_broker_is_killed(tmp_path: Path) -> None:
    """Back on its port, work goes on without an operator."""
    broker_killed(tmp_path)
