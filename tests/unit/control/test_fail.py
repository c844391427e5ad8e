"""fail: a worker reports that the job cannot go on."""

import pytest

from slackwater.core.control.fail import Fail
from slackwater.core.control.start import Start
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.cut import cut_of
from slackwater.core.events import DataGapAccepted, DataGapFound, JobEvent, JobFailed, JobStopped, StartRequested
from slackwater.core.states import LIVE, JobState
from slackwater.core.want import wanted

from .given import DEPLOYED, DUE, FAILED, NOW, PASTS, PAUSED, RESUMED, RESUMING, RUNNING, STARTING, given, orders


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
    given(*failed).when(Start(None)).then_refused(lost, legal=("start", "stop", "deploy"))
    job = given(*failed).when(Start(None, accept_gap=True)).then(DataGapAccepted(lost), StartRequested(None, DUE))
    assert job.cut_holds
    assert job.cut == orders(0, 0)


@pytest.mark.parametrize(
    ("past", "holds"),
    [(DEPLOYED, True), (STARTING, True), (RUNNING, False), (PAUSED, True), (RESUMING, True), (RESUMED, False)],
    ids=["DEPLOYED", "STARTING", "RUNNING", "PAUSED", "RESUMING", "RESUMED"],
)
def test_when_a_cut_holds(past: tuple[JobEvent, ...], holds: bool) -> None:
    """From its proof until the job is proved to run; a stop of a failed job proves nothing new."""
    assert given(*past).job.cut_holds is holds  # type: ignore[union-attr]
    assert not given(*FAILED, JobStopped("c9", orders(3, 0))).job.cut_holds  # type: ignore[union-attr]
