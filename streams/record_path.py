"""The record path of one job in one worker: Source → Engine → Sink, on two threads.

One thread owns the consumer and is the only one to touch it (consume, pause, resume, committed, callbacks); the other runs
SQL, produces and commits. While one batch is worked on the next is fetched; at most one waits. No record is ever held
anywhere else. The rules that made this exact under rebalances and SIGKILL are docs/decisions/0006-record-path.md.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from confluent_kafka import KafkaException

from slackwater.core.coverage import Stance
from slackwater.core.cut import Cut
from slackwater.core.sql.plan import JobPlan
from slackwater.core.want import Want

from .engine import Engine, PoisonRecord
from .kafka_connection import KafkaConnection
from .sink import OutputTooLarge, Sink
from .source import Source
from .standing import Counts, PathFailure, Standing
from .taken import SourceFailed, Taken
from .transaction import Transaction

log = structlog.get_logger()

BATCH_RECORDS_MAX: Final = 20_000
CONSUME_TIMEOUT_S: Final = 0.05
DRAIN_TIMEOUT_S: Final = 30.0
RETRY_PAUSE_S: Final = 0.5


class RecordPath:
    """Moves one job's records while the want is to run, and proves stillness when it is not.

    `want` may be called from any thread and repeats without harm. `on_change` is called from the path's threads whenever
    `standing` or `failure` changed, or a fresh word from the log is needed; it must not block.
    """

    def __init__(
        self,
        job_id: str,
        plan: JobPlan,
        connection: KafkaConnection,
        worker: str,
        *,
        last_cut: Cut,
        on_change: Callable[[], None],
    ) -> None:
        self.job_id = job_id
        self.counts = Counts()
        self.standing: Standing | None = None
        self.failure: PathFailure | None = None
        self._on_change = on_change
        sink = Sink(job_id, connection, worker, plan.dead_letter_topic)
        self._transaction = Transaction(job_id, Engine(plan), sink, self.counts)
        self._source = Source(job_id, plan, connection, worker, last_cut=last_cut, drain=self._drain, on_assigned=on_change)
        self._want: Want | None = None
        self._want_as_of = 0.0
        self._state = threading.Condition()
        self._waiting: Taken | None = None
        self._working = False
        self._broken: Exception | None = None
        self._closing = False
        self._threads = [
            threading.Thread(target=self._own, name=f"source-{job_id}", daemon=True),
            threading.Thread(target=self._work, name=f"work-{job_id}", daemon=True),
        ]

    def start(self) -> None:
        """Join the job's consumer group. Nothing is taken before the first `want`."""
        for thread in self._threads:
            thread.start()

    def want(self, want: Want, as_of: float) -> None:
        """What the log wants, as read at monotonic time `as_of`. A word older than one already heard is dropped."""
        with self._state:
            if as_of < self._want_as_of:
                return
            self._want, self._want_as_of = want, as_of
            self._state.notify_all()

    @property
    def is_alive(self) -> bool:
        """False once the path has released its partitions or failed."""
        return self._threads[0].is_alive()

    def close(self, timeout_s: float = DRAIN_TIMEOUT_S) -> None:
        """Finish and commit what was taken, leave the group. Blocks; closing twice is fine."""
        with self._state:
            self._closing = True
            self._state.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout_s)

    # The owner's thread.

    def _own(self) -> None:
        try:
            self._source.open()
            while not self._closing and self.failure is None and not self._turn():
                pass
        except SourceFailed as error:
            self._fail(error.code, str(error))
        except Exception as error:
            log.exception("the record path died", job_name=self.job_id)
            self._fail("record_path", f"{type(error).__name__}: {error}")
        finally:
            self._drain()
            self._closing = True
            with self._state:
                self._state.notify_all()
            self._threads[1].join(DRAIN_TIMEOUT_S)
            self._source.close()
            self._on_change()

    def _turn(self) -> bool:
        """One round of the owner. True when the path is done."""
        if self._broken is not None:
            self._rewind()
        want, as_of = self._want, self._want_as_of
        if want is None or as_of <= self._source.assigned_at:
            # A partition is taken from only after a word from the log that is younger than its assignment.
            self._source.hold()
            self._source.serve(CONSUME_TIMEOUT_S)
        elif want.stance is Stance.RUNNING:
            self._run(want)
        else:
            self._source.hold()
            self._drain()
            if self._broken is None and self._vouch(want) and want.stance is Stance.RELEASED:
                return True
            self._source.serve(CONSUME_TIMEOUT_S)
        return False

    def _run(self, want: Want) -> None:
        self._source.release()
        self._vouch(want)
        taken = self._source.take(BATCH_RECORDS_MAX, CONSUME_TIMEOUT_S)
        if taken is not None:
            self._hand_over(taken)

    def _hand_over(self, taken: Taken) -> None:
        with self._state:
            while self._waiting is not None and self._broken is None:
                self._state.wait(0.5)
            if self._broken is None:
                self._waiting = taken
                self._state.notify_all()

    def _drain(self) -> None:
        """Wait until everything taken is committed, or the working thread is known to be broken."""
        deadline = time.monotonic() + DRAIN_TIMEOUT_S
        with self._state:
            while (self._waiting is not None or self._working) and self._broken is None:
                left = deadline - time.monotonic()
                if left <= 0 or not self._threads[1].is_alive():
                    self._broken = TimeoutError("the drain took too long")
                    return
                self._state.wait(left)

    def _vouch(self, want: Want) -> bool:
        """Read the stable committed offsets back from Kafka, once for each change of epoch or assignment."""
        if not self._source.has_assignment:
            return False
        standing = self.standing
        if standing is not None and standing.want == want and self._source.vouched:
            return True
        offsets = self._source.vouched_offsets()
        if offsets is None:
            return False
        self._source.vouched = True
        self.standing = Standing(want, offsets, self._source.partition_counts())
        self._on_change()
        return True

    def _rewind(self) -> None:
        """After an unknown result: a new producer, then back to what Kafka says is committed."""
        log.warning("rewinding to the committed offsets", job_name=self.job_id, cause=str(self._broken))
        with self._state:
            while self._working:
                self._state.wait(0.5)
            self._waiting = None
        try:
            self._transaction.sink.rebuild()
            self._source.rewind()
        except KafkaException as error:
            log.warning("cannot rewind yet", job_name=self.job_id, cause=str(error))
            self._source.serve(RETRY_PAUSE_S)
            return
        self.counts.rebuilt += 1
        with self._state:
            self._broken = None
            self._state.notify_all()

    def _fail(self, code: str, message: str) -> None:
        if self.failure is None:
            self.failure = PathFailure(code, message)
        self._on_change()

    # The working thread.

    def _work(self) -> None:
        try:
            self._transaction.open(lambda: self._closing)
            while (taken := self._next()) is not None:
                self._one(taken)
        finally:
            self._transaction.sink.drop()
            with self._state:
                self._working = False
                self._state.notify_all()

    def _next(self) -> Taken | None:
        with self._state:
            while self._waiting is None or self._broken is not None:
                if self._closing or self.failure is not None:
                    return None
                self._state.wait(0.5)
            taken, self._waiting = self._waiting, None
            self._working = True
            self._state.notify_all()
            return taken

    def _one(self, taken: Taken) -> None:
        """One batch, one transaction."""
        broken: Exception | None = None
        try:
            self._transaction.run(taken, lambda: self._source.group)
        except PoisonRecord as error:
            self._fail("poison_record", str(error))
            broken = error
        except OutputTooLarge as error:
            self._fail("output_too_large", str(error))
            broken = error
        except Exception as error:
            broken = error
        if broken is not None:
            # Whatever was written is aborted by the next init_transactions of this id, at the latest by its timeout.
            self._transaction.give_up()
        with self._state:
            self._working = False
            self._broken = self._broken or broken
            self._state.notify_all()
