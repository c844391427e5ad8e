"""A long log, written in bulk: what asking it costs."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

from sqlalchemy import Connection, insert, update

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.job import Job
from slackwater.core.settle import settle
from slackwater.core.spec import JobSpec
from slackwater.persistence import tables as t
from slackwater.persistence.rows import event_row, job_row, recorded_of
from slackwater.persistence.sql_store import SqlStore
from slackwater.persistence.store import Head

BATCH_ROWS = 10_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SPEC = JobSpec("SELECT * FROM orders", inputs=("orders",))


def fill(store: SqlStore, events: int, jobs: int) -> None:
    """Append about `events` events of `jobs` jobs that are paused and resumed, in turn, in one transaction."""
    with store._engine.connect().execution_options(write=True) as connection, connection.begin():
        _fill((connection,), store.head(), events, jobs)


def fill_alike(stores: Sequence[SqlStore], events: int, jobs: int) -> None:
    """The same into several empty logs: it is the making of the events that takes long."""
    with ExitStack() as stack:
        connections = [stack.enter_context(store._engine.connect().execution_options(write=True)) for store in stores]
        for connection in connections:
            stack.enter_context(connection.begin())
        _fill(connections, stores[0].head(), events, jobs)


def _fill(connections: Sequence[Connection], head: Head, events: int, jobs: int) -> None:
    folded: dict[str, Job] = {}
    rows: list[dict[str, Any]] = []
    seq, prev_hash = head
    for n, (name, verb) in enumerate(islice(_verbs(jobs, folded), events)):
        command = Command(f"fill-{n}", name, verb, "ana", "api", BEGAN + timedelta(seconds=n))
        for step in settle(folded.get(name), command).steps:
            seq += 1
            recorded = recorded_of(step, command, seq, prev_hash)
            rows.append(event_row(recorded, step.text))
            prev_hash = recorded.hash
            folded[name] = step.after
        if len(rows) >= BATCH_ROWS or seq >= events:
            for connection in connections:
                connection.execute(insert(t.event), rows)
            rows.clear()
        if seq >= events:
            break
    for connection in connections:
        connection.execute(insert(t.job), [job_row(job) for job in folded.values()])
        connection.execute(update(t.chain).values(seq=seq, hash=prev_hash))


def _verbs(jobs: int, folded: dict[str, Job]) -> Iterator[tuple[str, Verb]]:
    names = [f"job-{n}" for n in range(jobs)]
    for verb in (Deploy(SPEC), Start()):
        for name in names:
            yield name, verb
    for life in cycle((Stance.RUNNING, Pause("why"), Stance.STILL, Resume(hold=None))):
        for name in names:
            yield name, life if not isinstance(life, Stance) else _ack(folded[name], life)


def _ack(job: Job, stance: Stance) -> Ack:
    return Ack("w-1", job.epoch, stance, cut_of({("orders", 0): job.version}), {"orders": 1})


def seconds(store: SqlStore, sql: str) -> float:
    """How long the store takes to answer."""
    began = time.perf_counter()
    store.query(sql)
    return time.perf_counter() - began
