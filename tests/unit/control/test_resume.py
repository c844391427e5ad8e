"""resume: release one hold, or all. The job moves only when the last one goes."""

from datetime import timedelta

import pytest

from slackwater.core.control.resume import Resume
from slackwater.core.coverage import Coverage, Stance
from slackwater.core.events import HoldAdded, HoldReleased, JobFailed, JobStopped, ResumeRequested, StopRequested
from slackwater.core.states import JobState
from slackwater.core.want import Want, wanted

from .given import (
    DEPLOYED,
    DUE,
    FAILED,
    HELD_AT_REST,
    NOW,
    PAUSED,
    PAUSING,
    RESUMING,
    RUNNING,
    SOON,
    STARTING,
    STOPPED,
    STOPPING,
    By,
    acked,
    after,
    given,
    orders,
)

TWO_HOLDS = (*PAUSED, By("cy", HoldAdded("audit", "quarter end")))


@pytest.mark.parametrize("past", [PAUSING, PAUSED], ids=["pausing", "paused"])
def test_the_last_hold_resumes(past: tuple) -> None:
    """A resume ends a pause, and overtakes one that is not proved yet: the epoch rises, RUNNING is not claimed."""
    before = given(*past).job
    assert before is not None
    job = (
        given(*past)
        .when(Resume("done", deadline_s=5))
        .then(ResumeRequested(("operator",), "done", NOW + timedelta(seconds=5)))
    )
    assert (job.state, job.epoch, job.holds, job.coverage) == (JobState.RESUMING, before.epoch + 1, (), Coverage())
    assert (job.by, job.reason, job.cut) == ("ben", "done", before.cut)
    assert wanted(job) == Want(Stance.RUNNING, job.epoch)


@pytest.mark.parametrize(
    "past", [(*PAUSING, HoldAdded("audit", None)), (*PAUSED, HoldAdded("audit", None))], ids=["pausing", "paused"]
)
def test_one_of_several_moves_nothing(past: tuple) -> None:
    """While one hold is left the job stays still, in the same epoch."""
    before = given(*past).job
    assert before is not None
    job = given(*past).when(Resume("mine is done", hold="audit")).then(HoldReleased("audit", "mine is done"))
    assert [hold.name for hold in job.holds] == ["operator"]
    for kept in ("state", "epoch", "since", "by", "reason", "deadline", "coverage", "wish", "cut"):
        assert getattr(job, kept) == getattr(before, kept), kept


def test_a_paused_job_shows_a_hold_it_still_has() -> None:
    """When the oldest hold goes, owner and reason are those of the next, never of the one let go; `since` stays."""
    job = given(*TWO_HOLDS).when(Resume(hold="operator")).then(HoldReleased("operator", None))
    assert (job.state, job.by, job.reason, job.since) == (JobState.PAUSED, "cy", "quarter end", after(6))


def test_resume_all() -> None:
    """Every hold goes in one event, which names them all."""
    job = given(*TWO_HOLDS).when(Resume(hold=None)).then(ResumeRequested(("operator", "audit"), None, DUE))
    assert (job.state, job.holds) == (JobState.RESUMING, ())


def test_a_hold_that_is_not_there() -> None:
    """Refused as held, with the names that are there and the way to let go; nothing is released in its place."""
    refused = (
        given(*TWO_HOLDS)
        .when(Resume(hold="night"))
        .then_refused("held", legal=("pause", "resume", "stop", "drain", "kill", "deploy"))
    )
    assert "operator, audit" in refused.message
    assert refused.hint is not None
    assert "--hold operator" in refused.hint


@pytest.mark.parametrize(
    ("past", "since", "reason"),
    [(STARTING, after(1), None), (RUNNING, after(3), None), (RESUMING, after(7), "done")],
    ids=["starting", "running", "resuming"],
)
def test_what_runs_is_already_resumed(past: tuple, since: object, reason: str | None) -> None:
    """Resuming what runs is success and raises no epoch."""
    job = given(*past).job
    assert job is not None
    assert job.since == since
    given(*past).when(Resume()).then_already(since=job.since, by="ana", reason=reason)


@pytest.mark.parametrize(
    ("past", "legal"),
    [
        (DEPLOYED, ("start", "stop", "drain", "kill", "deploy")),
        (STOPPING, ("kill",)),
        (STOPPED, ("start", "deploy")),
        (FAILED, ("start", "stop", "drain", "kill", "deploy")),
        ((*PAUSED, StopRequested(None, SOON)), ("kill",)),
    ],
    ids=["deployed", "stopping", "stopped", "failed", "stopping while held"],
)
def test_what_is_not_held_is_not_resumed(past: tuple, legal: tuple[str, ...]) -> None:
    """A resume is no start: refused with what is legal, also where holds wait behind a stop that goes on."""
    given(*past).when(Resume()).then_refused("illegal_transition", legal=legal)


def test_resume_of_nothing() -> None:
    """An unknown job is refused, and only a deploy is legal."""
    given().when(Resume()).then_refused("no_such_job", legal=("deploy",))


@pytest.mark.parametrize(
    ("past", "state"),
    [
        (HELD_AT_REST, JobState.DEPLOYED),
        ((*HELD_AT_REST, JobStopped("c2", ())), JobState.STOPPED),
        ((*TWO_HOLDS, JobFailed("record_path", "gone", orders(7, 9))), JobState.FAILED),
    ],
    ids=str,
)
def test_holds_are_let_go_at_rest(past: tuple, state: JobState) -> None:
    """At rest holds go one by one or all together, and nothing moves: the next start will run."""
    before = given(*past).job
    assert before is not None
    one = given(*past).when(Resume("ok", hold="audit")).then(HoldReleased("audit", "ok"))
    assert [hold.name for hold in one.holds] == ["operator"]
    every = given(*past).when(Resume("ok", hold=None)).then(HoldReleased("operator", "ok"), HoldReleased("audit", "ok"))
    assert every.holds == ()
    for job in (one, every):
        assert (job.state, job.epoch, job.since, job.by) == (state, before.epoch, before.since, before.by)


def test_a_hold_that_is_not_there_at_rest() -> None:
    """The refusal says that resume is legal, for the job has a hold to let go."""
    given(*HELD_AT_REST).when(Resume(hold="night")).then_refused(
        "held", legal=("start", "stop", "drain", "kill", "deploy", "resume")
    )


def test_resume_overtakes_a_half_covered_pause() -> None:
    """What workers said about being still is void: no JobPaused may come of it any more."""
    job = given(*PAUSING, acked(Stance.STILL, 7)).when(Resume()).then(ResumeRequested(("operator",), None, DUE))
    assert job.coverage == Coverage()
