"""expire: a transition's time is up. No state is a trap."""

from dataclasses import replace
from datetime import timedelta

import pytest

from slackwater.core.control.expire import Expire
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.cut import cut_of
from slackwater.core.events import JobDeployed, JobEvent, JobFailed, StopRequested, WorkerAcked
from slackwater.core.states import TRANSITIONAL, JobState

from .given import NOW, PASTS, PAUSED, PAUSING, SPEC, given, orders

FAILING = replace(SPEC, on_deadline="fail")
WAITING = replace(SPEC, on_deadline="wait")


def _with(spec: object, past: tuple[JobEvent, ...]) -> tuple[JobEvent, ...]:
    return (JobDeployed(spec), *past[1:])  # type: ignore[arg-type]


def _allowed(past: tuple[JobEvent, ...]) -> int:
    """Seconds the transition of this past may take."""
    job = given(*past).job
    assert job is not None
    assert job.deadline is not None
    assert job.since is not None
    return int((job.deadline - job.since).total_seconds())


@pytest.mark.parametrize("state", sorted(TRANSITIONAL), ids=str)
def test_late_and_unfinished_fails(state: JobState) -> None:
    """Once its time is up, and not only after it, a transition ends as FAILED: reason, cut of before, new epoch."""
    past = _with(FAILING, PASTS[state])
    before, allowed = given(*past).job, _allowed(past)
    assert before is not None
    message = f"{state} was not covered within {allowed} s: no worker vouched for any partition"
    job = given(*past).when(Expire(before.epoch, allowed)).then(JobFailed("deadline", message, before.cut))
    assert (job.state, job.failure, job.deadline) == (JobState.FAILED, f"deadline: {message}", None)
    assert (job.epoch, job.coverage, job.holds) == (before.epoch + 1, Coverage(), before.holds)


def test_a_late_pause_falls_back_to_a_stop() -> None:
    """By default nothing is given up for lost: the partitions are to be released, the holds stay, a start continues."""
    allowed = _allowed(PAUSING)
    why = f"fallback to stop: PAUSING was not covered within {allowed} s: no worker vouched for any partition"
    job = given(*PAUSING).when(Expire(2, allowed)).then(StopRequested(why, NOW + timedelta(seconds=allowed)))
    assert (job.state, job.epoch, [hold.name for hold in job.holds]) == (JobState.STOPPING, 3, ["operator"])


@pytest.mark.parametrize("state", sorted(TRANSITIONAL - {JobState.PAUSING}), ids=str)
def test_what_else_is_late_fails(state: JobState) -> None:
    """There is nothing quieter to fall back to."""
    past = PASTS[state]
    before, allowed = given(*past).job, _allowed(past)
    assert before is not None
    message = f"{state} was not covered within {allowed} s: no worker vouched for any partition"
    given(*past).when(Expire(before.epoch, allowed)).then(JobFailed("deadline", message, before.cut))


@pytest.mark.parametrize("state", sorted(TRANSITIONAL), ids=str)
def test_a_job_may_say_that_it_waits(state: JobState) -> None:
    """With `@on_deadline: wait` nothing ends it but coverage or a newer wish."""
    past = _with(WAITING, PASTS[state])
    job = given(*past).job
    assert job is not None
    given(*past).when(Expire(job.epoch, 10**6)).then_already(since=job.since, by=job.by, reason=job.reason)


def test_the_reason_names_what_is_missing() -> None:
    """An operator reads which partitions nobody vouched for, and not those that somebody did."""
    half = WorkerAcked("w-1", Stance.STILL, cut_of({("orders", 1): 9}), {"orders": 3})
    past = (*_with(FAILING, PAUSING), half)
    message = f"PAUSING was not covered within {_allowed(past)} s: nobody vouched for orders[0], orders[2]"
    job = given(*past).when(Expire(2, _allowed(past))).then(JobFailed("deadline", message, orders(0, 0)))
    assert job.cut == orders(0, 0), "an unproved offset must not become the cut"


def test_the_reason_names_an_unknown_topic() -> None:
    """Where workers spoke but none knew the input, that is what is said."""
    past = (*_with(FAILING, PAUSING), WorkerAcked("w-1", Stance.STILL, (), {}))
    message = f"PAUSING was not covered within {_allowed(past)} s: nobody vouched for an input topic"
    given(*past).when(Expire(2, _allowed(past))).then(JobFailed("deadline", message, orders(0, 0)))


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(0), timedelta(days=400)], ids=str)
def test_a_clock_that_jumps_neither_fires_nor_starves(jump: timedelta) -> None:
    """What counts is how long the watcher has seen it go on; what time it says it is does not matter."""
    job, allowed = given(*PAUSING).job, _allowed(PAUSING)
    assert job is not None
    given(*PAUSING).when(Expire(2, allowed - 1), at=NOW + jump).then_already(since=job.since, by=job.by, reason=job.reason)
    fired = given(*PAUSING).when(Expire(2, allowed), at=NOW + jump).decision
    assert type(fired).__name__ == "Accepted"


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_expiry_of_another_epoch_ends_nothing(epoch: int) -> None:
    """The transition it speaks of was overtaken: the newer one has its own deadline."""
    job = given(*PAUSING).job
    assert job is not None
    given(*PAUSING).when(Expire(epoch, 10**6)).then_already(since=job.since, by=job.by, reason=job.reason)


@pytest.mark.parametrize("state", sorted(set(PASTS) - TRANSITIONAL), ids=str)
def test_a_settled_state_never_expires(state: JobState) -> None:
    """A job may be paused, or run, for years."""
    job = given(*PASTS[state]).job
    assert job is not None
    assert job.deadline is None
    given(*PASTS[state]).when(Expire(job.epoch, 10**9)).then_already(since=job.since, by=job.by, reason=job.reason)


def test_a_pause_proved_in_time_outlives_its_deadline() -> None:
    """The proof clears the deadline, so that a late expiry finds nothing to end."""
    assert given(*PAUSED).job.deadline is None  # type: ignore[union-attr]


def test_expire_of_nothing() -> None:
    """An unknown job has no deadline."""
    given().when(Expire(0, 1)).then_refused("no_such_job", legal=("deploy",))
