"""One batch, one Kafka transaction: run the engine, write, commit outputs and offsets together."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from confluent_kafka import KafkaException

from slackwater.persistence.steps import reached

from .counts import Counts
from .engine import Engine, Outcome
from .patience import as_unmendable
from .sink import Sink
from .standing import Unmendable
from .taken import Taken

log = structlog.get_logger()
RETRY_PAUSE_S: Final = 0.5


class PartitionsLost(Exception):
    """Someone else may own the partitions already: the batch must not be committed."""


@contextmanager
def _located(taken: Taken) -> Iterator[None]:
    """What no retry mends says which records it came from."""
    try:
        yield
    except Unmendable as error:
        raise Unmendable(error.code, f"{taken.where}: {error}") from error


class Transaction:
    """Engine and sink of one job, used by its working thread."""

    def __init__(self, job_id: str, engine: Engine, sink: Sink, counts: Counts) -> None:
        self.sink = sink
        self._job_id = job_id
        self._engine = engine
        self._counts = counts

    def open(self, is_over: Callable[[], bool]) -> None:
        """Fence the slot's older producer; again until it works or there is no more need. Raises Unmendable."""
        while not is_over():
            try:
                return self.sink.open()
            except KafkaException as error:
                final = as_unmendable(error.args[0])
                if final is not None:
                    raise final from error
                log.warning("the producer cannot start yet", job_name=self._job_id, cause=str(error))
                time.sleep(RETRY_PAUSE_S)
        return None

    def run(self, taken: Taken, group: Callable[[], Any]) -> None:
        """Write what the batch comes to and commit it with its offsets.

        `group` gives the newest group metadata. Raises Unmendable, PartitionsLost, KafkaException; after
        any of them nothing of the batch is visible, or the result is unknown and the sink must be rebuilt.
        """
        began = time.perf_counter()
        outcomes = []
        for batch in taken.batches():
            outcome = self._engine.run(batch)
            reached("computed")
            with _located(taken):
                self.sink.write(outcome)
            reached("written")
            outcomes.append(outcome)
        # In this order: who lost the partitions and joined anew must not commit as the new member.
        membership = group()
        if taken.lost.is_set():
            raise PartitionsLost("the partitions were lost while the batch was worked on")
        with _located(taken):
            self.sink.commit(taken.offsets, membership)
        reached("committed")
        self._count(taken, outcomes, time.perf_counter() - began)

    def _count(self, taken: Taken, outcomes: list[Outcome], seconds: float) -> None:
        counts = self._counts
        counts.records += taken.records
        counts.committed = taken.offsets
        counts.batch_s.add(seconds)
        counts.last_record_at = datetime.now(UTC)
        for outcome in outcomes:
            counts.bytes_in += outcome.bytes_in
            counts.bytes_out += outcome.bytes_out
            counts.outputs += sum(map(len, outcome.outputs.values()))
            counts.dead_letters += len(outcome.dead_letters)

    def close(self) -> None:
        """Drop producer and engine."""
        self.sink.drop()
        self._engine.close()

    def give_up(self) -> None:
        """Abort if that works; else the next `init_transactions` of this id does, at the latest the timeout."""
        try:
            self.sink.abort()
        except KafkaException as error:
            log.warning("abort failed; the producer is rebuilt", job_name=self._job_id, cause=str(error))
