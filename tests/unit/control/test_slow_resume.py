"""A slow resume: a rate until the lag is under a bound."""

from datetime import timedelta

import pytest

from slackwater.core.control.lapse import Lapse, decide_lapse
from slackwater.core.control.lift_cap import LiftCap
from slackwater.core.control.resume import Resume
from slackwater.core.coverage import Stance
from slackwater.core.decisions import Accepted
from slackwater.core.events import HoldAdded, JobPaused, JobResumed, PauseRequested, RateCapLifted, ResumeRequested
from slackwater.core.rate import RateCap
from slackwater.core.want import wanted

from .given import DUE, NOW, PAUSED, RESUMED, RUNNING, SOON, acked, given, orders

CAP = RateCap(200, 50)
SLOW = (
    *PAUSED,
    ResumeRequested(("operator",), None, SOON, CAP),
    acked(Stance.RUNNING, 7, 9),
    JobResumed("c8", orders(7, 9)),
)


def test_the_cap_is_wanted() -> None:
    """Workers are told how fast to go; the cap is part of the resume's event."""
    job = given(*PAUSED).when(Resume(rate_per_s=200, until_lag=50)).then(ResumeRequested(("operator",), None, DUE, CAP))
    assert wanted(job).cap == CAP
    assert wanted(given(*RESUMED).job).cap is None  # type: ignore[arg-type]


def test_it_is_lifted_once() -> None:
    """When the lag is under the bound, and not before."""
    job = given(*SLOW).job
    assert job is not None
    given(*SLOW).when(LiftCap(3, 51)).then_already(since=job.since, by=job.by, reason=job.reason)
    given(*SLOW).when(LiftCap(2, 0)).then_already(since=job.since, by=job.by, reason=job.reason)
    lifted = given(*SLOW).when(LiftCap(3, 50)).then(RateCapLifted(50))
    assert wanted(lifted).cap is None
    assert wanted(lifted) == wanted(job), "what was vouched for stays vouched for"


@pytest.mark.parametrize(("rate", "lag"), [(0, 1), (-5, 1), (1, -1)])
def test_a_rate_that_is_none(rate: int, lag: int) -> None:
    """Nothing that would never end, or never begin."""
    given(*PAUSED).when(Resume(rate_per_s=rate, until_lag=lag)).then_refused("bad_rate")


def test_the_cap_outlives_a_pause() -> None:
    """Held and let go by the clock, the job still goes slowly; a person's resume sets the rate anew, or none."""
    end = NOW + timedelta(hours=1)
    held = (*SLOW, PauseRequested("lunch", None, SOON, end), JobPaused("given", orders(7, 9)))
    job = given(*held).job
    assert job is not None
    assert job.cap == CAP
    assert given(*held).when(Resume(hold=None)).then(ResumeRequested(("lunch",), None, DUE)).cap is None
    lapsed = decide_lapse(job, Lapse("lunch", end), end)
    assert isinstance(lapsed, Accepted)
    assert isinstance(resumed := lapsed.events[0], ResumeRequested)
    assert resumed.cap == CAP


@pytest.mark.parametrize("past", [RUNNING, (*PAUSED, HoldAdded("audit", None))], ids=["running", "held by another"])
def test_a_rate_that_would_be_dropped_is_refused(past: tuple) -> None:
    """A rate goes with what lets the job run."""
    given(*past).when(Resume(rate_per_s=5)).then_refused("bad_rate")
