"""What a database counts of a job's past equals a fold of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from tests.property.test_metrics_fold import DEEDS, Deed, Life

from slackwater.core.codec import event_text
from slackwater.core.life import life_of
from slackwater.persistence import tables as t
from slackwater.persistence.memory import MemoryStore
from slackwater.persistence.open import open_store
from slackwater.persistence.rows import event_row
from slackwater.persistence.sql_store import SqlStore

USUAL: list[Deed] = [(what, "a", "operator", 1) for what in ("start", "ack", "pause", "ack")]
"""So that most examples have a pause; what ends it is theirs."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_it_is_the_fold(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """After any legal history, as of any of its events, however many pauses are wanted, to the microsecond."""
    urls: dict[str, Callable[[], Any]] = {
        "sqlite": lambda: f"sqlite:///{tmp_path}/log.db",
        "postgresql": lambda: request.getfixturevalue("postgres_url"),
    }
    store = open_store(urls[kind](), create=True)
    assert isinstance(store, SqlStore)
    numbers, seqs = count(), count(1)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(deeds=DEEDS, back=st.integers(0, 40), most=st.sampled_from([1, 2, 1000]))
    def run(deeds: list[Deed], back: int, most: int) -> None:
        told = MemoryStore()
        Life(told).live([*USUAL, *deeds])
        name = f"a-{next(numbers)}"
        history = [
            replace(one, job_id=name, seq=next(seqs), at=one.at + timedelta(microseconds=one.version * 7919 % 1_000_000))
            for one in told.history("a")
        ]
        with store._engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(insert(t.event), [event_row(one, event_text(one.event)) for one in history])
        for until in (len(history), max(len(history) - back, 0)):
            assert store.life(name, until, most) == life_of(history[:until], most)

    try:
        run()
    finally:
        store.close()
