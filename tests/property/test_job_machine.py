"""Rapid deploy, start, pause, resume and stop, with workers whose acks come late, twice, in part or not at all.

Against the real decide and evolve, with no store between: what must hold after every step, whatever Hypothesis tries.
"""

from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, precondition, rule

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.conclude import Conclude
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.expire import Expire
from slackwater.core.control.fail import Fail
from slackwater.core.control.lift_cap import LiftCap
from slackwater.core.control.pause import Pause
from slackwater.core.control.rearm import Rearm
from slackwater.core.control.report_gap import ReportGap
from slackwater.core.control.resume import Resume
from slackwater.core.control.rollout import Rollback, becoming
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.control.trip import Trip
from slackwater.core.control.warn import Warn
from slackwater.core.coverage import Stance
from slackwater.core.cut import Gap, cut_of, gaps_text
from slackwater.core.events import EPOCH_RAISING, GroupFoundEmpty, WorkerAcked, name_of
from slackwater.core.evolve import replay
from slackwater.core.job import Job
from slackwater.core.recorded import GENESIS, Recorded
from slackwater.core.result import Outcome, Result
from slackwater.core.settle import Settled, settle
from slackwater.core.spec import JobSpec
from slackwater.core.states import LIVE, TRANSITIONAL, JobState
from slackwater.core.transition_table import JOB_TRANSITIONS, Row
from slackwater.core.want import wanted
from slackwater.streams.scheduler import due

BEGAN = datetime(2026, 11, 24, 8, tzinfo=UTC)
SPECS = tuple(JobSpec("SELECT * FROM orders", str(n), inputs=("orders",)) for n in range(2))
WORKERS = ("w-1", "w-2", "w-3")
HOLDS = ("operator", "audit", "night")
PARTITIONS_MAX = 5
ENDS_IN = {
    JobState.STARTING: JobState.RUNNING,
    JobState.PAUSING: JobState.PAUSED,
    JobState.RESUMING: JobState.RUNNING,
    JobState.STOPPING: JobState.STOPPED,
}


def ends_in(job: Job) -> JobState:
    """Where a proved transition of this job leads."""
    if job.rollout is None:
        return ENDS_IN[job.state]
    return JobState.PAUSING if job.holds or job.rollout.holds else JobState.STARTING


STILL_EVENTS = {
    *("WorkerAcked", "GroupFoundEmpty", "JobPaused", "HoldAdded", "HoldReleased"),
    *("DataGapFound", "RetentionWarned"),
}


class Log:
    """Settles commands against one job and keeps the events in their places."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.history: list[Recorded] = []
        self.now = BEGAN
        self.asked = 0

    def settle(self, verb: Verb, at: datetime | None = None) -> tuple[Command, Settled]:
        """What the verb would come to, appending nothing."""
        command = Command(f"c{self.asked + 1}", "orders_big", verb, "ana", "api", at or self.now)
        return command, settle(self.job, command)

    def ask(self, verb: Verb, at: datetime | None = None) -> Result:
        """Settle and append."""
        command, settled = self.settle(verb, at)
        self.asked += 1
        self.now = command.at + timedelta(seconds=1)
        for step in settled.steps:
            columns = (len(self.history) + 1, "orders_big", step.after.version, step.after.epoch, command.at)
            names = (command.actor, command.channel, command.id)
            self.history.append(Recorded(*columns, *names, step.event, 1, GENESIS, GENESIS))
        self.job = settled.job
        return settled.result


class JobMachine(RuleBasedStateMachine):
    """Operators, workers and a network that forgets, repeats and reorders."""

    letters = Bundle("letters")

    @initialize(count=st.integers(1, 4), alive=st.sampled_from((True, True, True, False)))
    def begin(self, count: int, alive: bool) -> None:
        """An input topic, all of it at one worker; mostly with a job that runs, so that the steps are not spent on that."""
        self.log = Log()
        self.owner = dict.fromkeys(range(count), WORKERS[0])
        self.offset = 0
        self.epoch = 0
        self.stances: dict[int, Stance] = {}
        self.paused_at: tuple[int, object] | None = None
        if alive:
            self.log.ask(Deploy(SPECS[0]))
            self.log.ask(Start())
            self.log.ask(self.ack_of(WORKERS[0], set(self.owner)))

    @property
    def job(self) -> Job | None:
        return self.log.job

    # Operators.

    @rule(spec=st.sampled_from(SPECS), holds=st.lists(st.sampled_from(HOLDS), max_size=3))
    def deploy(self, spec: JobSpec, holds: list[str]) -> None:
        """A deploy may add holds and never takes one away."""
        before = {hold.name for hold in self.job.holds} if self.job else set()
        result = self.log.ask(Deploy(spec, tuple(holds)))
        assert self.job is not None
        names = [hold.name for hold in self.job.holds]
        assert len(names) == len(set(names))
        assert before <= set(names)
        if result.changed:
            assert set(holds) <= {*names, *(self.job.rollout.holds if self.job.rollout else ())}

    @rule()
    def start(self) -> None:
        """A job with holds does not start into running."""
        self.log.ask(Start())

    @rule(hold=st.sampled_from(HOLDS))
    def pause(self, hold: str) -> None:
        """After a pause that was not refused the hold is there."""
        result = self.log.ask(Pause(hold=hold))
        assert result.outcome is Outcome.REFUSED or (self.job and self.job.hold(hold))

    @rule(hold=st.sampled_from(HOLDS), for_s=st.integers(1, 30))
    def pause_for(self, hold: str, for_s: int) -> None:
        """A hold with an end; never another end for one that is there."""
        before = self.job.hold(hold) if self.job else None
        self.log.ask(Pause(hold=hold, for_s=for_s))
        assert before is None or (self.job and self.job.hold(hold) == before)

    @precondition(lambda self: self.job is not None and any(hold.until for hold in self.job.holds))
    @rule(late_s=st.integers(0, 1000))
    def time_passes(self, late_s: int) -> None:
        """However late: every end that has come is decided once, and takes no hold without an end with it."""
        assert self.job is not None
        stay = {hold.name for hold in self.job.holds if hold.until is None}
        in_the_way = self.job.state is JobState.STOPPING or self.job.gap is not None
        self.log.now = max(hold.until for hold in self.job.holds if hold.until) + timedelta(seconds=late_s)
        for lapse in list(due(self.job, self.log.now)):
            self.log.ask(lapse)
            assert in_the_way or not self.log.ask(lapse).changed
        left = {hold.name for hold in self.job.holds}
        assert stay <= left
        assert in_the_way or left == stay

    @rule(hold=st.sampled_from((*HOLDS, None)))
    def resume(self, hold: str | None) -> None:
        """After an accepted resume the hold is gone, and no other one unless all were meant."""
        before = {h.name for h in self.job.holds} if self.job else set()
        result = self.log.ask(Resume(hold=hold))
        if result.changed:
            assert self.job is not None
            assert {h.name for h in self.job.holds} == (before - {hold} if hold else set())

    @rule(version=st.sampled_from((None, "0", "1")))
    def rollback(self, version: str | None) -> None:
        """A way back is a spec that was there before; it lets no hold go."""
        before = self.job
        result = self.log.ask(Rollback(version))
        if result.changed:
            assert before is not None
            assert self.job is not None
            assert becoming(self.job) in (*before.earlier, before.spec)
            assert becoming(self.job) != becoming(before)
            assert {h.name for h in before.holds} <= {h.name for h in self.job.holds}

    @rule(rate=st.integers(1, 5))
    def resume_slowly(self, rate: int) -> None:
        """The cap is there once the job moves, and nowhere else."""
        if self.log.ask(Resume(hold=None, rate_per_s=rate, until_lag=10)).changed:
            assert self.job is not None
            assert (self.job.cap is not None) == (self.job.state is JobState.RESUMING)

    @precondition(lambda self: self.job is not None and self.job.cap is not None)
    @rule(lag=st.sampled_from((10, 11)))
    def catch_up(self, lag: int) -> None:
        """Lifted while it runs, at the bound."""
        assert self.job is not None
        due_now = self.job.state is JobState.RUNNING and lag == 10
        assert self.log.ask(LiftCap(self.job.epoch, lag)).changed == due_now

    @rule()
    def stop(self) -> None:
        """A stop keeps every hold."""
        before = self.job.holds if self.job else ()
        self.log.ask(Stop())
        assert (self.job.holds if self.job else ()) == before

    # Workers.

    @rule(partition=st.integers(0, PARTITIONS_MAX - 1), worker=st.sampled_from(WORKERS))
    def rebalance(self, partition: int, worker: str) -> None:
        """A partition changes hands."""
        if partition in self.owner:
            self.owner[partition] = worker

    @precondition(lambda self: len(self.owner) < PARTITIONS_MAX)
    @rule(worker=st.sampled_from(WORKERS))
    def grow(self, worker: str) -> None:
        """The topic gets one more partition."""
        self.owner[len(self.owner)] = worker

    def ack_of(self, worker: str, partitions: set[int]) -> Ack:
        """What this worker would truthfully say now, of these of its partitions."""
        assert self.job is not None
        want = wanted(self.job)
        self.offset += 1
        cut = cut_of({("orders", p): self.offset for p, owner in self.owner.items() if owner == worker and p in partitions})
        return Ack(worker, want.epoch, want.stance, cut, {"orders": len(self.owner)})

    @precondition(lambda self: self.job is not None)
    @rule(target=letters, worker=st.sampled_from(WORKERS), partitions=st.sets(st.integers(0, PARTITIONS_MAX - 1)))
    def say(self, worker: str, partitions: set[int]) -> Ack:
        """An ack is on its way; some of the worker's partitions may be missing from it."""
        return self.ack_of(worker, partitions)

    @rule(target=letters, letter=consumes(letters), again=st.booleans())
    def deliver(self, letter: Ack, again: bool) -> object:
        """Late, in any order, perhaps not for the last time."""
        job = self.job
        assert job is not None
        result = self.log.ask(letter)
        if letter.epoch < job.epoch:
            assert (result.outcome, result.code) == (Outcome.REFUSED, "stale_epoch")
        if result.changed:
            assert letter.epoch == job.epoch
            assert job.state in TRANSITIONAL
            assert wanted(job).stance is letter.stance
        assert self.log.settle(letter)[1].result.outcome is not Outcome.ACCEPTED, "the same word twice is one fact"
        return multiple(letter) if again else multiple()

    @precondition(lambda self: self.job is not None)
    @rule(shift=st.integers(1, 3), stance=st.sampled_from(Stance))
    def lie_of_the_future(self, shift: int, stance: Stance) -> None:
        """Nobody can know of an epoch to come."""
        assert self.job is not None
        everything = cut_of({("orders", p): 0 for p in self.owner})
        result = self.log.ask(Ack("w-1", self.job.epoch + shift, stance, everything, {"orders": len(self.owner)}))
        assert (result.outcome, result.code) == (Outcome.REFUSED, "future_epoch")

    @precondition(lambda self: self.job is not None and self.job.state in LIVE)
    @rule(behind=st.integers(0, 2))
    def fail(self, behind: int) -> None:
        """Only a failure of the current epoch counts."""
        assert self.job is not None
        result = self.log.ask(Fail("w-1", self.job.epoch - behind, "data_gap", "gone"))
        assert result.changed == (behind == 0)

    @precondition(lambda self: self.job is not None and self.job.state in TRANSITIONAL)
    @rule()
    def expire(self) -> None:
        """The deadline passes."""
        assert self.job is not None
        falls_back = self.job.state is JobState.PAUSING
        self.log.ask(Expire(self.job.epoch, 60))
        assert self.job.state is (JobState.STOPPING if falls_back else JobState.FAILED)

    @precondition(lambda self: self.job is not None and self.job.state in TRANSITIONAL)
    @rule()
    def nobody_is_there(self) -> None:
        """An empty group proves stillness, never movement."""
        assert self.job is not None
        before = self.job
        self.log.ask(Conclude(self.job.epoch, cut_of({("orders", p): self.offset for p in self.owner})))
        still = before.state in {JobState.PAUSING, JobState.STOPPING}
        assert self.job.state is (ends_in(before) if still else before.state)

    @precondition(lambda self: self.job is not None)
    @rule(first=st.integers(0, 3))
    def lose_records(self, first: int) -> None:
        """A loss is in the way of every start and resume until someone takes it."""
        assert self.job is not None
        gaps = (Gap("orders", 0, first, first + 1),)
        self.log.ask(ReportGap(self.job.epoch, "data_gap", gaps_text(gaps), gaps))

    @precondition(lambda self: self.job is not None)
    @rule(by=st.sampled_from((Start(accept_gap=True), Resume(hold=None, accept_gap=True))))
    def take_the_loss(self, by: Verb) -> None:
        """Accepted by name, with what the verb does."""
        assert self.job is not None
        result = self.log.ask(by)
        assert not (result.changed and self.job.gap and self.job.state in {JobState.STARTING, JobState.RESUMING})

    @precondition(lambda self: self.job is not None)
    @rule(percent=st.sampled_from((50, 10)))
    def retention_comes_closer(self, percent: int) -> None:
        """A warning moves nothing by default."""
        assert self.job is not None
        before = self.job.state
        self.log.ask(Warn(self.job.epoch, percent, 60))
        assert self.job.state is before

    @precondition(lambda self: self.job is not None and self.job.state in TRANSITIONAL)
    @rule()
    def everyone_speaks(self) -> None:
        """Liveness: with honest acks of the current epoch the transition ends where it should."""
        assert self.job is not None
        ends, epoch = ends_in(self.job), self.job.epoch
        for worker in WORKERS:
            if self.job.epoch == epoch and self.job.state in TRANSITIONAL:
                self.log.ask(self.ack_of(worker, set(self.owner)))
        assert self.job.state is ends

    # What must hold after every step.

    @invariant()
    def replay_is_the_job(self) -> None:
        """The log alone says what the job is."""
        history = self.log.history
        assert replay(history) == self.job
        assert [recorded.version for recorded in history] == list(range(1, len(history) + 1))
        event(str(self.job.state) if self.job else "no job")

    @invariant()
    def epoch_never_falls(self) -> None:
        """And rises exactly with a changed wish."""
        epoch = self.job.epoch if self.job else 0
        assert epoch >= self.epoch
        assert epoch == sum(name_of(recorded.event) in EPOCH_RAISING for recorded in self.log.history)
        self.epoch = epoch

    @invariant()
    def one_stance_for_each_epoch(self) -> None:
        """A worker that knows the epoch knows what is wanted: it never changes within one."""
        if self.job is not None:
            want = wanted(self.job)
            assert self.stances.setdefault(want.epoch, want.stance) is want.stance

    @invariant()
    def paused_is_proved(self) -> None:
        """PAUSED: covered in this very epoch, with the cut of that coverage, unmoved until the job is let go."""
        job = self.job
        if job is None or job.state is not JobState.PAUSED:
            self.paused_at = None
            return
        since = max(n for n, r in enumerate(self.log.history) if name_of(r.event) in EPOCH_RAISING)
        assert name_of(self.log.history[since].event) == "PauseRequested"
        since_then = [recorded.event for recorded in self.log.history[since + 1 :]]
        assert {name_of(one) for one in since_then} <= STILL_EVENTS
        concluded = next((one for one in since_then if isinstance(one, GroupFoundEmpty)), None)
        if concluded is not None:
            assert set(concluded.offsets) <= set(job.cut)
            return
        acks = [one for one in since_then if isinstance(one, WorkerAcked)]
        count = max(ack.partitions["orders"] for ack in acks)
        vouched = {partition: offset for ack in acks for _, partition, offset in ack.offsets}
        assert set(vouched) >= set(range(count))
        assert job.cut == cut_of({("orders", partition): offset for partition, offset in vouched.items()})
        if self.paused_at is not None and self.paused_at[0] == job.epoch:
            assert self.paused_at[1] == job.cut
        self.paused_at = (job.epoch, job.cut)

    @invariant()
    def holds_decide(self) -> None:
        """No hold, no pause; a hold, no run."""
        if self.job is None:
            return
        if self.job.holds:
            assert self.job.state not in {JobState.STARTING, JobState.RUNNING, JobState.RESUMING}
            assert wanted(self.job).stance is not Stance.RUNNING
        else:
            assert self.job.state not in {JobState.PAUSING, JobState.PAUSED}

    @invariant()
    def no_state_is_a_trap(self) -> None:
        """Every wait has a deadline that ends it, and nothing else has one."""
        if self.job is None:
            return
        assert (self.job.deadline is not None) == (self.job.state in TRANSITIONAL)
        if self.job.deadline is not None:
            _, settled = self.log.settle(Expire(self.job.epoch, 60))
            assert settled.job is not None
            assert settled.job.state in {JobState.FAILED, JobState.STOPPING}
            assert settled.job.failure or settled.job.reason


# Tracing lines would more than double its time; what it runs through is counted by the tests of each verb.
TestJobMachine = pytest.mark.no_cover(pytest.mark.filterwarnings("error")(JobMachine.TestCase))
TestJobMachine.settings = settings(max_examples=500, stateful_step_count=50, deadline=None)


def _come_to(job: Job | None, verb: Verb) -> Settled:
    """What the verb comes to."""
    return settle(job, Command("c", "orders_big", verb, "ana", "api", BEGAN))


def _every_verb(job: Job | None) -> list[Verb]:
    """What operators may ask and workers may truly say of this job with two partitions."""
    half, whole = cut_of({("orders", 0): 1}), cut_of({("orders", 0): 1, ("orders", 1): 1})
    epoch, stance = (job.epoch, wanted(job).stance) if job else (0, Stance.STILL)
    return [
        *(Deploy(SPECS[1], holds) for holds in ((), ("operator",))),
        Deploy(SPECS[0]),
        Start(),
        *(Pause(hold=hold) for hold in HOLDS[:2]),
        *(Resume(hold=hold) for hold in (*HOLDS[:2], None)),
        Stop(),
        Rollback(),
        Resume(hold=None, rate_per_s=5),
        LiftCap(epoch, 0),
        *(Ack("w-1", epoch, stance, cut, {"orders": 2}) for cut in (half, whole)),
        Fail("w-1", epoch, "data_gap", "gone"),
        Expire(epoch, 60),
        Conclude(epoch, whole),
        ReportGap(epoch, "data_gap", "gone", (Gap("orders", 0, 0, 1),)),
        Start(accept_gap=True),
        Resume(hold=None, accept_gap=True),
        Warn(epoch, 10, 60),
        Trip("rule:far", "lag", 9, "lag 9"),
        Rearm("rule:far", BEGAN, "lag is low"),
    ]


def test_every_row_is_taken_by_a_command() -> None:
    """A walk over every job that commands can make: all rows of the table are taken, and nothing past them."""
    seen: set[object] = set()
    taken: set[Row] = set()
    queue: deque[Job | None] = deque([None])
    while queue:
        job = queue.popleft()
        for settled in (_come_to(job, verb) for verb in _every_verb(job)):
            before = job.state if job else JobState.ABSENT
            for step in settled.steps:
                taken.add(Row(before, name_of(step.event), step.after.state))
                before = step.after.state
            after = settled.job
            if after is None:
                continue
            is_plain = (after.gap is None, after.cap is None, after.rollout is None, not after.tripped)
            key = (after.state, frozenset(hold.name for hold in after.holds), after.coverage.vouched, is_plain)
            if key not in seen:
                seen.add(key)
                queue.append(after)
    assert taken == set(JOB_TRANSITIONS)
