"""lapse: a hold with an end lets go once, by itself."""

from datetime import timedelta

import pytest

from slackwater.core.control.lapse import Lapse
from slackwater.core.control.pause import HOLD_MAX, Pause
from slackwater.core.control.resume import Resume
from slackwater.core.decisions import Accepted, AlreadySo
from slackwater.core.events import (
    DataGapFound,
    HoldAdded,
    HoldReleased,
    JobStopped,
    PauseRequested,
    ResumeRequested,
    StopRequested,
)
from slackwater.core.states import JobState
from slackwater.streams.scheduler import due

from .given import BEGAN, DUE, NOW, PAUSED, PAUSING, RUNNING, SOON, Asked, given, orders

END = NOW - timedelta(seconds=30)
LATER = NOW + timedelta(minutes=30)
WHY = f"held until {END:%Y-%m-%d %H:%M:%S} UTC"
HELD = (*RUNNING, PauseRequested("deploy-42", "release", SOON, END))


def test_a_pause_says_when_it_ends() -> None:
    """`for` counts from the decision, `until` is taken as it is; both are in the event and in the hold."""
    for verb in (Pause("release", "deploy-42", 60, LATER), Pause("release", "deploy-42", 60, None, 1800)):
        job = given(*RUNNING).when(verb).then(PauseRequested("deploy-42", "release", DUE, LATER))
        assert job.resumes_at == job.holds[0].until == LATER
    job = given(*PAUSED).when(Pause(None, "night", for_s=1800)).then(HoldAdded("night", None, LATER))
    assert job.resumes_at is None, "another hold waits for somebody"


@pytest.mark.parametrize(
    "verb",
    [
        *(Pause(until=END), Pause(until=NOW), Pause(until=NOW + 2 * HOLD_MAX)),
        *(Pause(for_s=0), Pause(for_s=-(10**15)), Pause(for_s=10**12), Pause(until=LATER, for_s=1)),
    ],
    ids=["past", "now", "too late", "no while", "less than none", "too long", "both"],
)  # fmt: skip
def test_bad_until(verb: Pause) -> None:
    """An end that is over, or that nobody can mean, is refused, and nothing moves."""
    given(*RUNNING).when(verb).then_refused("bad_until")


def test_overlapping_ends() -> None:
    """The same hold with the same end, or none, is already so; with another end it is refused, and the first stays."""
    held = (*RUNNING, PauseRequested("operator", None, SOON, LATER))
    _is_already(given(*held).when(Pause(until=LATER)))
    _is_already(given(*held).when(Pause()))
    given(*held).when(Pause(for_s=60)).then_refused("hold_overlaps")
    given(*PAUSED).when(Pause(for_s=60)).then_refused("hold_overlaps")


def test_the_last_hold_ends() -> None:
    """PAUSING or PAUSED: the job goes on, at the hand of time, with the reason in the log."""
    job = given(*HELD).when(Lapse("deploy-42", END)).then(ResumeRequested(("deploy-42",), WHY, DUE))
    assert (job.state, job.holds) == (JobState.RESUMING, ())


def test_a_persons_hold_stays() -> None:
    """A hold that ends takes no other one with it, in whatever order they came."""
    job = given(*HELD, HoldAdded("audit", None)).when(Lapse("deploy-42", END)).then(HoldReleased("deploy-42", WHY))
    assert [hold.name for hold in job.holds] == ["audit"]


def test_at_rest() -> None:
    """A stopped job loses the hold and stays stopped."""
    job = (
        given(*HELD, StopRequested(None, SOON), JobStopped("given", orders(7, 9)))
        .when(Lapse("deploy-42", END))
        .then(HoldReleased("deploy-42", WHY))
    )
    assert (job.state, job.holds) == (JobState.STOPPED, ())


@pytest.mark.parametrize("verb", [Lapse("deploy-42", LATER), Lapse("nobody", END)], ids=["another end", "another hold"])
def test_not_this_one(verb: Lapse) -> None:
    """A word about a hold that was released, or made anew with another end, does nothing."""
    _is_already(given(*HELD).when(verb))


def test_not_before_its_time() -> None:
    """A worker whose clock runs ahead of the desk's releases nothing."""
    _is_already(given(*RUNNING, PauseRequested("operator", None, SOON, LATER)).when(Lapse("operator", LATER)))


def test_a_loss_is_not_run_over() -> None:
    """While nobody has accepted a gap, no clock lets the job go: the hold stays until a resume does."""
    gap = (*HELD, DataGapFound("data_gap", "orders[0]: 1 record (3 to 3) is gone"))
    _is_already(given(*gap).when(Lapse("deploy-42", END)))
    assert isinstance(given(*gap).when(Resume(hold="deploy-42", accept_gap=True)).decision, Accepted)


def test_due() -> None:
    """What is due is what has an end that has come."""
    job = given(*PAUSING, HoldAdded("night", None, END), HoldAdded("week", None, LATER)).job
    assert job is not None
    assert list(due(job, NOW)) == [Lapse("night", END)]
    assert list(due(job, BEGAN)) == []


def _is_already(asked: Asked) -> None:
    assert isinstance(asked.decision, AlreadySo)
