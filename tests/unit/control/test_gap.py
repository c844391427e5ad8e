"""A loss in the inputs: found, in the way, accepted by name. Never a silent skip."""

import pytest

from slackwater.core.control.deploy import Deploy
from slackwater.core.control.fail import Fail
from slackwater.core.control.report_gap import ReportGap
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.cut import Gap, cut_of
from slackwater.core.events import (
    DataGapAccepted,
    DataGapFound,
    JobDeployed,
    JobFailed,
    PauseRequested,
    ResumeRequested,
    StartRequested,
)
from slackwater.core.states import LIVE, JobState
from slackwater.core.want import wanted

from .given import DUE, GAP, HELD_AT_REST, OTHER_SPEC, PASTS, PAUSED, PAUSING, RUNNING, STOPPED, given, orders

REPORT = (GAP.code, GAP.message, GAP.gaps)
ACCEPTED = DataGapAccepted(GAP.code, GAP.gaps)


@pytest.mark.parametrize("state", sorted(LIVE), ids=str)
def test_found_once(state: JobState) -> None:
    """A fact about a job that lives: recorded, moves nothing; the same again is known."""
    before = given(*PASTS[state]).job
    assert before is not None
    job = given(*PASTS[state]).when(ReportGap(before.epoch, *REPORT)).then(GAP)
    assert (job.state, job.epoch) == (state, before.epoch)
    given(*PASTS[state], GAP).when(ReportGap(before.epoch, *REPORT)).then_already(
        since=before.since, by=before.by, reason=before.reason
    )
    bigger = DataGapFound("data_gap", "more", (Gap("orders", 0, 7, 99),))
    given(*PASTS[state], GAP).when(ReportGap(before.epoch, "data_gap", "more", bigger.gaps)).then(bigger)


@pytest.mark.parametrize("state", sorted(set(PASTS) - LIVE), ids=str)
def test_nobody_looks_at_a_job_at_rest(state: JobState) -> None:
    """It is looked at when it starts."""
    job = given(*PASTS[state]).job
    assert job is not None
    given(*PASTS[state]).when(ReportGap(job.epoch, *REPORT)).then_already(since=job.since, by=job.by, reason=job.reason)


@pytest.mark.parametrize(("epoch", "code"), [(1, "stale_epoch"), (3, "future_epoch")])
def test_seen_in_another_epoch(epoch: int, code: str) -> None:
    """The job has moved on since."""
    given(*PAUSED).when(ReportGap(epoch, *REPORT)).then_refused(code)


@pytest.mark.parametrize("past", [PAUSING, PAUSED], ids=["PAUSING", "PAUSED"])
def test_a_resume_is_refused_until_someone_takes_it(past: tuple[object, ...]) -> None:
    """With the exact records in the message; accepting is an event, and says where the job continues."""
    refused = given(*past, GAP).when(Resume()).then_refused("data_gap")  # type: ignore[arg-type]
    assert "5 records (7 to 11)" in refused.message
    resumed = ResumeRequested(("operator",), None, DUE)
    job = given(*past, GAP).when(Resume(accept_gap=True)).then(ACCEPTED, resumed)  # type: ignore[arg-type]
    assert job.gap is None
    assert wanted(job).skips == cut_of({("orders", 0): 12})


@pytest.mark.parametrize("state", [JobState.STOPPED, JobState.FAILED], ids=str)
def test_a_start_is_refused_until_someone_takes_it(state: JobState) -> None:
    """Also after the job was stopped or failed for it."""
    end = PASTS[state][-1]
    past = (*RUNNING, *(PASTS[state][len(RUNNING) : -1]), GAP, end)
    given(*past).when(Start()).then_refused("data_gap")
    given(*past).when(Start(accept_gap=True)).then(ACCEPTED, StartRequested(None, DUE))


def test_a_deploy_accepts_nothing() -> None:
    """Another spec does not bring the records back."""
    past = (*STOPPED[:-1], GAP, STOPPED[-1])
    job = given(*past).when(Deploy(OTHER_SPEC)).then(JobDeployed(OTHER_SPEC))
    assert job.gap is not None
    again = (*past, JobDeployed(OTHER_SPEC))
    given(*again).when(Start()).then_refused("data_gap")
    given(*again).when(Start(accept_gap=True)).then(ACCEPTED, StartRequested(None, DUE))


def test_a_start_into_holds_takes_it_too() -> None:
    """Accepted, and still: the holds are another matter."""
    past = (*HELD_AT_REST, StartRequested(None, DUE), PauseRequested("operator", None, DUE), GAP, JobFailed("x", "y", ()))
    started = (
        given(*past)
        .when(Start(accept_gap=True))
        .then(ACCEPTED, StartRequested(None, DUE), PauseRequested("operator", "not yet", DUE))
    )
    assert started.state is JobState.PAUSING


def test_a_failure_for_a_loss_is_in_the_way_too() -> None:
    """A worker that met the loss while running fails the job and leaves the fact behind."""
    verb = Fail("w-1", 1, "data_gap", GAP.message, orders(7, 9), GAP.gaps)
    job = given(*RUNNING).when(verb).then(GAP, JobFailed("data_gap", GAP.message, orders(7, 9)))
    assert job.gap is not None


def test_another_topic_under_the_same_name() -> None:
    """Its offsets mean other records: accepting it forgets where the job stood, and which topic it knew."""
    found = DataGapFound("topic_identity_changed", "orders was made anew")
    given(*PAUSED, found).when(Resume()).then_refused("topic_identity_changed")
    accepted = DataGapAccepted("topic_identity_changed")
    job = given(*PAUSED, found).when(Resume(accept_gap=True)).then(accepted, ResumeRequested(("operator",), None, DUE))
    assert (job.cut, job.topics, job.skips) == ((), {}, ())
