"""The record path of one job in one worker: Source → Engine → Sink, on two threads.

One thread owns the consumer and is the only one to touch it; the other runs SQL, produces and commits. While one batch is
worked on the next is fetched; at most one waits, nowhere else. Why this is exact: docs/decisions/0006-record-path.md.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from slackwater.core.coverage import Stance
from slackwater.core.sql.plan import JobPlan
from slackwater.core.want import Want
from slackwater.persistence.steps import reached

from .allowance import Allowance
from .counts import Counts
from .handover import Handover
from .kafka_connection import KafkaConnection
from .logging_setup import about
from .open_outputs import OpenOutputs
from .parts import REAL, Parts
from .patience import Patience
from .proof import DRAIN_TIMEOUT_S, Proof
from .sink import Sink
from .source import Source
from .standing import PathFailure, Standing, Unmendable
from .taken import Taken
from .topic_identity import arrive
from .transaction import Transaction

log = structlog.get_logger()

BATCH_RECORDS_MAX: Final = 20_000
CONSUME_TIMEOUT_S: Final = 0.05
LEASE_S: Final = 30.0
"""A word from the log holds for so long. A worker that cannot reach the log any more holds still rather than guess."""


class RecordPath:
    """Moves one job's records while the want is to run, and proves stillness when it is not.

    `want` may be called from any thread and repeats without harm. `on_change` is called from the path's threads whenever
    `standing` or `failure` changed, or a word from the log is needed; it must not block.
    """

    def __init__(
        self,
        job_id: str,
        plan: JobPlan,
        connection: KafkaConnection,
        worker: str,
        *,
        topics: Mapping[str, str],
        counts: Counts,
        on_change: Callable[[], None],
        parts: Parts = REAL,
    ) -> None:
        self.job_id = job_id
        self.standing: Standing | None = None
        self.failure: PathFailure | None = None
        self._plan, self._topics = plan, dict(topics)
        self._clock, self._connection, self._on_change = parts.clock, connection, on_change
        sink = Sink(job_id, connection, worker, plan, parts.clock)
        self._transaction = Transaction(job_id, parts.engine(plan), sink, counts)
        self._source = Source(job_id, plan, connection, worker, on_assigned=on_change, clock=parts.clock)
        self._handover, self._patience = Handover(), Patience(counts)
        self._allowance = Allowance(parts.clock)
        self._want: tuple[Want | None, float] = (None, 0.0)
        self._at = "before the first record"
        self._owner = threading.Thread(target=self._own, name=f"source-{job_id}", daemon=True)
        self._worker = threading.Thread(target=self._work, name=f"work-{job_id}", daemon=True)
        outputs = OpenOutputs(connection, plan.written_topics, parts.clock)
        self._proof = Proof(self._source, sink, self._handover, outputs, self._worker)

    def start(self) -> None:
        """Join the job's consumer group. Nothing is taken before the first `want`."""
        self._worker.start()
        self._owner.start()

    def want(self, want: Want, as_of: float) -> None:
        """What the log wants, as read at monotonic time `as_of`. A word older than one already heard is dropped."""
        if as_of >= self._want[1]:
            self._want = (want, as_of)

    @property
    def is_alive(self) -> bool:
        """False once the path has released its partitions or failed."""
        return self._owner.is_alive()

    def close(self, timeout_s: float = DRAIN_TIMEOUT_S) -> None:
        """Finish and commit what was taken, leave the group. Blocks; closing twice is fine."""
        self._handover.end()
        for thread in (self._owner, self._worker):
            if thread.ident is not None:
                thread.join(timeout_s)

    def _own(self) -> None:
        try:
            while not self._handover.is_over and not self.step():
                pass
        finally:
            self.leave()

    def leave(self) -> None:
        """Finish and commit what was taken (of a killed job: throw it away), end the working thread, leave the group."""
        self._proof.let_go(self._want[0])
        self._handover.end()
        if self._worker.ident is not None:
            self._worker.join(DRAIN_TIMEOUT_S)
        self._source.close()
        self._on_change()

    def step(self) -> bool:
        """One round of the owner: join the group if that is still to do, then one turn. True when the path is done."""
        try:
            if not self._source.is_open:
                if not self._handover.empty(CONSUME_TIMEOUT_S):
                    return False  # a batch that hangs: to join would take partitions from those who work
                self._topics = arrive(self._connection, self._plan, self._topics)
                self._source.open()
            return self._turn()
        except Exception as error:
            self._leave_for(error)
            return False

    def _leave_for(self, error: Exception) -> None:
        """Leave the group, then fail or wait: the committed offsets are where the next try begins.

        What the working thread holds came from this membership; without it nothing of it may be committed.
        """
        self._handover.spoil(error)
        if self._handover.empty(DRAIN_TIMEOUT_S):
            self._transaction.give_up()
        try:
            pause_s = self._patience.failed(error, self._at)
        except Unmendable as final:
            self._fail(final)
            return
        log.warning("joining anew", job_name=self.job_id, cause=f"{type(error).__name__}: {error}", wait_s=pause_s)
        self._source.close()
        self._handover.wait_for_end(pause_s)

    def _turn(self) -> bool:
        if self._handover.broken is not None:
            self._rewind(self._handover.broken)
        want, as_of = self._want
        about(self.job_id, want)
        if want is None or as_of <= self._source.assigned_at or self._clock() - as_of > LEASE_S:
            self._source.hold()  # until a word from the log that is younger than the assignment, and not too old
            self._source.serve(CONSUME_TIMEOUT_S)
            return False
        if want.at_once:
            return True
        self._source.place(want)
        if want.stance is Stance.RUNNING:
            self._run(want)
        else:
            if self._proof.hold_still() and self._vouch(want) and want.stance is Stance.RELEASED:
                return True
            self._source.serve(CONSUME_TIMEOUT_S)
        return False

    def _run(self, want: Want) -> None:
        if not self._is_vouched(want) and self._source.has_assignment:
            if not self._proof.hold_still():
                return
            self._source.skip(want.skips)
            self._source.refuse_gaps()
            self._vouch(want)
        if self.standing is None or not (self._is_vouched(want) and self.standing.is_cleared_by(want)):
            self._source.serve(CONSUME_TIMEOUT_S)
            return
        count = self._allowance.records(want.cap, self.standing, BATCH_RECORDS_MAX)
        if count == 0:
            self._handover.wait_for_end(CONSUME_TIMEOUT_S)
            return
        if not self._handover.has_room(CONSUME_TIMEOUT_S):
            return
        self._source.release()
        taken = self._source.take(count, CONSUME_TIMEOUT_S)
        if taken is not None:
            self._allowance.took(taken.records)
            reached("taken")
            self._handover.put(taken)

    def _vouch(self, want: Want) -> bool:
        """Prove where we stand, once for each change of epoch or assignment."""
        if not self._source.has_assignment or self._is_vouched(want):
            return self._source.has_assignment
        standing = self._proof.standing(want, self._topics)
        if standing is None:
            return False
        self._source.vouched = True
        self.standing = standing
        self._patience.stands()
        reached("vouched")
        self._on_change()
        return True

    def _is_vouched(self, want: Want) -> bool:
        return self._source.vouched and self.standing is not None and self.standing.want == want

    def _rewind(self, cause: Exception) -> None:
        """After an unknown result: a new producer, then back to what Kafka says is committed. Raises Unmendable."""
        reached("rewinding")
        pause_s = self._patience.failed(cause, self._at)
        log.warning("rewinding to the committed offsets", job_name=self.job_id, cause=repr(cause), wait_s=pause_s)
        if not self._handover.empty(DRAIN_TIMEOUT_S):
            # Nothing may be taken again while it is still worked on. Leaving the group makes it lost.
            raise TimeoutError(f"a batch is worked on for more than {DRAIN_TIMEOUT_S:g} s")
        self._source.hold()
        self._source.serve(pause_s)
        self._transaction.sink.rebuild()
        self._source.rewind()
        self._handover.mend()

    def _fail(self, error: Unmendable) -> None:
        if self.failure is None:
            self.failure = PathFailure(error.code, str(error), self._source.last_committed, getattr(error, "gaps", ()))
        self._handover.end()
        self._on_change()

    def _work(self) -> None:
        try:
            self._transaction.open(lambda: self._handover.is_over)
            while (taken := self._handover.take()) is not None:
                self.work_on(taken)
        except Unmendable as error:
            self._fail(error)
        except Exception as error:
            log.exception("the working thread failed", job_name=self.job_id)
            self._fail(Unmendable("record_path", f"{type(error).__name__}: {error}"))
        finally:
            self._transaction.close()
            self._handover.done()

    def work_on(self, taken: Taken) -> None:
        """One batch, one transaction."""
        self._at = f"last at {taken.first}"
        about(self.job_id, self._want[0])
        try:
            self._transaction.run(taken, lambda: self._source.group)
            self._patience.succeeded()
            self._handover.done()
        except Exception as error:
            self._transaction.give_up()
            self._handover.done(error)
