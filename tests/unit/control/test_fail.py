"""fail: a worker reports that the job cannot go on."""

import pytest

from slackwater.core.control.fail import Fail
from slackwater.core.control.start import Start
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.cut import Cut, PartitionOffset, cut_of
from slackwater.core.events import (
    DataGapAccepted,
    DataGapFound,
    JobEvent,
    JobFailed,
    JobStopped,
    PauseRequested,
    StartRequested,
    WorkerAcked,
)
from slackwater.core.states import LIVE, JobState
from slackwater.core.want import wanted

from .given import DEPLOYED, DUE, FAILED, NOW, PASTS, PAUSED, RESUMED, RESUMING, RUNNING, SOON, STARTING, given, orders


@pytest.mark.parametrize("state", sorted(LIVE), ids=str)
def test_what_lives_can_fail(state: JobState) -> None:
    """From every living state to FAILED: the epoch rises, holds and cut stay, and workers are to let go."""
    before = given(*PASTS[state]).job
    assert before is not None
    verb = Fail("w-1", before.epoch, "poison_record", "orders[0]: gone")
    job = given(*PASTS[state]).when(verb, actor="w-1").then(JobFailed("poison_record", "orders[0]: gone", before.cut))
    assert (job.state, job.epoch, job.coverage) == (JobState.FAILED, before.epoch + 1, Coverage())
    assert (job.failure, job.reason, job.by) == ("poison_record: orders[0]: gone", "orders[0]: gone", "w-1")
    assert (job.since, job.deadline, job.holds, job.cut) == (NOW, None, before.holds, before.cut)
    assert wanted(job).stance is Stance.RELEASED


def test_the_cut_takes_the_workers_newer_word() -> None:
    """Offsets named with the failure replace those of their partitions and leave the others."""
    verb = Fail("w-1", 1, "poison_record", "no", cut_of({("orders", 1): 5}))
    assert given(*RUNNING).when(verb).then(JobFailed("poison_record", "no", orders(0, 5))).cut == orders(0, 5)


@pytest.mark.parametrize(("epoch", "code"), [(0, "stale_epoch"), (2, "future_epoch")])
def test_a_failure_of_another_epoch_is_refused(epoch: int, code: str) -> None:
    """A newer wish may have mended it; an epoch to come is nobody's to know."""
    given(*RUNNING).when(Fail("w-1", epoch, "data_gap", "gone")).then_refused(code)


@pytest.mark.parametrize("state", sorted(set(PASTS) - LIVE), ids=str)
def test_what_does_not_live_does_not_fail(state: JobState) -> None:
    """A job at rest cannot fail; the first failure stands and is not overwritten by a second worker's."""
    job = given(*PASTS[state]).job
    assert job is not None
    verb = Fail("w-2", job.epoch, "data_gap", "mine too")
    given(*PASTS[state]).when(verb).then_already(since=job.since, by=job.by, reason=job.reason)


def test_the_second_failure_is_told_the_first() -> None:
    """Already so says what failed first."""
    given(*FAILED).when(Fail("w-2", 1, "data_gap", "mine")).then_already(
        since=given(*FAILED).job.since,  # type: ignore[union-attr]
        by="ana",
        reason="orders[0] at 3",
    )


def test_fail_of_nothing() -> None:
    """An unknown job cannot fail."""
    given().when(Fail("w-1", 0, "data_gap", "gone")).then_refused("no_such_job", legal=("deploy",))


def test_lost_offsets_are_taken_by_somebody() -> None:
    """A job whose offsets are lost starts again at its last cut only once someone accepted that this writes things twice."""
    lost = "offsets_lost"
    failed = (*RUNNING, DataGapFound(lost, "gone"), JobFailed(lost, "gone", orders(0, 0)))
    given(*failed).when(Start(None)).then_refused(lost, legal=("start", "stop", "drain", "kill", "deploy"))
    job = given(*failed).when(Start(None, accept_gap=True)).then(DataGapAccepted(lost), StartRequested(None, DUE))
    assert job.taken == ()
    assert job.cut == orders(0, 0)


def test_where_a_job_of_lost_offsets_begins_again() -> None:
    """Where it was let go last, even if that was never proved; and never before what a failure saw committed."""
    begun = WorkerAcked("w-1", Stance.RUNNING, (PartitionOffset("orders", 0, 5),), {"orders": 2})
    lost = (DataGapFound("offsets_lost", "gone"), JobFailed("offsets_lost", "gone", orders(3, 2)))
    job = (
        given(*STARTING, begun, *lost)
        .when(Start(None, accept_gap=True))
        .then(DataGapAccepted("offsets_lost"), StartRequested(None, DUE))
    )
    assert (job.cut, job.taken) == (orders(5, 2), ())


@pytest.mark.parametrize(
    ("past", "taken"),
    [
        (DEPLOYED, ()),
        (STARTING, ()),
        (RUNNING, orders(0, 0)),
        (PAUSED, ()),
        (RESUMING, ()),
        ((*RESUMING, WorkerAcked("w-1", Stance.RUNNING, orders(7, 9)[:1], {"orders": 2})), orders(7, 9)[:1]),
        (RESUMED, orders(7, 9)),
        ((*RESUMED, PauseRequested("operator", None, SOON)), orders(7, 9)),
        ((*FAILED, JobStopped("c9", orders(3, 0))), orders(0, 0)),
    ],
    ids=["DEPLOYED", "STARTING", "RUNNING", "PAUSED", "RESUMING", "RESUMING, one", "RESUMED", "PAUSING", "FAILED"],
)
def test_what_may_have_been_taken(past: tuple[JobEvent, ...], taken: Cut) -> None:
    """From the first word of somebody who runs it until it is proved to be still; a stop of a failed job proves nothing."""
    job = given(*past).job
    assert job is not None
    assert job.taken == taken
