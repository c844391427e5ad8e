"""expire: a transition's deadline has passed. No state is a trap."""

from datetime import timedelta

import pytest

from slackwater.core.control.expire import Expire
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.cut import cut_of
from slackwater.core.events import JobFailed, WorkerAcked
from slackwater.core.states import TRANSITIONAL, JobState

from .given import PASTS, PAUSED, PAUSING, SOON, given, orders


@pytest.mark.parametrize("state", sorted(TRANSITIONAL), ids=str)
def test_late_and_unfinished_fails(state: JobState) -> None:
    """At the deadline, not only after it, a transition ends as FAILED: with the reason, the cut of before, a new epoch."""
    before = given(*PASTS[state]).job
    assert before is not None
    message = f"{state} was not covered by 10:00:00 UTC: no worker vouched for any partition"
    job = given(*PASTS[state]).when(Expire(before.epoch), at=SOON).then(JobFailed("deadline", message, before.cut))
    assert (job.state, job.failure, job.deadline) == (JobState.FAILED, f"deadline: {message}", None)
    assert (job.epoch, job.coverage, job.holds) == (before.epoch + 1, Coverage(), before.holds)


def test_the_reason_names_what_is_missing() -> None:
    """An operator reads which partitions nobody vouched for, and not those that somebody did."""
    half = WorkerAcked("w-1", Stance.STILL, cut_of({("orders", 1): 9}), {"orders": 3})
    job = (
        given(*PAUSING, half)
        .when(Expire(2), at=SOON)
        .then(
            JobFailed(
                "deadline",
                "PAUSING was not covered by 10:00:00 UTC: nobody vouched for orders[0], orders[2]",
                orders(0, 0),
            )
        )
    )
    assert job.cut == orders(0, 0), "an unproved offset must not become the cut"


def test_the_reason_names_an_unknown_topic() -> None:
    """Where workers spoke but none knew the input, that is what is said."""
    blind = WorkerAcked("w-1", Stance.STILL, (), {})
    given(*PAUSING, blind).when(Expire(2), at=SOON).then(
        JobFailed("deadline", "PAUSING was not covered by 10:00:00 UTC: nobody vouched for an input topic", orders(0, 0))
    )


def test_not_yet_late_is_already_so() -> None:
    """A moment before the deadline nothing fails, whatever the expiring worker's clock said."""
    given(*PAUSING).when(Expire(2), at=SOON - timedelta(microseconds=1)).then_already(
        since=given(*PAUSING).job.since,  # type: ignore[union-attr]
        by="ana",
        reason="maintenance",
    )


@pytest.mark.parametrize("epoch", [1, 3])
def test_an_expiry_of_another_epoch_ends_nothing(epoch: int) -> None:
    """The transition it speaks of was overtaken: the newer one has its own deadline."""
    job = given(*PAUSING).job
    assert job is not None
    given(*PAUSING).when(Expire(epoch), at=SOON).then_already(since=job.since, by=job.by, reason=job.reason)


@pytest.mark.parametrize("state", sorted(set(PASTS) - TRANSITIONAL), ids=str)
def test_a_settled_state_never_expires(state: JobState) -> None:
    """A job may be paused, or run, for years."""
    job = given(*PASTS[state]).job
    assert job is not None
    assert job.deadline is None
    late = SOON + timedelta(days=3650)
    given(*PASTS[state]).when(Expire(job.epoch), at=late).then_already(since=job.since, by=job.by, reason=job.reason)


def test_a_pause_proved_in_time_outlives_its_deadline() -> None:
    """The proof clears the deadline, so that a late expiry finds nothing to end."""
    assert given(*PAUSED).job.deadline is None  # type: ignore[union-attr]


def test_expire_of_nothing() -> None:
    """An unknown job has no deadline."""
    given().when(Expire(0)).then_refused("no_such_job", legal=("deploy",))
