"""conclude: a group without members proves stillness, and nothing else."""

import pytest

from slackwater.core.control.conclude import Conclude
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.events import (
    DataGapFound,
    GroupFoundEmpty,
    JobEvent,
    JobFailed,
    JobPaused,
    JobStopped,
    StopRequested,
    WorkerAcked,
)
from slackwater.core.states import JobState

from .given import PASTS, PAUSED, PAUSING, SOON, STARTING, STOPPING, given, orders


def test_a_pause_with_nobody_there() -> None:
    """Paused, at the group's offsets."""
    seen = orders(7, 9)
    job = given(*PAUSING).when(Conclude(2, seen)).then(GroupFoundEmpty(seen), JobPaused("c5", seen))
    assert (job.state, job.cut) == (JobState.PAUSED, seen)


@pytest.mark.parametrize("past", [PAUSING, STOPPING], ids=["PAUSING", "STOPPING"])
def test_offsets_that_are_lost(past: tuple[JobEvent, ...]) -> None:
    """A job that ran, and of which the group says nothing, stood nobody knows where: it fails."""
    why = "the committed offsets of orders[0] are gone, and what was taken since the last cut is not known"
    lost = (DataGapFound("offsets_lost", why), JobFailed("offsets_lost", why, orders(0, 0)))
    job = given(*past).when(Conclude(2, cut_of({("orders", 1): 9}))).then(*lost)
    assert job.taken == orders(0, 0)


def test_offsets_that_expired_while_it_stood() -> None:
    """Nothing was taken since the pause, so its cut says where the job stands."""
    past = (*PAUSED, StopRequested("night", SOON))
    given(*past).when(Conclude(3, ())).then(GroupFoundEmpty(()), JobStopped("c8", orders(7, 9)))


def test_what_another_text_took() -> None:
    """Offsets of topics that the job reads no more are not missed."""
    lost = WorkerAcked("w-1", Stance.RUNNING, cut_of({("old", 0): 3}), {"old": 1})
    past = (*STARTING, lost, *PAUSING[2:])
    job = given(*past).when(Conclude(2, orders(7, 9))).then(GroupFoundEmpty(orders(7, 9)), JobPaused("c6", orders(7, 9)))
    assert job.taken == ()


def test_a_stop_with_nobody_there() -> None:
    """Stopped: nobody holds a partition."""
    given(*STOPPING).when(Conclude(2, orders(7, 9))).then(GroupFoundEmpty(orders(7, 9)), JobStopped("c5", orders(7, 9)))


@pytest.mark.parametrize("state", sorted(set(PASTS) - {JobState.PAUSING, JobState.STOPPING}), ids=str)
def test_nothing_else_is_proved_by_absence(state: JobState) -> None:
    """Running needs somebody who runs."""
    job = given(*PASTS[state]).job
    assert job is not None
    given(*PASTS[state]).when(Conclude(job.epoch, ())).then_already(since=job.since, by=job.by, reason=job.reason)


@pytest.mark.parametrize(("epoch", "code"), [(1, "stale_epoch"), (3, "future_epoch")])
def test_of_another_epoch(epoch: int, code: str) -> None:
    """What was seen before the wish proves nothing about it."""
    given(*PAUSING).when(Conclude(epoch, ())).then_refused(code)
