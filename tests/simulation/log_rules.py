"""What the event log and its answers must be after every append: I1 to I5, I7 and I11, each judged apart from the product.

The fold is the product's own (`evolve_recorded`), taken event by event; what a proof needs is worked out here once more
from the acks alone.
"""

from collections.abc import Callable

from slackwater.core import events as e
from slackwater.core.commands import Command
from slackwater.core.cut import Cut, cut_of, merge
from slackwater.core.evolve import evolve_recorded
from slackwater.core.job import Job
from slackwater.core.machine import IllegalTransition
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.result import Result
from slackwater.core.states import TRANSITIONAL, JobState
from slackwater.core.want import wanted
from slackwater.persistence.rows import hash_again

from .ledger import Ledger

_PROOFS = (e.JobStarted, e.JobPaused, e.JobResumed, e.JobStopped)
_BUGS = ("AttributeError", "TypeError", "KeyError", "NameError", "AssertionError", "IndexError")
"""What no product code raises on purpose: a failure of a job that names one is a bug, here or there."""


class LogRules:
    """`hear` each answer, then it has seen each event. `trouble` is where it says what is wrong."""

    def __init__(self, clock: Callable[[], float], trouble: list[str], ledger: Ledger) -> None:
        self.job: Job | None = None
        self.folds: list[Job] = []
        """The job after each event."""
        self.trouble = trouble
        self.pauses = 0
        self._clock, self._ledger = clock, ledger
        self._hash = GENESIS
        self._answers: dict[str, Result] = {}
        self._authors: set[str] = set()
        self._acks: list[e.WorkerAcked] = []
        self._began = 0.0

    def hear(self, command: Command, result: Result, appended: list[Recorded]) -> None:
        """A command was answered, and this is what it appended."""
        first = self._answers.setdefault(command.id, result)
        if first is not result and result != first.again():
            self.trouble.append(f"I3: {command.id} was answered {first.outcome} and then {result.outcome}")
        if appended and command.id in self._authors:
            self.trouble.append(f"I3: {command.id} had its effect twice")
        if len(appended) != (0 if first is not result else len(result.events)):
            self.trouble.append(f"I3: {command.id} appended {len(appended)} events and says {result.events}")
        version, epoch = (self.job.version, self.job.epoch) if self.job else (0, 0)
        if appended and command.expected_version not in {None, version}:
            self.trouble.append(f"I2: {command.id} expected {command.expected_version}, and appended to {version}")
        if appended and getattr(command.verb, "epoch", epoch) != epoch:
            verb = command.verb.name
            self.trouble.append(f"I5: a {verb} of epoch {getattr(command.verb, 'epoch', None)} counts in epoch {epoch}")
        if appended:
            self._authors.add(command.id)
        for n, recorded in enumerate(appended):
            self._take(recorded, appended[n - 1].event if n else None)

    def _take(self, recorded: Recorded, before: e.JobEvent | None) -> None:
        job, event = self.job, recorded.event
        if recorded.seq != len(self.folds) + 1:
            self.trouble.append(f"I1: event {recorded.seq} stands where {len(self.folds) + 1} is due")
        if recorded.prev_hash != self._hash or recorded.hash != hash_again(recorded):
            self.trouble.append(f"I1: event {recorded.seq} does not follow from the chain")
        if recorded.version != (job.version if job else 0) + 1:
            self.trouble.append(f"I2: version {recorded.version} follows {job.version if job else 0}")
        if job is not None and recorded.epoch != job.epoch + (e.name_of(event) in e.EPOCH_RAISING):
            self.trouble.append(f"I5: epoch {recorded.epoch} follows {job.epoch}")
        try:
            self.job = evolve_recorded(job, recorded)
        except IllegalTransition as error:
            self.trouble.append(f"I1: {error}")
            return
        self._hash = recorded.hash
        self.folds.append(self.job)
        if job is not None:
            self._judge(job, event, before)

    def _judge(self, job: Job, event: e.JobEvent, before: e.JobEvent | None) -> None:
        said: Cut = getattr(event, "cut", ()) or getattr(event, "offsets", ())
        if any(at.offset < 0 for at in said):
            self.trouble.append(f"I7: {e.name_of(event)} speaks of {said}, where an offset is unknown")
        if isinstance(event, e.WorkerAcked):
            self._acks.append(event)
            if event.stance != wanted(job).stance:
                self.trouble.append(f"I7: an ack of {event.stance} counts while the job is {job.state}")
        if isinstance(event, _PROOFS) and job.state in TRANSITIONAL:
            self._check_proof(job, event, before)
            if isinstance(event, e.JobPaused | e.JobStopped):
                self.pauses += isinstance(event, e.JobPaused)
                self._ledger.hold_still(f"{e.name_of(event)} of epoch {job.epoch}", event.cut)
        if isinstance(event, e.StartRequested | e.ResumeRequested):
            self._ledger.let_go()
        if isinstance(event, e.DataGapAccepted):
            self._ledger.accept(event.gaps)
            if event.code == "offsets_lost":
                self._ledger.accept_repeats(self.folds[-1].cut)
        if isinstance(event, e.JobFailed):
            if event.message.startswith(_BUGS):
                self.trouble.append(f"bug: {event.message}")
            self._check_deadline(job, event.code == "deadline")
        if isinstance(event, e.StopRequested):
            self._check_deadline(job, (event.reason or "").startswith("fallback"))
        if e.name_of(event) in e.EPOCH_RAISING:
            self._acks, self._began = [], self._clock()

    def _check_proof(
        self, job: Job, event: e.JobStarted | e.JobPaused | e.JobResumed | e.JobStopped, before: e.JobEvent | None
    ) -> None:
        """I7: every partition of every input is vouched for by acks of this epoch, or the group was found empty."""
        name = e.name_of(event)
        if event.completes != job.wish:
            self.trouble.append(f"I7: {name} completes {event.completes}, wished was {job.wish}")
        if isinstance(before, e.GroupFoundEmpty) and isinstance(event, e.JobPaused | e.JobStopped):
            due = merge(job.cut, before.offsets)
        else:
            due = self._vouched(job, name)
        if event.cut != due:
            self.trouble.append(f"I7: {name} has the cut {event.cut}, vouched for is {due}")

    def _vouched(self, job: Job, name: str) -> Cut:
        said: dict[tuple[str, int], int] = {}
        for ack in self._acks:
            said |= {(topic, partition): offset for topic, partition, offset in ack.offsets}
        for topic in job.spec.inputs:
            count = max((ack.partitions.get(topic, 0) for ack in self._acks), default=0)
            missing = [p for p in range(count) if (topic, p) not in said]
            if missing or not count:
                self.trouble.append(f"I7: {name} of epoch {job.epoch} without an ack for {topic}{missing}")
        return cut_of(said)

    def _check_deadline(self, job: Job, is_late: bool) -> None:
        """I10, one half: what a deadline ends has lasted so long, whatever the clocks of the machines said."""
        if is_late and job.deadline is not None and job.since is not None:
            due_s = (job.deadline - job.since).total_seconds()
            if self._clock() - self._began < due_s - 1:
                self.trouble.append(f"I10: {job.state} was ended after {self._clock() - self._began:.0f} of {due_s:.0f} s")

    def compare(self, row: Job | None) -> None:
        """I4: the job's row is the fold of its events."""
        if row is not self.job and row != self.job:
            state = row.state if row else JobState.ABSENT
            self.trouble.append(f"I4: the row says {state}, the events {self.job.state if self.job else JobState.ABSENT}")

    def read_again(self, events: list[Recorded]) -> None:
        """I11: what was so at each event is a function of the events up to it: folded anew it comes to the same."""
        job: Job | None = None
        for recorded, then in zip(events, self.folds, strict=True):
            job = evolve_recorded(job, recorded)
            if job != then:
                self.trouble.append(f"I11: the job as of event {recorded.seq} is not what it was")
